"""A client's patients: the ordinary ones with what happens to them, those who declined, and the planted ones."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from caretally.app.demo.drafts import Draft
from caretally.app.demo.identifiers import some_mbi
from caretally.app.demo.people import Practice, Team, practice, team
from caretally.app.demo.periods import Period
from caretally.app.demo.planted import PLANTS, Plant, Scene
from caretally.app.demo.roster import Place, clean_patient, consent
from caretally.app.demo.scenario import LAST, Client, Vendor
from caretally.app.demo.variations import vary
from caretally.months import Month

DECLINED_SHARE = 0.02
Drafts = dict[str, list[Draft]]


@dataclass(frozen=True)
class World:
    """One vendor with its months and people: what all of its patients are made from."""

    vendor: Vendor
    months: tuple[Period, ...]
    team: Team
    practices: dict[str, Practice]
    places: dict[str, Place]


def world(random: Random, vendor: Vendor, months: tuple[Period, ...]) -> World:
    """Return the practitioners, the staff and the places of a vendor."""
    practices = {client.code: practice(random, client) for client in vendor.clients}
    people = team(random, vendor, practices)
    places = {c.code: _place(vendor, c, practices[c.code], team=people, last_day=months[LAST].last) for c in vendor.clients}
    return World(vendor, months, people, practices, places)


def _place(vendor: Vendor, client: Client, own: Practice, *, team: Team, last_day: date) -> Place:
    states = tuple(sorted({c.state for c in vendor.clients if c.timezone == client.timezone}))
    return Place(client, own.npis, tuple(team.by_zone[client.timezone]), states, last_day)


def ordinary_patients(random: Random, where: Place, months: tuple[Period, ...]) -> list[Draft]:
    """Return a client's ordinary patients, two thirds of them enrolled before the history begins."""
    return [_ordinary(random, where, months, number) for number in range(where.client.patients)]


def _ordinary(random: Random, where: Place, months: tuple[Period, ...], number: int) -> Draft:
    mrn, share = f"{where.client.code}-{10001 + number}", random.random()
    if share < DECLINED_SHARE:
        return _declined(random, where, mrn, months)
    first, last = months[0].first, months[LAST].last
    if share < 0.06:
        starts = last - timedelta(days=random.randint(750, 1200))
    elif share < 0.68:
        starts = first - timedelta(days=random.randint(5, 290))
    else:
        starts = first + timedelta(days=random.randint(0, (last - first).days - 12))
    draft = clean_patient(random, where, mrn=mrn, starts=starts)
    if share < 0.045:
        consent(random, draft, on=last - timedelta(days=random.randint(430, 700)))
    vary(random, draft, where)
    return draft


def _declined(random: Random, where: Place, mrn: str, months: tuple[Period, ...]) -> Draft:
    """Return a patient who was asked and declined: a name and that answer, nothing else."""
    asked = months[0].first + timedelta(days=random.randint(0, 380))
    draft = clean_patient(random, where, mrn=mrn, starts=asked)
    for rows in draft.facts.values():
        rows.clear()
    reason = random.choice(("cost", "not interested", "wants to think"))
    draft.add("enrolments", program="CCM", status="declined", reason=reason, **{"from": asked})
    draft.leaves = asked - timedelta(days=1)
    return draft


def planted_patients(random: Random, world: World) -> dict[str, Draft]:
    """Return the patient of each story of a vendor, by the story's gate or name."""
    planted: dict[str, Draft] = {}
    for number, plant in enumerate(PLANTS.get(world.vendor.slug, ())):
        where = world.places[plant.client]
        scene = Scene(world.months[LAST], world.months[LAST - 1], world.team, world.practices[plant.client], where.client.timezone)
        planted[plant.gate] = _planted(random, where, plant, scene, mrn=f"{plant.client}-{90001 + number}")
    _be_the_same_person(planted)
    return planted


def _planted(random: Random, where: Place, plant: Plant, scene: Scene, *, mrn: str) -> Draft:
    begins = scene.month.first
    for _ in range(plant.months):
        begins = Month.of(begins).previous().first_day
    draft = clean_patient(random, where, mrn=mrn, starts=begins)
    draft.row["state"] = draft.state = where.client.state
    draft.row["mbi"], draft.diligence = some_mbi(random), 1.0
    plant.arrange(draft, scene)
    return draft


def _be_the_same_person(planted: dict[str, Draft]) -> None:
    known, again = planted.get("DUPLICATE_PATIENT_MONTH"), planted.get("same person elsewhere")
    if known and again:
        again.row |= {name: known.row[name] for name in ("family_name", "given_name", "birth_date", "mbi")}
