"""Clean patients: everything on record that a month needs, from the visit before enrolment to the last review."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from caretally.app.demo.drafts import ALL_ELEMENTS, Draft
from caretally.app.demo.identifiers import some_mbi
from caretally.app.demo.names import some_person
from caretally.app.demo.scenario import Client
from caretally.months import Month

COMMON_CONDITIONS = {
    "I10": 30,
    "E11.9": 22,
    "E78.5": 20,
    "J44.9": 10,
    "N18.30": 4,
    "N18.31": 5,
    "N18.32": 4,
    "I50.9": 8,
    "F32.9": 7,
    "M17.0": 6,
    "I25.10": 9,
    "I48.91": 6,
    "E11.22": 4,
    "E11.42": 4,
    "E03.9": 6,
    "M81.0": 4,
    "G30.9": 2,
    "J45.909": 3,
    "F41.1": 3,
    "I73.9": 2,
    "M06.9": 2,
    "G40.909": 1,
    "N40.0": 4,
    "G47.33": 3,
    "H40.9": 2,
    "K21.9": 4,
}
VISITS = (
    ("AWV", "G0439", 40),
    ("AWV", "G0438", 6),
    ("EM", "99214", 28),
    ("EM", "99213", 10),
    ("EM", "99204", 6),
    ("TCM", "99495", 7),
    ("IPPE", "G0402", 3),
)


@dataclass(frozen=True)
class Place:
    """Where a patient is cared for: the client, its practitioners, its coordinators, and the last day anything is known of."""

    client: Client
    npis: tuple[str, ...]
    coordinators: tuple[str, ...]
    states: tuple[str, ...]
    last_day: date


def clean_patient(random: Random, place: Place, *, mrn: str, starts: date) -> Draft:
    """Return a patient enrolled from `starts` of whom nothing is missing."""
    state = place.client.state if random.random() < 0.95 else random.choice(place.states)
    draft = Draft(mrn=mrn, row=_identity(random, place, mrn=mrn, starts=starts), state=state, starts=starts)
    draft.row["state"] = state
    draft.npi, draft.coordinator = random.choice(place.npis), random.choice(place.coordinators)
    draft.add("enrolments", program="CCM", status="enrolled", **{"from": starts})
    draft.add("assignments", program="CCM", npi=draft.npi, **{"from": starts})
    _conditions(random, draft)
    consent(random, draft, on=starts)
    _visits(random, draft, place.last_day)
    plan_and_reviews(random, draft, place.last_day)
    return draft


def _identity(random: Random, place: Place, *, mrn: str, starts: date) -> dict[str, object]:
    family, given = some_person(random, hawaiian=place.client.state == "HI")
    age_in_days = int(min(97.5, max(58.2, random.gauss(75, 8))) * 365.2425)
    born = place.last_day - timedelta(days=age_in_days)
    at_65 = Month(born.year + 65, born.month).first_day
    return {
        "client": place.client.code,
        "mrn": mrn,
        "family_name": family,
        "given_name": given,
        "birth_date": born,
        "mbi": some_mbi(random),
        "payer": "Medicare Part B",
        "qmb": "yes" if random.random() < 0.08 else "no",
        "part_b_from": at_65 if at_65 < starts else Month(starts.year - 2, starts.month).first_day,
    }


def _conditions(random: Random, draft: Draft) -> None:
    wanted = random.choices((2, 3, 4, 5, 6), (28, 32, 22, 12, 6))[0]
    chosen = dict.fromkeys(random.choices(list(COMMON_CONDITIONS), list(COMMON_CONDITIONS.values()), k=wanted * 2))
    for code in [*chosen, "I10", "E78.5"][:wanted] if len(chosen) >= 2 else ("I10", "E11.9"):
        if code not in {row["icd10"] for row in draft.facts["conditions"]}:
            draft.add("conditions", icd10=code, onset_on=draft.starts - timedelta(days=random.randint(400, 5000)))


def consent(random: Random, draft: Draft, *, on: date, **changes: object) -> None:
    """Add a complete consent to the patient's practitioner, given on a day, with the named columns changed."""
    written = random.random() < 0.35
    draft.facts["consents"].append(
        {
            "program": "CCM",
            "npi": draft.npi,
            "method": "written" if written else "verbal",
            "obtained_on": on,
            "obtained_by": draft.coordinator,
            "scope": "yes",
            "cost_sharing": "yes",
            "one_practitioner": "yes",
            "stop": "yes",
            "script_version": "" if written else "CCM-3",
            "document_ref": f"consents/{draft.mrn}/{on.isoformat()}.pdf" if written else "",
        }
        | changes
    )


def _visits(random: Random, draft: Draft, last_day: date) -> None:
    kind, code, _ = random.choices(VISITS, [weight for *_, weight in VISITS])[0]
    seen = draft.starts - timedelta(days=random.randint(2, 150))
    draft.add("visits", visited_on=seen, kind=kind, code=code, npi=draft.npi, ccm_discussed="yes")
    while (seen := seen + timedelta(days=random.randint(340, 400))) <= last_day:
        draft.add("visits", visited_on=seen, kind="AWV", code="G0439", npi=draft.npi, ccm_discussed="")


def plan_and_reviews(random: Random, draft: Draft, last_day: date) -> None:
    """Replace the patient's plans and reviews: a plan in the month of enrolment, reviewed well within every year after it."""
    draft.facts["care_plans"].clear()
    draft.facts["reviews"].clear()
    month_end = Month.of(draft.starts).last_day
    day, version = min(month_end, draft.starts + timedelta(days=random.randint(0, 6))), 1
    plan(draft, version=version, on=day)
    while (day := day + timedelta(days=random.randint(270, 345))) <= last_day:
        updated = random.random() < 0.3
        outcome = "updated" if updated else "no_change"
        draft.add("reviews", plan_version=version, reviewed_on=day, reviewer=draft.coordinator, outcome=outcome)
        if updated:
            version += 1
            plan(draft, version=version, on=day)


def plan(draft: Draft, *, version: int, on: date, **changes: object) -> None:
    """Add a complete, signed plan version whose copy was given on its day, with the named columns changed."""
    draft.facts["care_plans"].append(
        {
            "version": version,
            "effective_on": on,
            "author": draft.coordinator,
            "signed_by": draft.npi,
            "signed_on": on,
            "copy_given_on": on,
            "copy_method": "mail" if version % 2 else "patient portal",
            "elements": ALL_ELEMENTS,
        }
        | changes
    )
