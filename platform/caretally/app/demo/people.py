"""The people who work: a vendor's staff by time zone and a client's billing practitioners."""

from dataclasses import dataclass, field
from random import Random

from caretally.app.demo.drafts import Row
from caretally.app.demo.identifiers import some_npi
from caretally.app.demo.names import STAFF_FAMILY, STAFF_GIVEN, some_person
from caretally.app.demo.personas import nurses_of
from caretally.app.demo.scenario import Client, Vendor

CREDENTIALS = ("RN", "RN", "LPN", "RN", "CMA", "LPN", "MA")
PRACTITIONERS = ("MD", "NP", "DO", "PA", "MD")
SPECIALTIES = ("Family Medicine", "Internal Medicine", "Geriatric Medicine")


@dataclass
class Team:
    """A vendor's people by what they are needed for; every value is a staff code, `rows` are the file's rows."""

    rows: list[Row] = field(default_factory=list)
    by_zone: dict[str, list[str]] = field(default_factory=dict)
    on_call: dict[str, tuple[str, str]] = field(default_factory=dict)
    qhp: dict[str, tuple[str, str]] = field(default_factory=dict)
    supervisor: str = ""
    administrative: str = ""
    abroad: str = ""
    unlicensed: str = ""
    excluded: str = ""
    other_qhp: str = ""


@dataclass(frozen=True)
class Post:
    """A position to be filled: credential, licensed states, and what sets it apart."""

    credential: str
    states: tuple[str, ...]
    role: str = "clinical"
    country: str = "US"
    npi: str = ""
    excluded_from: str = ""


@dataclass(frozen=True)
class Practice:
    """A client's billing practitioners: their NPIs, and one whose credential may not bill."""

    rows: tuple[Row, ...]
    npis: tuple[str, ...]
    not_eligible: str


def practice(random: Random, client: Client) -> Practice:
    """Return a client's practitioners with NPIs that pass the check digit, half of them marked as test data."""
    rows = [_practitioner(random, client, number) for number in range(client.providers)]
    social_worker = _practitioner(random, client, client.providers) | {"credential": "LCSW", "specialty": "Social Work"}
    return Practice((*rows, social_worker), tuple(str(row["npi"]) for row in rows), str(social_worker["npi"]))


def _practitioner(random: Random, client: Client, number: int) -> Row:
    family, given = some_person(random) if number % 3 else (random.choice(STAFF_FAMILY), random.choice(STAFF_GIVEN))
    return {
        "client": client.code,
        "npi": some_npi(random, leading="19"[number % 2]),
        "family_name": family,
        "given_name": given,
        "credential": PRACTITIONERS[number % len(PRACTITIONERS)],
        "specialty": SPECIALTIES[number % len(SPECIALTIES)],
        "email": f"practitioner{number + 1}@{client.code.lower()}.example",
        "phone": f"555-01{random.randint(10, 99)}",
        "from": "2021-01-01",
    }


def team(random: Random, vendor: Vendor, practices: dict[str, Practice]) -> Team:
    """Return a vendor's staff: clinical people per zone, on-call nurses, supervisors, and those whose time does not count."""
    hired = Team()
    states = {zone: tuple(sorted({c.state for c in vendor.clients if c.timezone == zone})) for zone in vendor.staff_per_zone}
    every = tuple(sorted({state for some in states.values() for state in some}))
    for zone, size in vendor.staff_per_zone.items():
        hired.by_zone[zone] = [_hire(random, hired, vendor, Post(CREDENTIALS[n % 7], states[zone])) for n in range(size)]
        nurses = [_hire(random, hired, vendor, Post("RN", states[zone])) for _ in range(2)]
        hired.on_call[zone] = (nurses[0], nurses[1])
    for client in vendor.clients:
        hired.qhp[client.code] = _practitioner_as_staff(hired, vendor, practices[client.code], states=every)
    hired.supervisor = _hire(random, hired, vendor, Post("RN", every))
    hired.administrative = _hire(random, hired, vendor, Post("", (), role="administrative"))
    hired.abroad = _hire(random, hired, vendor, Post("RN", every, country="PH"))
    hired.unlicensed = _hire(random, hired, vendor, Post("RN", ("WY",)))
    hired.excluded = _hire(random, hired, vendor, Post("LPN", every, excluded_from="2024-05-20"))
    hired.other_qhp = _hire(random, hired, vendor, Post("NP", every, role="qhp", npi=some_npi(random, leading="1")))
    _name_personas(hired, vendor)
    return hired


def _name_personas(hired: Team, vendor: Vendor) -> None:
    """Give the first nurses the names of the people who sign in and log time; nothing that was drawn changes."""
    nurses = (row for row in hired.rows if row["credential"] == "RN")
    for name, nurse in zip(nurses_of(vendor.slug), nurses, strict=False):
        nurse["given_name"], nurse["family_name"] = name.split(" ", 1)


def _hire(random: Random, hired: Team, vendor: Vendor, post: Post) -> str:
    code = f"{vendor.prefix}-{101 + len(hired.rows)}"
    certified = post.credential in ("MA", "CMA")
    hired.rows.append(
        {
            "staff": code,
            "family_name": random.choice(STAFF_FAMILY),
            "given_name": random.choice(STAFF_GIVEN),
            "role": post.role,
            "credential": post.credential,
            "licensed_states": "" if certified else ";".join(post.states),
            "license_expires_on": "2031-12-31" if post.credential else "",
            "country": post.country,
            "npi": post.npi,
            "email": f"{code.lower()}@{vendor.slug}.example",
            "excluded_from": post.excluded_from,
        }
    )
    return code


def _practitioner_as_staff(hired: Team, vendor: Vendor, own: Practice, *, states: tuple[str, ...]) -> tuple[str, str]:
    code, row = f"{vendor.prefix}-{101 + len(hired.rows)}", own.rows[0]
    hired.rows.append(
        {key: row[key] for key in ("family_name", "given_name", "credential", "npi", "email")}
        | {"staff": code, "role": "qhp", "licensed_states": ";".join(states), "license_expires_on": "2031-12-31", "country": "US"}
    )
    return code, str(row["npi"])
