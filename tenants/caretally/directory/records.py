"""What a person types of a client, a provider or a staff member: read as a file would say it, changed by the rules of that file.

A record's values are texts by the columns of its import kind, so that a page and a file mean the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.clients.import_clients import CLIENTS
from caretally.directory.import_people import PROVIDERS, STAFF
from caretally.errors import Conflict, NothingToDo
from caretally.imports.importing import PATIENCE, TAKE_TURN
from caretally.imports.kinds import ImportKind
from caretally.imports.results import ImportResult
from caretally.imports.typed_rows import import_typed


class NoSuchRecord(NothingToDo):
    """No record that the transaction may see has this id; nobody learns whether another one has it."""

    code = "no_such_record"


class CodeTaken(Conflict):
    """A new record has the code or number of one that is there."""

    code = "code_taken"


class RecordChangedMeanwhile(Conflict):
    """Somebody else changed the record after the page was opened; the page's answer is 412 (RFC 9110, 15.5.13)."""

    code = "record_changed_meanwhile"
    status = 412


@dataclass(frozen=True)
class RecordKind:
    """A kind of record: `read` selects the columns of its file as text by `id`, `taken` finds one by what names it; `named_by` never changes."""

    word: str
    imported: ImportKind
    read: str
    taken: str
    named_by: tuple[str, ...]


def as_text(columns: Mapping[str, str]) -> str:
    """Return the SQL of a file's columns: each expression as text, null as an empty cell."""
    return ", ".join(f"coalesce(({sql})::text, '') AS \"{name}\"" for name, sql in columns.items())


def same(names: str) -> dict[str, str]:
    """Return columns whose expression is their own name."""
    return {name: name for name in names.split()}


CLIENT_COLUMNS = same(
    "code name timezone setting place_of_service medicare_locality tin address bill_to po_number terms_days contact_name contact_email "
    "access_24_7_from ehr_certified_from supervision_from baa_on"
)
PROVIDER_COLUMNS = same("npi family_name given_name credential specialty email phone") | {
    "client": "SELECT c.code FROM client c WHERE c.vendor_id = provider.vendor_id AND c.client_id = provider.client_id",
    "qp_years": "array_to_string(qp_years, ';')",
    "from": "valid_from",
    "to": "valid_to",
}
STAFF_COLUMNS = same("family_name given_name role credential license_expires_on country npi email excluded_from excluded_to") | {
    "staff": "code",
    "licensed_states": "array_to_string(licensed_states, ';')",
}
CLIENT = RecordKind(
    "client",
    CLIENTS,
    f"SELECT {as_text(CLIENT_COLUMNS)} FROM client WHERE client_id = :id",
    "SELECT EXISTS (SELECT FROM client WHERE code = :code)",
    ("code",),
)
PROVIDER = RecordKind(
    "provider",
    PROVIDERS,
    f"SELECT {as_text(PROVIDER_COLUMNS)} FROM provider WHERE id = :id",
    "SELECT EXISTS (SELECT FROM provider p JOIN client c ON c.vendor_id = p.vendor_id AND c.client_id = p.client_id "
    "WHERE c.code = :client AND p.npi = btrim(:npi))",
    ("client", "npi"),
)
STAFF_MEMBER = RecordKind(
    "staff member",
    STAFF,
    f"SELECT {as_text(STAFF_COLUMNS)} FROM staff WHERE id = :id",
    "SELECT EXISTS (SELECT FROM staff WHERE code = :staff)",
    ("staff",),
)


def read_record(connection: Connection, kind: RecordKind, record: UUID) -> dict[str, str]:
    """Return a record as its file would say it. Raises `NoSuchRecord`."""
    row = connection.execute(text(kind.read), {"id": record}).mappings().one_or_none()
    if row is None:
        raise NoSuchRecord(f"There is no such {kind.word}; choose one from the list.")
    return dict(row)


def version_of(record: Mapping[str, Any]) -> str:
    """Return what tells one state of a record from another: a SHA-256 of it in hex."""
    return sha256("\x1f".join(f"{name}={record[name]}" for name in sorted(record)).encode()).hexdigest()


def add_record(connection: Connection, kind: RecordKind, typed: Mapping[str, str]) -> ImportResult:
    """Add a record as a file of one row would. Raises `CodeTaken`, `RowRefused`."""
    take_turn(connection)
    names = {name: typed.get(name, "").strip() for name in kind.named_by}
    if connection.scalar(text(kind.taken), names):
        raise CodeTaken(f"There is a {kind.word} {' '.join(names[name] for name in kind.named_by[-1:])} already; open it from the list.")
    return import_typed(connection, kind.imported, [typed])


def change_record(
    connection: Connection, kind: RecordKind, record: UUID, typed: Mapping[str, str], *, seen: str
) -> tuple[ImportResult, Sequence[str]]:
    """Change a record as a file of one row would and return the names of what differs; `seen` is the version that the page was made from.

    Raises `NoSuchRecord`, `RecordChangedMeanwhile`, `RowRefused`, and `Conflict` when it bears on a month that is being closed.
    """
    take_turn(connection)
    before = read_record(connection, kind, record)
    if version_of(before) != seen:
        raise RecordChangedMeanwhile(f"Somebody else changed this {kind.word} after you opened the page; look at what is there now.")
    row = dict(typed) | {name: before[name] for name in kind.named_by}
    changed = [name for name, value in row.items() if value != before.get(name)]
    return import_typed(connection, kind.imported, [row]), changed


def take_turn(connection: Connection) -> None:
    """Wait for imports of this vendor that are under way, so that what is read next is what they left."""
    connection.execute(text(PATIENCE))
    connection.execute(text(TAKE_TURN))
