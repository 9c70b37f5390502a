"""The queue: a page of the exceptions that filters let through, what all of them come to, and what the page offers to choose from."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from operator import is_
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import Connection

from caretally.audit.chain import append_with_commit
from caretally.db.lists import page_count
from caretally.errors import NothingToDo
from caretally.exceptions.build_report import FACTS_ABOUT_CLIENT
from caretally.identity.memberships import VENDOR_ROLES
from caretally.months import Month
from caretally.settling.statements import sql_of
from caretally.tenancy.read_rows import Statement, read_rows

# As an array is written in SQL, once and not for each page.
ROLES, ABOUT_CLIENT = (f"{{{','.join(sorted(map(str, names)))}}}" for names in (VENDOR_ROLES, FACTS_ABOUT_CLIENT))
FURNITURE, NAMES_NOW = Statement(sql_of("furniture")), Statement(sql_of("names_now"))
# A file holds what a page would take hours to leaf through; more than this is no list to work on.
MOST_IN_FILE = 50_000
# About the bytes of a row with its ids, days and names.
LETTERS_OF_ROW = 2_000


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
    """One page of the queue, and the count, the patients and the money in cents of all that matches.

    `at_least` says that there may be more patients: one who matches in several of very many months is not told from several who match in one.
    """

    rows: tuple[QueueRow, ...]
    exceptions: int
    patients: int
    at_least: bool
    held_cents: int
    overdue: int
    unassigned: int
    page: int

    def __hash__(self) -> int:
        """Return the hash of the figures, which tell pages apart well enough and cost less than fifty rows."""
        return hash((self.exceptions, self.patients, self.held_cents, self.overdue, self.unassigned, self.page))

    @property
    def pages(self) -> int:
        """The number of pages, at least 1."""
        return page_count(self.exceptions)

    @property
    def letters(self) -> int:
        """About how many letters of memory its rows hold."""
        return (1 + len(self.rows)) * LETTERS_OF_ROW


class Lists(NamedTuple):
    """What can be chosen and seldom changes: months, clients (id, code, name), gates (code, label, owner, waivable), as they were at a stamp.

    Of the same stamp is all that the queue counts, shows and is ordered by as well, but for the names of people.
    """

    stamp: str
    months: tuple[Month, ...]
    clients: tuple[tuple[str, str, str], ...]
    gates: tuple[tuple[str, str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Furniture:
    """What can be chosen: the lists, people (membership, name, role), saved views (id, name, filters, shared, own) and the visitor's last act
    that is not undone (id, kind, exceptions, cents, moment), None without one; `mine` names the memberships whose work is the visitor's."""

    lists: Lists
    people: tuple[tuple[str, str, str], ...]
    views: tuple[tuple[str, str, str, bool, bool], ...]
    last_act: tuple[str, str, int, int, str] | None
    mine: str

    @property
    def months(self) -> tuple[Month, ...]:
        """The months that have rows, the newest first."""
        return self.lists.months

    @property
    def clients(self) -> tuple[tuple[str, str, str], ...]:
        """The vendor's clients by name: id, code and name of each."""
        return self.lists.clients

    @property
    def gates(self) -> tuple[tuple[str, str, str, bool], ...]:
        """The reasons by their labels: code, label, owner and whether a vendor's policy can be waived there."""
        return self.lists.gates

    def client_name(self, client_id: UUID | None) -> str:
        """Return a client's name, empty for one that is not there."""
        return next((name for found, _code, name in self.clients if found == str(client_id)), "")

    def person_name(self, membership_id: UUID | str | None) -> str:
        """Return a person's name, empty for one who is not there."""
        return next((name for found, name, _role in self.people if found == str(membership_id)), "")


def furniture(connection: Connection, *, vendor_id: UUID, known: Lists | None = None) -> Furniture:
    """Return what the page offers, in one query, with the lists that are known where nothing has changed since."""
    values = {
        "vendor_id": vendor_id,
        "roles": ROLES,
        "about_client": ABOUT_CLIENT,
        "known": known.stamp if known else "",
    }
    (row,) = read_rows(connection, FURNITURE, values)
    return Furniture(
        lists=_lists(row.stamp, row.lists) if known is None or known.stamp != row.stamp else known,
        people=tuple(tuple(one) for one in row.people),
        views=tuple(tuple(one) for one in row.views),
        last_act=tuple(row.last_act) if row.last_act else None,
        mine=row.mine,
    )


def _lists(stamp: str, read: Mapping[str, Any]) -> Lists:
    return Lists(
        stamp=stamp,
        months=tuple(Month.of(date.fromisoformat(day)) for day in read["months"]),
        clients=tuple(tuple(one) for one in read["clients"]),
        gates=tuple(tuple(one) for one in read["gates"]),
    )


@dataclass(frozen=True, slots=True)
class Places:
    """A page of the queue as it was read, and the keys of its rows' patients and of whom they are assigned to, as an array is written in SQL.

    `named` is the page with its rows' names as names_now.sql told them last, which was `names`.
    """

    found: Queue
    clients: str
    patients: str
    assignees: str
    named: Queue
    names: str = ""

    @classmethod
    def of(cls, found: Queue) -> Self:
        """Return the places of a page."""
        rows = found.rows
        keys = ((r.client_id for r in rows), (r.patient_id for r in rows), (r.assignee_id for r in rows))
        clients, patients, assignees = map(_array, keys)
        return cls(found, clients, patients, assignees, named=found)

    @property
    def letters(self) -> int:
        """About how many letters of memory it holds."""
        return 2 * self.found.letters + len(self.names)


def _array(ids: Iterable[UUID | None]) -> str:
    return "{" + ",".join("NULL" if one is None else str(one) for one in ids) + "}"


def with_names_now(connection: Connection, places: Places, *, vendor_id: UUID) -> Places:
    """Return places with their rows' names as this transaction reads them, the same ones where they are; whose it may not read is not shown."""
    keys = {"vendor_id": vendor_id, "clients": places.clients, "patients": places.patients, "assignees": places.assignees}
    [(names,)] = read_rows(connection, NAMES_NOW, keys)
    if names == places.names:
        return places
    told = {place: said for place, *said in json.loads(names)}
    found = places.found
    rows = tuple(_named(row, *told[place]) for place, row in enumerate(found.rows, start=1) if place in told)
    same = len(rows) == len(found.rows) and all(map(is_, rows, found.rows))
    return replace(places, names=names, named=found if same else replace(found, rows=rows))


def _named(row: QueueRow, mrn: str, patient: str, assignee: str | None) -> QueueRow:
    if (row.mrn, row.patient, row.assignee) == (mrn, patient, assignee):
        return row
    return replace(row, mrn=mrn, patient=patient, assignee=assignee)


class ShownPatients(NamedTuple):
    """Whose exceptions a page or file shows, as the audit log tells it: the clients' ids, how many patients, and the SHA-256 over their sorted ids."""

    client_ids: tuple[str, ...]
    patients: int
    patients_sha256: str


def shown_by(rows: tuple[QueueRow, ...]) -> ShownPatients:
    """Return whose exceptions these rows show."""
    patients = sorted({str(row.patient_id) for row in rows})
    return ShownPatients(
        tuple(sorted({str(row.client_id) for row in rows})), len(patients), sha256("\n".join(patients).encode()).hexdigest()
    )


def note_read(connection: Connection, shown: ShownPatients, *, form: str) -> None:
    """Add the one event of a page or file that shows patients; of one that shows nobody none."""
    if shown.patients:
        append_with_commit(
            connection, action="exceptions.read", detail={"form": form, **shown._asdict(), "client_ids": list(shown.client_ids)}
        )


def today_in_utc() -> date:
    """Return the day that due days are compared with."""
    return datetime.now(UTC).date()
