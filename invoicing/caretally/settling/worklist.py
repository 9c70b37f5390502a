"""The queue: a page of the exceptions that filters let through, what all of them come to, and what the page offers to choose from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from caretally.audit.chain import append_event
from caretally.db.lists import PAGE_SIZE, page_count
from caretally.errors import NothingToDo
from caretally.exceptions.build_report import FACTS_ABOUT_CLIENT
from caretally.identity.memberships import VENDOR_ROLES
from caretally.months import Month
from caretally.settling.filters import Filters, one_exception

# A file holds what a page would take hours to leaf through; more than this is no list to work on.
MOST_IN_FILE = 50_000
ORDERS = {"money": "-held_cents", "due": "due_on", "code": "ordinal", "client": "client", "patient": "patient", "assignee": "assignee"}
ASKED, PARAMETER = "-- asked\n", re.compile(r"(?<!:):(\w+)")
# The orders that begin with a name, which is looked up for a page's rows alone otherwise.
BY_NAME = frozenset({"client", "patient", "assignee"})


class NoSuchException(NothingToDo):
    """No exception that the transaction may see is called so; nobody learns whether another vendor has it."""

    code = "no_such_exception"


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueRow:
    """One exception with the work on it; money in cents. `version` is 0 while nobody has worked on it, `own_due_on` None while the gate's days hold."""

    client_id: UUID
    client_code: str
    client: str
    month: Month
    month_status: str
    patient_id: UUID
    mrn: str
    patient: str
    code: str
    ordinal: int
    label: str
    owner: str
    fix: str
    waivable: bool
    outcome: str
    held_cents: int
    due_on: date
    own_due_on: date | None
    assignee_id: UUID | None
    assignee: str | None
    note: str
    state: str
    own_state: str
    version: int

    @property
    def key(self) -> str:
        """What names the exception in forms."""
        return f"{self.patient_id}/{self.month}/{self.code}"

    @property
    def closed(self) -> bool:
        """Tell whether its month is closed, so that a fact comes late."""
        return self.month_status == "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """One page of the queue, and the count, the patients and the money in cents of all that matches."""

    rows: tuple[QueueRow, ...]
    exceptions: int
    patients: int
    held_cents: int
    overdue: int
    unassigned: int
    page: int

    @property
    def pages(self) -> int:
        """The number of pages, at least 1."""
        return page_count(self.exceptions)


@dataclass(frozen=True, slots=True)
class Furniture:
    """What can be chosen: months, clients (id, code, name), gates (code, label, owner, waivable), people (membership, name, role), saved views
    (id, name, filters, shared, own) and the visitor's last act that is not undone (id, kind, exceptions, cents, moment), None without one."""

    months: tuple[Month, ...]
    clients: tuple[tuple[str, str, str], ...]
    gates: tuple[tuple[str, str, str, bool], ...]
    people: tuple[tuple[str, str, str], ...]
    views: tuple[tuple[str, str, str, bool, bool], ...]
    last_act: tuple[str, str, int, int, str] | None

    def client_name(self, client_id: UUID | None) -> str:
        """Return a client's name, empty for one that is not there."""
        return next((name for found, _code, name in self.clients if found == str(client_id)), "")

    def person_name(self, membership_id: UUID | str | None) -> str:
        """Return a person's name, empty for one who is not there."""
        return next((name for found, name, _role in self.people if found == str(membership_id)), "")


def over_matched(name: str, values: Mapping[str, Any]) -> TextClause:
    """Return the statement `<name>.sql` over the rows that `matched.sql` finds, with the lines that `values` has parameters for."""
    return _over_matched(name, frozenset(values))


@cache
def _over_matched(name: str, given: frozenset[str]) -> TextClause:
    return text(f"WITH {_asked(given)}{_written(name)}")


@cache
def page_statement(sort: str, given: frozenset[str]) -> TextClause:
    """Return the statement of a page of the queue in one of the orders known."""
    order = ORDERS[sort]
    first = f" ORDER BY {order}, outcome <> 'held', outcome = 'warning', due_on FETCH FIRST (CAST(:upto AS bigint)) ROWS WITH TIES"
    page = _written("page").replace("{order}", order).replace("{candidates}", "" if sort in BY_NAME else first)
    return text(f"WITH {_asked(given)}{page}")


def _asked(given: frozenset[str]) -> str:
    lines = _written("matched").splitlines(keepends=True)
    return "".join(line for line in lines if not line.endswith(ASKED) or set(PARAMETER.findall(line)) <= given)


def _written(name: str) -> str:
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


@cache
def statement(name: str) -> TextClause:
    """Return the file `<name>.sql` as a statement with named parameters."""
    return text(_written(name))


def furniture(connection: Connection, *, vendor_id: UUID) -> Furniture:
    """Return what the page offers, in one query."""
    values = {"vendor_id": vendor_id, "roles": [str(role) for role in VENDOR_ROLES], "about_client": sorted(FACTS_ABOUT_CLIENT)}
    row = connection.execute(statement("furniture"), values).one()
    return Furniture(
        months=tuple(Month.of(date.fromisoformat(day)) for day in row.months),
        clients=tuple(tuple(one) for one in row.clients),
        gates=tuple(tuple(one) for one in row.gates),
        people=tuple(tuple(one) for one in row.people),
        views=tuple(tuple(one) for one in row.views),
        last_act=tuple(row.last_act) if row.last_act else None,
    )


def queue(connection: Connection, filters: Filters, *, vendor_id: UUID, size: int = PAGE_SIZE) -> Queue:
    """Return a page of the exceptions that match and what all of them come to, in one query."""
    values = filters.values(vendor_id=vendor_id, today=today_in_utc())
    values |= {"size": size, "start": (filters.page - 1) * size}
    values |= {} if filters.sort in BY_NAME else {"upto": filters.page * size}
    found = connection.execute(page_statement(filters.sort, frozenset(values)), values).mappings().all()
    totals = found[0]
    return Queue(
        rows=tuple(_row(dict(row)) for row in found if row["patient_id"] is not None),
        exceptions=totals["exceptions"],
        patients=totals["patients"],
        held_cents=totals["held_total"],
        overdue=totals["overdue"],
        unassigned=totals["unassigned"],
        page=filters.page,
    )


def find_exception(connection: Connection, patient_id: UUID, month: Month, code: str, *, vendor_id: UUID) -> QueueRow:
    """Return one exception with the work on it. Raises `NoSuchException`."""
    found = queue(connection, one_exception(patient_id, month, code), vendor_id=vendor_id).rows
    if not found:
        raise NoSuchException("There is no such exception; its month may have been opened again, so look for it in the queue.")
    return found[0]


def note_read(connection: Connection, rows: tuple[QueueRow, ...], *, form: str) -> None:
    """Add the one event of a page or file that shows patients: how many, and the SHA-256 over their ids, sorted and one a line."""
    if not rows:
        return
    patients = sorted({str(row.patient_id) for row in rows})
    clients = sorted({str(row.client_id) for row in rows})
    digest = sha256("\n".join(patients).encode()).hexdigest()
    append_event(
        connection,
        action="exceptions.read",
        detail={"form": form, "client_ids": clients, "patients": len(patients), "patients_sha256": digest},
    )


def today_in_utc() -> date:
    """Return the day that due days are compared with."""
    return datetime.now(UTC).date()


def _row(row: dict[str, Any]) -> QueueRow:
    return QueueRow(**{name: row[name] for name in QueueRow.__slots__ if name != "month"}, month=Month.of(row["month"]))
