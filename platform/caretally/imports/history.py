"""The imports of the current vendor, newest first, and one of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.db.lists import PAGE_SIZE
from caretally.errors import NothingToDo

FIELDS = "id, kind, file_name, file_sha256, actor, at, rows_read, rows_new, rows_changed, rows_unchanged, rows_late, rows_refused, undone_at, undone_by"
# Who imported is a person of the vendor by the name it wrote itself, or an actor's own words.
NAMED = (
    "(SELECT m.name FROM membership m WHERE m.vendor_id = b.vendor_id AND m.account_id::text = split_part(b.actor, ':', 2) "
    "ORDER BY m.ended_at DESC NULLS FIRST LIMIT 1) AS person"
)
LISTED = text(
    f"SELECT {FIELDS}, {NAMED}, count(*) OVER ()::int AS found FROM import_batch b "
    "WHERE (CAST(:kind AS text) = '' OR kind = :kind) ORDER BY at DESC, id DESC LIMIT :size OFFSET :start"
)
ONE = text(f"SELECT {FIELDS}, {NAMED}, 1 AS found FROM import_batch b WHERE id = :batch")
IS_IMPORTED = text("SELECT EXISTS (SELECT FROM import_batch WHERE id = :batch)")


class NoSuchImport(NothingToDo):
    """No import that the transaction may see has this id."""

    code = "no_such_import"


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """One import with its counts of rows; `undone_at` is set once it was taken back, `found` counts all that the list holds."""

    id: UUID
    kind: str
    file_name: str
    file_sha256: str
    actor: str
    person: str | None
    at: datetime
    rows_read: int
    rows_new: int
    rows_changed: int
    rows_unchanged: int
    rows_late: int
    rows_refused: int
    undone_at: datetime | None
    undone_by: str | None
    found: int


def batches(connection: Connection, *, kind: str = "", page: int = 1) -> list[Batch]:
    """Return a page of the imports, of one kind or (empty) of all; pages count from 1."""
    values = {"kind": kind, "size": PAGE_SIZE, "start": (page - 1) * PAGE_SIZE}
    return [Batch(**row) for row in connection.execute(LISTED, values).mappings()]


def is_imported(connection: Connection, batch: UUID) -> bool:
    """Tell whether there is an import of this id; it has the id of the file that was kept before."""
    return bool(connection.scalar(IS_IMPORTED, {"batch": batch}))


def batch_of(connection: Connection, batch: UUID) -> Batch:
    """Return one import. Raises `NoSuchImport`."""
    row = connection.execute(ONE, {"batch": batch}).mappings().one_or_none()
    if row is None:
        raise NoSuchImport("There is no such import; choose one from the history of imports.")
    return Batch(**row)
