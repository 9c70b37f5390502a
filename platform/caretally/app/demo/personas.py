"""The people of the demo, one of each role at each vendor; their accounts have no password and open in demo mode on loopback only."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from caretally.app.demo.scenario import VENDORS
from caretally.app.installation import Installation, Vendor
from caretally.carelog.staff_ties import LOGGING_ROLES, people_who_log, staff_members, tie
from caretally.identity.accounts import account_for, make_operator
from caretally.identity.memberships import add_member, members
from caretally.identity.roles import Role
from caretally.months import Month

DOMAIN = "demo.caretally.example"


@dataclass(frozen=True)
class Persona:
    """One person of the demo: `vendor` is a slug, empty for the operator; `clients` are codes."""

    key: str
    name: str
    role: str
    vendor: str = ""
    clients: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        """The address of the account."""
        return f"{self.key}@{DOMAIN}"


NAMES = {
    "meridian": (
        "Dana Whitfield",
        "Renée Okafor",
        "Priya Raman",
        "Tobias Lindqvist",
        "Mercy Abubakar",
        "Helen Castellano",
        "Dr. Samuel Osei",
        "Ines Duarte",
    ),
    "harbor": (
        "Grace Holloway",
        "Peter Novák",
        "Aisha Rahman",
        "Liam O'Connor",
        "Sofia Marchetti",
        "Walter Brandt",
        "Dr. Mei Tanaka",
        "Omar Haddad",
    ),
}
ROLES = (
    Role.BILLING_ADMIN,
    Role.VENDOR_ADMIN,
    Role.COORDINATOR,
    Role.CLINICAL_STAFF,
    Role.CLINICAL_SUPERVISOR,
    Role.PRACTICE_ADMINISTRATOR,
    Role.PROVIDER,
    Role.AUDITOR,
)
OPERATOR = Persona("operator", "Sam Keller", Role.OPERATOR)


def personas() -> tuple[Persona, ...]:
    """Return everybody, vendor by vendor, the operator last."""
    people = []
    for vendor, names in zip(VENDORS, NAMES.values(), strict=True):
        first = vendor.clients[0].code
        for role, name in zip(ROLES, names, strict=True):
            at_practice = role in {Role.PRACTICE_ADMINISTRATOR, Role.PROVIDER, Role.AUDITOR}
            key = f"{vendor.slug}-{role.value.replace('_', '-')}"
            people.append(Persona(key, name, role, vendor.slug, (first,) if at_practice else ()))
    return (*people, OPERATOR)


def nurses_of(slug: str) -> list[str]:
    """Return the names of a vendor's people whose role logs time; each is one of its nurses."""
    return sorted(one.name for one in personas() if one.vendor == slug and one.role in LOGGING_ROLES)


def ensure_personas(here: Installation, vendors: list[Vendor], *, month: Month) -> None:
    """Give every person their account and membership where they are missing; an auditor looks at the three months up to `month`."""
    first = month.previous().previous().first_day
    for vendor in vendors:
        people = [one for one in personas() if one.vendor == vendor.slug]
        with vendor.transaction() as connection:
            known = {one.email for one in members(connection)}
        for one in people:
            if one.email not in known:
                _make(here, vendor, one, (first, month.last_day))
        with vendor.transaction() as connection:
            _tie_to_staff(connection)
    with here.auth_pool.begin() as connection:
        make_operator(connection, account_for(connection, email=OPERATOR.email, name=OPERATOR.name).id)


def _tie_to_staff(connection: Connection) -> None:
    """Let each person who logs time be the nurse of their name, so that their timer runs; whoever is somebody already stays so."""
    people = people_who_log(connection)
    taken = {one.staff_id for one in people}
    nurses = {one.name: one.id for one in staff_members(connection) if one.credential == "RN" and one.id not in taken}
    for person in people:
        if person.staff_id is None and person.name in nurses:
            tie(connection, person.account_id, nurses[person.name])


def _make(here: Installation, vendor: Vendor, persona: Persona, period: tuple[date, date]) -> None:
    with here.auth_pool.begin() as connection:
        account = account_for(connection, email=persona.email, name=persona.name)
    with vendor.transaction() as connection:
        own_period = period if persona.role == Role.AUDITOR else None
        add_member(connection, account, persona.role, name=persona.name, clients=persona.clients, period=own_period)
