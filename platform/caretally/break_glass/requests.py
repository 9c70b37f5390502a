"""Break-glass requests: asked for by an operator, decided by another operator or the vendor's administrator, ended by either side or the clock."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.audit.reasons import digest_of, said_in_words
from caretally.errors import Conflict, NothingToDo

# isolation.md: at most 60 minutes, which the table's check says too. A request that nobody decides within a day is no longer asked.
MOST_MINUTES = 60
LAPSES_AFTER_HOURS = 24
MOST_LISTED = 200
READERS = "the vendor's administrators read it"

COLUMNS = (
    "b.vendor_id, v.name AS vendor_name, b.id, b.requested_by, b.requester_name, b.requested_at, b.reason, b.minutes, b.decider_name, b.decided_at, "
    "b.ends_at, b.ended_at, CASE WHEN b.approved IS FALSE THEN 'refused' WHEN b.approved AND b.ended_at IS NOT NULL THEN 'ended' "
    "WHEN b.approved AND b.ends_at <= now() THEN 'over' WHEN b.approved THEN 'open' "
    "WHEN b.requested_at <= now() - make_interval(hours => :lapses) THEN 'lapsed' ELSE 'asked' END AS state"
)
OF_VENDOR = text(
    f"SELECT {COLUMNS} FROM break_glass b JOIN vendor v USING (vendor_id) WHERE b.vendor_id = (SELECT tenancy.current_vendor()) "
    "AND (CAST(:id AS uuid) IS NULL OR b.id = :id) ORDER BY b.requested_at DESC, b.id DESC LIMIT :most"
)
OF_ALL = text(f"SELECT {COLUMNS} FROM break_glass b JOIN vendor v USING (vendor_id) ORDER BY b.requested_at DESC, b.id DESC LIMIT :most")
ASK = text(
    "INSERT INTO break_glass (vendor_id, requested_by, requester_name, reason, minutes) VALUES ((SELECT tenancy.current_vendor()), "
    "(SELECT tenancy.current_actor()), :name, :reason, :minutes) RETURNING id"
)
DECIDE = text(
    "UPDATE break_glass SET approved = :approved, decided_by = (SELECT tenancy.current_actor()), decider_name = :name, decided_at = now(), "
    "ends_at = CASE WHEN :approved THEN now() + make_interval(mins => minutes) END WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id "
    "AND approved IS NULL AND requested_by <> (SELECT tenancy.current_actor()) AND requested_at > now() - make_interval(hours => :lapses) RETURNING id"
)
END = text(
    "UPDATE break_glass SET ended_by = (SELECT tenancy.current_actor()), ended_at = clock_timestamp() "
    "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id AND approved AND ended_at IS NULL AND ends_at > now() RETURNING id"
)
# How many requests of the current vendor wait for a decision or run now.
PRESENT = (
    "SELECT count(*) FROM break_glass WHERE vendor_id = :vendor_id AND ended_at IS NULL "
    f"AND (ends_at > now() OR (approved IS NULL AND requested_at > now() - make_interval(hours => {LAPSES_AFTER_HOURS})))"
)
ADMINISTRATORS = text(
    "SELECT email FROM membership WHERE vendor_id = :vendor_id AND role = 'vendor_admin' AND ended_at IS NULL ORDER BY email"
)


class UnknownRequest(NothingToDo):
    """There is no such break-glass request."""

    code = "unknown_request"


class NotDecided(Conflict):
    """A request cannot be decided: it was already, it lapsed, or who asked would decide it."""

    code = "request_not_decided"


class NotOpen(Conflict):
    """An access cannot be used or ended: it is over, was ended, or belongs to another operator."""

    code = "access_not_open"


@dataclass(frozen=True)
class BreakGlass:
    """One request. `state` is `asked`, `open` (approved and running), `refused`, `lapsed`, `ended` (by a person) or `over` (by the clock)."""

    vendor_id: UUID
    vendor_name: str
    id: UUID
    requested_by: str
    requester_name: str
    requested_at: datetime
    reason: str
    minutes: int
    decider_name: str | None
    decided_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    state: str


def ask(connection: Connection, *, name: str, reason: str, minutes: int) -> UUID:
    """Ask, in the vendor's context on the operator's login, to read its data for so many minutes; the vendor's log keeps it.

    Raises `UsageMistake` for a reason that says nothing.
    """
    words = said_in_words(reason, option="the field Reason", readers=READERS)
    made: UUID = connection.execute(ASK, {"name": name, "reason": words, "minutes": minutes}).scalar_one()
    append_event(connection, action="break-glass.asked", detail={"request": made, "minutes": minutes, "reason": digest_of(words)})
    return made


def decide(connection: Connection, request_id: UUID, *, name: str, approved: bool) -> None:
    """Approve or refuse a request in the vendor's context; the time runs from here. The vendor's log keeps it.

    Raises `UnknownRequest`, or `NotDecided` when it was decided before, lapsed, or the decider is who asked.
    """
    found = request_of(connection, request_id)
    if (
        connection.execute(DECIDE, {"id": request_id, "name": name, "approved": approved, "lapses": LAPSES_AFTER_HOURS}).one_or_none()
        is None
    ):
        why = "it is asked by you, and another person has to decide" if found.state == "asked" else f"it is {found.state}"
        raise NotDecided(f"This request cannot be decided now: {why}.")
    append_event(connection, action="break-glass.approved" if approved else "break-glass.refused", detail={"request": request_id})


def end(connection: Connection, request_id: UUID) -> None:
    """End an access that runs: the operator's next request is refused. The vendor's log keeps it. Raises `UnknownRequest` or `NotOpen`."""
    found = request_of(connection, request_id)
    if connection.execute(END, {"id": request_id}).one_or_none() is None:
        raise NotOpen(f"There is nothing to end: the request is {found.state}.")
    append_event(connection, action="break-glass.ended", detail={"request": request_id})


def request_of(connection: Connection, request_id: UUID) -> BreakGlass:
    """Return one request of the current vendor. Raises `UnknownRequest`."""
    rows = connection.execute(OF_VENDOR, {"id": request_id, "lapses": LAPSES_AFTER_HOURS, "most": 1}).mappings().all()
    if not rows:
        raise UnknownRequest("There is no such request; the list shows those there are.")
    return BreakGlass(**rows[0])


def requests_of_vendor(connection: Connection) -> list[BreakGlass]:
    """Return the newest requests for the current vendor's data."""
    return [
        BreakGlass(**row)
        for row in connection.execute(OF_VENDOR, {"id": None, "lapses": LAPSES_AFTER_HOURS, "most": MOST_LISTED}).mappings()
    ]


def requests_of_all(connection: Connection) -> list[BreakGlass]:
    """Return, on the operator's login, the newest requests for the data of any vendor."""
    return [BreakGlass(**row) for row in connection.execute(OF_ALL, {"lapses": LAPSES_AFTER_HOURS, "most": MOST_LISTED}).mappings()]


def administrators_of(connection: Connection, vendor_id: UUID) -> list[str]:
    """Return, on the sign-in's login, the addresses of a vendor's administrators, who are told of each request."""
    return list(connection.scalars(ADMINISTRATORS, {"vendor_id": vendor_id}))
