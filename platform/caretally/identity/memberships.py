"""Memberships: what an account may do at a vendor. The vendor's own people give and end them; the sign-in reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.errors import Conflict, NothingToDo, UsageMistake
from caretally.identity.accounts import Account
from caretally.identity.roles import REACH, Reach, Role

VENDOR_NOW = "vendor_id = (SELECT tenancy.current_vendor())"
ADD = text(
    "INSERT INTO membership (vendor_id, account_id, role, email, name, period_from, period_to, made_by) VALUES ((SELECT tenancy.current_vendor()), "
    ":account_id, :role, :email, :name, :period_from, :period_to, (SELECT tenancy.current_actor())) "
    "ON CONFLICT (vendor_id, account_id, role) WHERE ended_at IS NULL DO NOTHING RETURNING id"
)
ADD_CLIENT = text(
    "INSERT INTO membership_client (vendor_id, client_id, membership_id) SELECT vendor_id, client_id, :membership_id FROM client "
    f"WHERE {VENDOR_NOW} AND client_id = ANY (:clients)"
)
CLIENTS_BY_CODE = text(f"SELECT code, client_id FROM client WHERE {VENDOR_NOW} AND code = ANY (:codes)")
LISTED = text(
    "SELECT m.id, m.account_id, m.role, m.email, m.name, m.period_from, m.period_to, m.made_by, m.made_at, "
    "ARRAY(SELECT c.code FROM membership_client k JOIN client c USING (vendor_id, client_id) WHERE (k.vendor_id, k.membership_id) = (m.vendor_id, m.id) "
    f"ORDER BY 1) AS clients FROM membership m WHERE m.{VENDOR_NOW} AND m.ended_at IS NULL "
    "AND (CAST(:id AS uuid) IS NULL OR m.id = :id) ORDER BY lower(m.name), m.role"
)
CHANGE = text(f"UPDATE membership SET role = :role, changed_at = clock_timestamp() WHERE {VENDOR_NOW} AND id = :id AND ended_at IS NULL")
END = text(
    f"UPDATE membership SET ended_at = clock_timestamp(), ended_by = (SELECT tenancy.current_actor()) WHERE {VENDOR_NOW} AND id = :id AND ended_at IS NULL"
)
ADMINS = text(f"SELECT count(*) FROM membership WHERE {VENDOR_NOW} AND role = 'vendor_admin' AND ended_at IS NULL AND id <> :id")
OF_ACCOUNT = text(
    "SELECT m.vendor_id, m.id, m.role, v.name, ARRAY(SELECT c.name FROM membership_client k JOIN client c USING (vendor_id, client_id) "
    "WHERE (k.vendor_id, k.membership_id) = (m.vendor_id, m.id) ORDER BY 1) AS clients "
    "FROM membership m JOIN vendor v USING (vendor_id) WHERE CAST(m.account_id AS text) = :account_id AND m.ended_at IS NULL "
    "AND (CAST(:only AS uuid) IS NULL OR m.vendor_id = :only) ORDER BY v.name, m.role"
)
VENDOR_ROLES = tuple(role for role in Role if REACH[role] is Reach.VENDOR)
CLIENT_ROLES = tuple(role for role in Role if REACH[role] in {Reach.CLIENTS, Reach.CLIENT_AND_PERIOD})


class MembershipRefused(UsageMistake):
    """A membership would say something that its role cannot: clients for a vendor's own person, none for a practice's, no period for an auditor."""

    code = "membership_refused"


class AlreadyMember(Conflict):
    """The person holds this role at this vendor already."""

    code = "already_member"


class LastAdministrator(Conflict):
    """The vendor would be left without anybody who can manage its people."""

    code = "last_administrator"


class UnknownMembership(NothingToDo):
    """There is no such membership any more."""

    code = "unknown_membership"


@dataclass(frozen=True)
class Member:
    """A person in one role at the current vendor; `clients` are the codes that a practice's person may see."""

    id: UUID
    account_id: UUID
    role: str
    email: str
    name: str
    period_from: date | None
    period_to: date | None
    made_by: str
    made_at: datetime
    clients: Sequence[str]


@dataclass(frozen=True)
class OpenTo:
    """A membership that a person may choose to work in."""

    vendor_id: UUID
    membership_id: UUID
    role: str
    vendor_name: str
    clients: Sequence[str]


def add_member(
    connection: Connection, account: Account, role: str, *, name: str, clients: Sequence[str] = (), period: tuple[date, date] | None = None
) -> UUID:
    """Give an account a role at the current vendor, at the clients of these codes, and return the membership's id; the audit log keeps it.

    `name` is what this vendor calls the person: what another vendor or they themselves wrote is not this one's to read.
    Raises `MembershipRefused` or `AlreadyMember`.
    """
    found = _clients(connection, role, clients, period)
    values = {"account_id": account.id, "role": role, "email": account.email, "name": name}
    first, last = period or (None, None)
    made: UUID | None = connection.scalar(ADD, values | {"period_from": first, "period_to": last})
    if made is None:
        raise AlreadyMember(f"{account.email} is {role_words(role)} here already; end that membership first.")
    if found:
        connection.execute(ADD_CLIENT, {"membership_id": made, "clients": found})
    append_event(connection, action="member.added", detail={"membership": made, "account": account.id, "role": role, "clients": found})
    return made


def members(connection: Connection) -> list[Member]:
    """Return the people of the current vendor and of its practices, by name."""
    return [Member(*row) for row in connection.execute(LISTED, {"id": None})]


def member(connection: Connection, membership_id: UUID) -> Member:
    """Return one membership of the current vendor. Raises `UnknownMembership`."""
    row = connection.execute(LISTED, {"id": membership_id}).one_or_none()
    if row is None:
        raise UnknownMembership("There is no such person here any more; the list of people shows who is.")
    return Member(*row)


def change_member(connection: Connection, membership_id: UUID, role: str, *, clients: Sequence[str]) -> None:
    """Give a membership another role of the same reach or other clients; sessions in it must choose anew. The audit log keeps it.

    Raises `MembershipRefused`, `LastAdministrator` or `UnknownMembership`.
    """
    now = member(connection, membership_id)
    if (now.role in CLIENT_ROLES) is not (role in CLIENT_ROLES) or (now.role == Role.AUDITOR) is not (role == Role.AUDITOR):
        raise MembershipRefused(f"{role_words(now.role)} cannot become {role_words(role)}; end this membership and invite the person anew.")
    if now.role == Role.VENDOR_ADMIN != role:
        _refuse_last(connection, membership_id)
    found = _clients(
        connection, role, clients, None if now.period_from is None or now.period_to is None else (now.period_from, now.period_to)
    )
    connection.execute(CHANGE, {"id": membership_id, "role": role})
    connection.execute(text(f"DELETE FROM membership_client WHERE {VENDOR_NOW} AND membership_id = :id"), {"id": membership_id})
    if found:
        connection.execute(ADD_CLIENT, {"membership_id": membership_id, "clients": found})
    append_event(connection, action="member.changed", detail={"membership": membership_id, "role": role, "clients": found})


def end_member(connection: Connection, membership_id: UUID) -> None:
    """End a membership: from now on nobody works in it. The audit log keeps it. Raises `LastAdministrator` or `UnknownMembership`."""
    now = member(connection, membership_id)
    if now.role == Role.VENDOR_ADMIN:
        _refuse_last(connection, membership_id)
    connection.execute(END, {"id": membership_id})
    append_event(connection, action="member.ended", detail={"membership": membership_id, "account": now.account_id})


def memberships_of(connection: Connection, account_id: UUID, *, only_vendor_id: UUID | None = None) -> list[OpenTo]:
    """Return, on the sign-in's login, where an account may work: at every vendor, or at one only."""
    return [OpenTo(*row) for row in connection.execute(OF_ACCOUNT, {"account_id": str(account_id), "only": only_vendor_id})]


def role_words(role: str) -> str:
    """Return a role in words, as in `Billing admin`."""
    return role.replace("_", " ").capitalize()


def _clients(connection: Connection, role: str, codes: Sequence[str], period: tuple[date, date] | None) -> list[UUID]:
    if role not in {*VENDOR_ROLES, *CLIENT_ROLES}:
        raise MembershipRefused(f"There is no role {role[:40]!r} at a vendor; the roles are {', '.join((*VENDOR_ROLES, *CLIENT_ROLES))}.")
    if role in VENDOR_ROLES and codes:
        raise MembershipRefused(f"{role_words(role)} works for all clients of the vendor, so name none.")
    if role in CLIENT_ROLES and not codes:
        raise MembershipRefused(f"{role_words(role)} sees the clients named here and no others, so name at least one.")
    if role == Role.AUDITOR and len(codes) != 1:
        raise MembershipRefused("An auditor sees one client, so name one.")
    if (role == Role.AUDITOR) is not (period is not None):
        raise MembershipRefused("An auditor needs a first and a last month, and nobody else has them.")
    found = {row.code: row.client_id for row in connection.execute(CLIENTS_BY_CODE, {"codes": list(codes)})}
    if missing := sorted(set(codes) - set(found)):
        raise MembershipRefused(f"The vendor has no client {missing[0][:40]!r}; use the code of one of its clients.")
    return sorted(found.values())


def _refuse_last(connection: Connection, membership_id: UUID) -> None:
    if connection.scalar(ADMINS, {"id": membership_id}) == 0:
        raise LastAdministrator("This is the vendor's only administrator; make another one first, or nobody could manage its people.")
