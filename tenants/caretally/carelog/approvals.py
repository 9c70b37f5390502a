"""Time written by hand is approved by a supervisor or goes back with a reason; nobody approves their own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.carelog.statements import statement
from caretally.errors import Conflict, UsageMistake
from caretally.months import Month

PAGE_SIZE = 50
SHARE = text("SELECT guard.share_client_locks(ARRAY[(SELECT tenancy.current_vendor())], CAST(:clients AS uuid[]))")
APPROVE_ENTRIES = text(
    "UPDATE time_entry SET approved_by = :name WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = ANY (:ids) AND approved_by = ''"
)
APPROVE_LATE = text(
    "UPDATE late_entry SET fields = fields || CAST(:changes AS jsonb) WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = ANY (:ids)"
)
# The owner of an entry may be just changing it: nothing is approved that was not seen. What stands beside it is held first, as the owner does.
HOLD = (
    text(
        "SELECT 1 FROM logged_time WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = ANY (CAST(:logged AS uuid[])) ORDER BY id FOR UPDATE"
    ),
    text("SELECT 1 FROM time_entry WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = ANY (:ids) ORDER BY id FOR UPDATE"),
    text("SELECT 1 FROM late_entry WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = ANY (:ids) ORDER BY id FOR UPDATE"),
)
# An entry of an import has nothing beside it until somebody decides on it.
DECIDE = text(
    "INSERT INTO logged_time (vendor_id, client_id, source, external_id, patient_id, staff_id, state, decided_by, decided_at, returned_because) "
    "SELECT e.vendor_id, e.client_id, e.source, e.external_id, e.patient_id, e.staff_id, :state, :name, clock_timestamp(), :because FROM ("
    "SELECT vendor_id, client_id, source, external_id, patient_id, staff_id, id FROM time_entry UNION ALL "
    "SELECT vendor_id, client_id, source, external_id, patient_id, staff_id, id FROM late_entry) e "
    "WHERE e.vendor_id = (SELECT tenancy.current_vendor()) AND e.id = ANY (:ids) "
    "ON CONFLICT (vendor_id, client_id, source, external_id) DO UPDATE SET state = EXCLUDED.state, decided_by = EXCLUDED.decided_by, "
    "decided_at = EXCLUDED.decided_at, returned_because = EXCLUDED.returned_because"
)


class OwnTime(Conflict):
    """A person would decide on their own time."""

    code = "own_time"


class NothingChosen(UsageMistake):
    """No entry was chosen, or none of those chosen waits any more as it was shown."""

    code = "nothing_chosen"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of all that waits a list shows, and whether the oldest work comes first; the month is of the client's time."""

    month: Month | None = None
    client_id: UUID | None = None
    staff_id: UUID | None = None
    oldest_first: bool = False

    @property
    def narrowed(self) -> bool:
        """Tell whether anything is left out."""
        return any((self.month, self.client_id, self.staff_id))

    @property
    def address(self) -> dict[str, Any]:
        """The same as an address says it."""
        told = {"month": self.month, "client": self.client_id, "staff": self.staff_id, "order": "oldest" if self.oldest_first else None}
        return {name: str(value) for name, value in told.items() if value}


@dataclass(frozen=True)
class Choice:
    """One month, client or staff member of what waits, as an address names it, with how many entries wait there."""

    value: str
    name: str
    entries: int


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """The first other entry of the same person or patient that shares seconds, from when to when, and how many `more` do."""

    starts: str
    ends: str
    staff: str
    patient_id: UUID
    patient: str
    more: int


@dataclass(frozen=True)
class Waiting:
    """Time by hand that waits; hours are local to the client, `closed_month` the first closed month that they touch.

    `version` tells whether it is still what a page showed; `kept` is `entry` or, of a closed month, `late`.
    """

    kept: str
    id: UUID
    version: str
    client_id: UUID
    patient_id: UUID
    staff_id: UUID
    activity: str
    description: str
    staff: str
    patient: str
    client: str
    starts: datetime
    ends: datetime
    seconds: int
    entered: datetime | None
    reason: str
    logged_id: UUID | None
    own: bool
    closed_month: date | None
    found: int
    overlap: Overlap | None

    @property
    def token(self) -> str:
        """What a form sends to choose exactly this."""
        return f"{self.id}.{self.version}"


@dataclass(frozen=True)
class Chosen:
    """An entry as a page showed it."""

    id: UUID
    version: str

    @classmethod
    def of(cls, token: str) -> Self:
        """Return what a form chose. Raises `NothingChosen` for anything else."""
        written, _, version = token.partition(".")
        try:
            return cls(UUID(written), version)
        except ValueError:
            raise NothingChosen("What was chosen is none of the entries here; choose from the list.") from None


def waiting(
    connection: Connection, wanted: Wanted | None = None, *, ids: Sequence[UUID] | None = None, page: int = 1, most: int = PAGE_SIZE
) -> list[Waiting]:
    """Return what waits, the newest work first where nothing else is wanted, or that of these ids; `found` of each row counts all of it."""
    wanted = wanted or Wanted()
    values = {
        "month": wanted.month.first_day if wanted.month else None,
        "client_id": wanted.client_id,
        "staff_id": wanted.staff_id,
        "oldest_first": wanted.oldest_first,
        "ids": None if ids is None else list(ids),
        "most": most,
        "skipped": (page - 1) * most,
    }
    return [Waiting(**{**row, "overlap": _overlap(row["overlap"])}) for row in connection.execute(statement("waiting"), values).mappings()]


def waiting_count(connection: Connection) -> int:
    """Return how many entries wait, as many as the list shows."""
    count: int = connection.scalars(statement("waiting_count")).one()
    return count


def waiting_choices(connection: Connection) -> dict[str, list[Choice]]:
    """Return the months, the newest first, the clients and the staff by which the list can be narrowed."""
    found: dict[str, list[Choice]] = {"month": [], "client": [], "staff": []}
    for row in connection.execute(statement("waiting_choices")):
        month = Month.of(date.fromisoformat(row.value)) if row.kind == "month" else None
        found[row.kind].append(
            Choice(str(month), f"{month.first_day:%B %Y}", row.entries) if month else Choice(row.value, row.name, row.entries)
        )
    return found


def chosen_of(connection: Connection, chosen: Sequence[Chosen]) -> list[Waiting]:
    """Return those of the chosen that still wait as they were shown. Raises `NothingChosen` when none does, `OwnTime` for one's own."""
    if not chosen:
        raise NothingChosen("Choose at least one entry.")
    versions = {one.id: one.version for one in chosen}
    still = [one for one in waiting(connection, ids=list(versions), most=len(versions)) if versions[one.id] == one.version]
    if not still:
        raise NothingChosen("None of what you chose waits any more as you saw it; the list shows what waits now.")
    if own := [one for one in still if one.own]:
        raise OwnTime(f"{len(own)} of the entries chosen {'is' if len(own) == 1 else 'are'} your own; another supervisor decides on those.")
    return still


def approve(connection: Connection, chosen: Sequence[Chosen], *, name: str) -> list[Waiting]:
    """Approve what still waits as it was shown, under this name, and return it; of closed months the approval waits beside them.

    Raises `NothingChosen` or `OwnTime`.
    """
    still = _held(connection, chosen)
    opened = [one.id for one in still if one.kept == "entry" and one.closed_month is None]
    closed = [one.id for one in still if one.kept == "entry" and one.closed_month is not None]
    late = [one.id for one in still if one.kept == "late"]
    changes = json.dumps({"approved_by": name})
    connection.execute(APPROVE_ENTRIES, {"ids": opened, "name": name})
    connection.execute(statement("change_late"), {"ids": closed, "kind": "approved", "changes": changes})
    connection.execute(APPROVE_LATE, {"ids": late, "changes": changes})
    _decided(connection, still, state="approved", name=name, because="")
    return still


def send_back(connection: Connection, chosen: Sequence[Chosen], *, because: str, name: str) -> list[Waiting]:
    """Return what still waits as it was shown to its people, for a reason. Raises `NothingChosen` or `OwnTime`."""
    still = _held(connection, chosen)
    _decided(connection, still, state="returned", name=name, because=because)
    return still


def _held(connection: Connection, chosen: Sequence[Chosen]) -> list[Waiting]:
    before = chosen_of(connection, chosen)
    connection.execute(SHARE, {"clients": sorted({one.client_id for one in before})})
    held = {"ids": [one.id for one in before], "logged": [one.logged_id for one in before if one.logged_id]}
    for statement_of_rows in HOLD:
        connection.execute(statement_of_rows, held)
    return chosen_of(connection, chosen)


def _overlap(kept: Mapping[str, Any] | None) -> Overlap | None:
    return Overlap(**{**kept, "patient_id": UUID(kept["patient_id"])}) if kept else None


def _decided(connection: Connection, still: Sequence[Waiting], *, state: str, name: str, because: str) -> None:
    connection.execute(DECIDE, {"ids": [one.id for one in still], "state": state, "name": name, "because": because})
    append_event(
        connection, action=f"time.{state}", detail={"entries": [one.id for one in still], "seconds": sum(one.seconds for one in still)}
    )
