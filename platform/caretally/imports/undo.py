"""Takes a whole import back: restores what it changed and deletes what it made, unless somebody has built on it."""

from dataclasses import dataclass
from uuid import UUID

from psycopg.errors import ExclusionViolation, ForeignKeyViolation, UniqueViolation
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from caretally.audit.chain import append_event
from caretally.errors import CareTallyError, Conflict
from caretally.imports.importing import LOCK_VENDOR, PATIENCE, TAKE_TURN
from caretally.imports.kinds import ImportKind, Locks

READ_BATCH = text("SELECT id, kind, at, undone_at FROM import_batch WHERE id = :batch")
MARK_UNDONE = text("UPDATE import_batch SET undone_at = clock_timestamp(), undone_by = tenancy.current_actor() WHERE id = :batch")
CLIENTS = "SELECT DISTINCT vendor_id, client_id FROM {table} WHERE :batch IN (created_batch_id, batch_id)"
LOCK_CLIENTS = "SELECT guard.share_client_locks(array_agg(DISTINCT vendor_id), array_agg(DISTINCT client_id)) FROM ({clients}) touched"
# A month that was closed after the import has used its rows, or may have: it keeps its own copy, so the rows must stay as they are.
CLOSED_SINCE = """
SELECT c.code, to_char(m.month, 'YYYY-MM') AS month FROM client_month m JOIN client c ON c.client_id = m.client_id
WHERE m.closed_at >= :at AND m.status = 'closed' {of_clients} ORDER BY m.month, c.code LIMIT 1
"""
# Asked of each such client: most imports of one that is closed since are found at the first of its rows.
OF_CLIENT = "EXISTS (SELECT FROM {table} t WHERE t.vendor_id = m.vendor_id AND t.client_id = m.client_id AND :batch IN (t.created_batch_id, t.batch_id))"
CHANGED_SINCE = """
SELECT count(*) FROM {table} t WHERE t.batch_id IS DISTINCT FROM :batch AND (t.created_batch_id = :batch
    OR t.{row_id} IN (SELECT row_id FROM import_before WHERE batch_id = :batch AND table_name = '{table}'))
"""
COLUMNS = text(
    "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
)
KEY = text(
    "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
    "WHERE i.indrelid = CAST(:table AS regclass) AND i.indisprimary"
)
# A row that the import removed (a late row that its reopened month took in) comes back as it was; one that it changed gets its old values.
RESTORE = """
INSERT INTO {table} ({columns}) SELECT {old} FROM import_before b CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, b.image) old
WHERE b.batch_id = :batch AND b.table_name = '{table}'
ON CONFLICT ({key}) DO UPDATE SET {assigned}
"""
DELETE = "DELETE FROM {table} WHERE created_batch_id = :batch"


@dataclass(frozen=True)
class UndoResult:
    """How many rows an undone import had made (now gone) and changed (now as they were)."""

    batch_id: UUID
    kind: str
    removed: int
    restored: int


def undo_import(connection: Connection, kinds: dict[str, ImportKind], batch: UUID) -> UndoResult:
    """Take back one import in the caller's transaction.

    Raises `Conflict` when it was undone before, when a later import changed or refers to its rows, or when a month was closed since.
    """
    connection.execute(text(PATIENCE))
    connection.execute(text(TAKE_TURN))
    row = connection.execute(READ_BATCH, {"batch": batch}).one_or_none()
    if row is None:
        raise CareTallyError(f"This vendor has no import {batch}.")
    if row.undone_at is not None:
        raise Conflict(f"The import {batch} was undone already.")
    kind = kinds[row.kind]
    _lock(connection, kind, batch)
    _refuse_if_built_upon(connection, kind, batch, at=row.at)
    removed, restored = _take_back(connection, kind, batch)
    if kind.after_undo:
        kind.after_undo(connection)
    connection.execute(MARK_UNDONE, {"batch": batch})
    append_event(connection, action="import.undone", detail={"batch": batch, "kind": kind.name, "removed": removed, "restored": restored})
    return UndoResult(batch, kind.name, removed, restored)


def closed_since(connection: Connection, kind: ImportKind, batch: UUID, *, at: object) -> str:
    """Return in a sentence which client's month was closed after an import (`at`) and so keeps it from being taken back, empty for none."""
    used = " OR ".join(OF_CLIENT.format(table=table) for table, _ in _tables(kind)) if kind.locks is Locks.CLIENTS else "true"
    closed = connection.execute(text(CLOSED_SINCE.format(of_clients=f"AND ({used})")), {"batch": batch, "at": at}).one_or_none()
    if closed is None:
        return ""
    return f"{closed.month} was closed for client {closed.code} after this import, so it stays; record an adjustment instead."


def _tables(kind: ImportKind) -> list[tuple[str, str]]:
    late = [kind.closed.late] if kind.closed and kind.closed.late else []
    return [(target.table, target.row_id) for target in (*kind.targets, *late)]


def _lock(connection: Connection, kind: ImportKind, batch: UUID) -> None:
    if kind.locks is Locks.VENDOR:
        connection.execute(text(LOCK_VENDOR))
        return
    clients = " UNION ".join(CLIENTS.format(table=table) for table, _ in _tables(kind))
    connection.execute(text(LOCK_CLIENTS.format(clients=clients)), {"batch": batch})


def _refuse_if_built_upon(connection: Connection, kind: ImportKind, batch: UUID, *, at: object) -> None:
    if closed := closed_since(connection, kind, batch, at=at):
        raise Conflict(closed)
    for table, row_id in _tables(kind):
        later = connection.execute(text(CHANGED_SINCE.format(table=table, row_id=row_id)), {"batch": batch}).scalar_one()
        if later:
            raise Conflict(f"A later import changed {later} rows of this one; undo the later import first.")


def _take_back(connection: Connection, kind: ImportKind, batch: UUID) -> tuple[int, int]:
    removed = restored = 0
    try:
        for table, _ in reversed(_tables(kind)):
            removed += connection.execute(text(DELETE.format(table=table)), {"batch": batch}).rowcount
            restored += _restore(connection, table, batch)
    except IntegrityError as error:
        if isinstance(error.orig, ForeignKeyViolation):
            user = (error.orig.diag.table_name or "other").replace("_", " ")
            raise Conflict(f"Rows of this import are used by {user} rows; undo the imports that came after it first.") from error
        if isinstance(error.orig, (ExclusionViolation, UniqueViolation)):
            raise Conflict(
                "Other rows stand where those were that this import found, so it stays; correct them by a new import."
            ) from error
        raise
    return removed, restored


def _restore(connection: Connection, table: str, batch: UUID) -> int:
    columns = list(connection.execute(COLUMNS, {"table": table}).scalars())
    keys = list(connection.execute(KEY, {"table": table}).scalars())
    sql = RESTORE.format(
        table=table,
        columns=", ".join(columns),
        old=", ".join(f"old.{column}" for column in columns),
        key=", ".join(keys),
        assigned=", ".join(f"{column} = EXCLUDED.{column}" for column in columns if column not in keys),
    )
    return connection.execute(text(sql), {"batch": batch}).rowcount
