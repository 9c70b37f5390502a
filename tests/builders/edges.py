"""Client-months that stand on both sides of one edge of the CCM rules each, and a way to put many of them into few files."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

from tests.builders.facts import Facts, care_plan, clean_patient, clean_staff, consent, enrolment, entry, facts

POLICIES = ("pool", "personal", "never_pool")
THRESHOLDS = (1200, 1800, 2400, 3600, 5400)
WORK = "2026-03-03T10:00"
FIRST, LAST = "2026-03-01", "2026-03-31"
CODE_BEGAN = ("2015-01", "2017-01", "2019-01", "2021-01", "2022-01")


def edges() -> list[Facts]:
    """Return all of them, one file for each agreement and month."""
    return merged(edges_one_by_one())


def edges_one_by_one() -> list[Facts]:
    """Return all of them, one patient or one meeting of patients each."""
    return [*_of_seconds(), *_of_the_cap_of_complex_care(), *_of_dates(), *_of_gates(), *_of_codes(), *_of_two_clients()]


def edges_of_days() -> list[Facts]:
    """Return those of first and last days, one patient or one meeting of patients each."""
    return [*_of_dates(), *_of_two_clients()]


def edges_of_seconds() -> list[Facts]:
    """Return those of seconds, one patient each."""
    return [*_of_seconds(), *_of_the_cap_of_complex_care()]


def merged(months: list[Facts]) -> list[Facts]:
    """Return the same patients in as few files as their agreements allow, each with staff and a person of their own."""
    files: dict[str, Facts] = {}
    for number, month in enumerate(months):
        terms = json.dumps([month["month"], month["timezone"], month["agreement"], month.get("policies")], sort_keys=True)
        file = files.setdefault(terms, month | {"staff": {}, "patients": []})
        file["staff"] |= {f"{number}/{name}": member for name, member in month["staff"].items()}
        file["patients"] += [_renamed(patient, number) for patient in month["patients"]]
    return list(files.values())


def _renamed(patient: Facts, number: int) -> Facts:
    entries = [one | {"staff": f"{number}/{one['staff']}"} for one in patient["entries"]]
    return patient | {"ref": f"{number}/{patient['ref']}", "person": f"{number}/{patient['person']}", "entries": entries}


def _mdm(level: str | None, month: str = "2026-03") -> list[Facts]:
    return [{"month": month, "level": level, "provider": "A"}] if level else []


def _of_seconds() -> Iterator[Facts]:
    """Every threshold, reached by each kind of seconds or missed by one, on one day or on two."""
    for policy, threshold, short, level in product(POLICIES, THRESHOLDS, (1, 0), ("low", "moderate", None)):
        rest = threshold - short - 600
        for staff, other in (("nurse", "nurse"), ("doctor-a", "doctor-a"), ("nurse", "doctor-a"), ("doctor-a", "nurse")):
            logs = [
                [entry(WORK, rest, staff=staff), entry("2026-03-09T10:00", 600, staff=other), entry("2026-03-12T10:00", 1, staff=staff)],
                [entry(WORK, 600, staff=other), entry("2026-03-09T10:00", rest, staff=staff, approved=False)],
                [entry(WORK, 600, staff=other), entry("2026-03-09T10:00", rest, staff=staff, country="PH")],
            ]
            patients = [clean_patient(f"p{n}", entries=log, mdm=_mdm(level)) for n, log in enumerate(logs)]
            for patient in patients:
                yield facts(patient, qhp_time=policy)
    for short in (0, 1):
        abroad = entry("2026-03-09T10:00", 600 - short, staff="doctor-a", country="PH")
        yield facts(clean_patient(entries=[entry(WORK, 1200, staff="doctor-a"), abroad]), qhp_time="never_pool")


def _of_the_cap_of_complex_care() -> Iterator[Facts]:
    """The seconds that reach the tenth unit beyond the first hour, a second less, those of an eleventh and a second less."""
    for seconds in (21_600, 21_599, 23_400, 23_399):
        yield facts(clean_patient(entries=[entry(WORK, seconds)], mdm=_mdm("moderate")))


def _of_dates() -> Iterator[Facts]:
    """Work on the first and the last day beside facts that begin or end there; an expiry inside an entry."""
    on_both = [entry(f"{FIRST}T10:00", 600), entry(f"{LAST}T10:00", 600)]
    paused = enrolment(status="paused", **{"from": LAST})
    changes: list[Facts] = [
        {"enrolments": [enrolment(**{"from": LAST})]},
        {"enrolments": [enrolment(to=FIRST)]},
        {"enrolments": [enrolment(to="2026-02-28")]},
        {"enrolments": [enrolment(), paused]},
        {"enrolments": [enrolment(to=FIRST), enrolment(provider="B", **{"from": LAST})]},
        {"visits": [{"on": LAST, "kind": "AWV"}], "entries": [entry(f"{LAST}T10:00", 1200)]},
        {"visits": [{"on": LAST, "kind": "AWV"}], "entries": []},
        {"care_plan": care_plan(effective_on="2025-01-06", reviewed_on=LAST)},
        {"care_plan": care_plan(effective_on="2025-01-06", reviewed_on="2026-04-01")},
        {"care_plan": care_plan(effective_on=LAST, copy_given_on=LAST, signed_on=LAST, reviewed_on=None)},
        {"died_on": FIRST},
        {"died_on": "2026-03-30"},
        {"consents": [consent(obtained_on=LAST)]},
        {"consents": [consent(revoked_on=FIRST)]},
        {"consents": [consent(provider="B")]},
    ]
    for kind, (first, last) in product(
        ("part_a_snf", "part_a_inpatient", "hospice"), ((LAST, None), ("2026-02-01", FIRST), ("2026-02-01", "2026-02-28"))
    ):
        changes.append({"stays": [{"kind": kind, "from": first, "to": last}]})
    for change in changes:
        yield facts(clean_patient("p1", **{"entries": on_both, **change}))
    expiring = {"nurse": clean_staff()["nurse"] | {"license_expires_on": "2026-03-10"}}
    yield facts(clean_patient(entries=[entry("2026-03-10T23:50", 1800)]), staff=expiring)


def _of_gates() -> Iterator[Facts]:
    """Reasons and policies that ordinary work never meets."""
    oddities: list[Facts] = [
        {"activity": "idle"},
        {"within_em": True},
        {"description": " "},
        {"approved": False},
        {"country": "PH"},
        {"staff": "clerk"},
        {"staff": "doctor-b"},
    ]
    for odd in oddities:
        yield facts(clean_patient(entries=[entry(WORK, 1200), entry("2026-03-04T10:00", 600, **odd)]))
    old = care_plan(effective_on="2025-01-06", reviewed_on=None, copy_given_on=None)
    for effect in ("hold", "warn", "off"):
        yield facts(clean_patient(entries=[entry(WORK, 1200)], care_plan=old), review_overdue=effect, copy_missing=effect)
    for signed in (True, False):
        yield facts(clean_patient(entries=[entry(WORK, 1200)], attested=signed), attestation_required=True)
    yield facts(clean_patient(died_on="2026-03-20", entries=[entry(WORK, 1200)]), date_of_service="month_end")
    # Work that waits to be put right overlaps work that counts, or lies inside other work that waits.
    for policy, (inner, outer) in product(POLICIES, product((True, False), repeat=2)):
        staff = ("second-nurse", "doctor-a")
        for who in staff:
            late = entry("2026-03-03T10:05", 300, staff=who, approved=inner)
            yield facts(clean_patient(entries=_unlicensed(who, inner, outer)), staff={"unlicensed": {"role": "clinical"}}, qhp_time=policy)
            log = [entry(WORK, 900, approved=outer), late, entry("2026-03-03T10:12", 760, staff=who, approved=inner)]
            yield facts(clean_patient(entries=log), qhp_time=policy)


def _unlicensed(who: str, inner: bool, outer: bool) -> list[Facts]:
    """Return work of a nurse without a credential around work that counts or waits; together it misses 20 minutes by a second."""
    around = entry(WORK, 900, staff="unlicensed", approved=outer)
    return [around, entry("2026-03-03T10:05", 300, staff=who, approved=inner), entry("2026-03-03T10:14", 359, staff="unlicensed")]


def _of_codes() -> Iterator[Facts]:
    """The month in which a code began and the one before it, worked on the first and on the last day."""
    for began, seconds, policy, who in product(CODE_BEGAN, (1800, 2400, 3600), POLICIES, ("nurse", "doctor-a")):
        first = date.fromisoformat(f"{began}-01")
        before = first - timedelta(days=1)
        for day in (first, before) if first.year > 2015 else (first,):
            month = f"{day:%Y-%m}"
            patient = clean_patient(entries=[entry(f"{day}T10:00", seconds, staff=who)], mdm=_mdm("moderate", month), **_since(day))
            yield facts(patient, qhp_time=policy) | {"month": month}


def _since(day: date) -> dict[str, Any]:
    since = str(day - timedelta(days=40))
    return {
        "part_b_from": "2010-01-01",
        "enrolments": [enrolment(**{"from": since})],
        "consents": [consent(obtained_on=since)],
        "visits": [{"on": since, "kind": "AWV"}],
        "care_plan": care_plan(effective_on=since, copy_given_on=since, reviewed_on=since, signed_on=since),
    }


def _of_two_clients() -> Iterator[Facts]:
    """The same person at two clients and twice at one, the other enrolment at the edges of the month; one nurse at two clients."""
    periods: list[Facts] = [{}, {"from": LAST}, {"to": FIRST}, {"to": "2026-02-28"}, {"status": "paused", "from": FIRST}]
    for period in periods:
        here = clean_patient("here", person="one", entries=[entry(WORK, 1200)])
        there = clean_patient("there", person="one", entries=[entry("2026-03-04T10:00", 1200)])
        for client in ("second", "main"):
            yield facts(here, there | {"enrolments": [enrolment(**period)], "client": client})
    for start in (WORK, "2026-03-03T10:19:59", "2026-03-03T10:20"):
        there = clean_patient("there", client="second", entries=[entry(start, 1200)])
        yield facts(clean_patient("here", entries=[entry(WORK, 1200)]), there)
