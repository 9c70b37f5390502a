"""Who of the staff a person who signs in is: without this tie nobody's time can be logged."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.carelog.statements import statement
from caretally.errors import Conflict, NothingToDo
from caretally.identity.memberships import role_words
from caretally.identity.roles import MATRIX, Permission

LOGGING_ROLES = tuple(role for role, held in MATRIX.items() if Permission.LOG_TIME in held)
STAFF = text(
    "SELECT id, code, given_name || ' ' || family_name AS name, credential FROM staff WHERE vendor_id = (SELECT tenancy.current_vendor()) "
    "ORDER BY family_name, given_name, code"
)
HOLD_VENDOR = text("SELECT 1 FROM vendor_lock WHERE vendor_id = (SELECT tenancy.current_vendor()) FOR UPDATE")
LEFT = text(
    "DELETE FROM staff_account a WHERE a.vendor_id = (SELECT tenancy.current_vendor()) AND (a.account_id = :account_id OR NOT EXISTS ("
    "SELECT FROM membership m WHERE (m.vendor_id, m.account_id) = (a.vendor_id, a.account_id) AND m.ended_at IS NULL))"
)
TAKEN = text(
    "SELECT m.name FROM staff_account a JOIN membership m USING (vendor_id, account_id) WHERE a.vendor_id = (SELECT tenancy.current_vendor()) "
    "AND a.staff_id = :staff_id AND a.account_id <> :account_id AND m.ended_at IS NULL LIMIT 1"
)
TIE = text(
    "INSERT INTO staff_account (vendor_id, account_id, staff_id, tied_by) "
    "VALUES ((SELECT tenancy.current_vendor()), :account_id, :staff_id, (SELECT tenancy.current_actor()))"
)


class TakenStaff(Conflict):
    """Another person signs in as this staff member already."""

    code = "taken_staff"


class UnknownPerson(NothingToDo):
    """No such person logs time here, or no such staff member works here."""

    code = "unknown_person"


@dataclass(frozen=True)
class StaffMember:
    """Somebody of the vendor's staff, by the code that files use."""

    id: UUID
    code: str
    name: str
    credential: str


@dataclass(frozen=True)
class SignsIn:
    """A person whose role logs time; `staff_id` is None until they are tied to somebody of the staff."""

    account_id: UUID
    name: str
    roles: str
    staff_id: UUID | None


def staff_members(connection: Connection) -> list[StaffMember]:
    """Return the staff of the current vendor by name."""
    return [StaffMember(*row) for row in connection.execute(STAFF)]


def people_who_log(connection: Connection) -> list[SignsIn]:
    """Return the people of the current vendor whose role logs time, by name."""
    rows = connection.execute(statement("people"), {"roles": list(map(str, LOGGING_ROLES))})
    return [SignsIn(row.account_id, row.name, ", ".join(map(role_words, row.roles.split(","))), row.staff_id) for row in rows]


def tie(connection: Connection, account_id: UUID, staff_id: UUID | None) -> None:
    """Let a person's time be that of a staff member from now on, or of nobody; time logged before stays whose it was.

    One person is one staff member. The audit log keeps it. Raises `UnknownPerson` or `TakenStaff`.
    """
    connection.execute(HOLD_VENDOR)
    person = _one(people_who_log(connection), account_id)
    if staff_id is not None:
        _refuse_staff(connection, person, staff_id)
    connection.execute(LEFT, {"account_id": account_id})
    if staff_id is not None:
        connection.execute(TIE, {"account_id": account_id, "staff_id": staff_id})
    append_event(connection, action="staff.tied", detail={"account": account_id, "staff": staff_id})


def _refuse_staff(connection: Connection, person: SignsIn, staff_id: UUID) -> None:
    if staff_id not in {one.id for one in staff_members(connection)}:
        raise UnknownPerson("There is no such staff member here any more; choose one from the list.")
    taken = connection.scalar(TAKEN, {"staff_id": staff_id, "account_id": person.account_id})
    if taken is not None:
        raise TakenStaff(f"{taken} signs in as this staff member already; take that tie off first, or choose another for {person.name}.")


def _one(people: Sequence[SignsIn], account_id: UUID) -> SignsIn:
    for person in people:
        if person.account_id == account_id:
            return person
    raise UnknownPerson("There is no such person here any more; the list shows who logs time.")
