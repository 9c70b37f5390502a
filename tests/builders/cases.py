"""The worked CCM cases of `cms_cases.csv` as facts JSON with the answer that is expected of them."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.builders.facts import Facts, clean_patient, consent, entry, facts

CASES_FILE = Path(__file__).with_name("cms_cases.csv")
LONGEST_ENTRY = 3600
FIRST_DAY_OF_WORK = 2


@dataclass(frozen=True)
class Case:
    """One worked case: facts for a single patient, and the claim, outcome and code they must give."""

    case_id: str
    facts: Facts
    claim: list[dict[str, str | int]]
    outcome: str
    exception: str | None
    rule: str


def cases() -> list[Case]:
    """Return every CCM case, in the order of the file."""
    with CASES_FILE.open(encoding="utf-8", newline="") as lines:
        return [_case(row) for row in csv.DictReader(lines)]


def case(case_id: str) -> Case:
    """Return one case by its id (`C071`); raises KeyError when the file has none."""
    return {one.case_id: one for one in cases()}[case_id]


def _case(row: dict[str, str]) -> Case:
    patient = clean_patient(
        row["case_id"],
        mdm=[{"month": "2026-03", "level": row["mdm"], "provider": "A"}],
        entries=_entries(row),
    )
    patient |= CIRCUMSTANCES[row["circumstance"]](patient)
    return Case(
        row["case_id"],
        facts(patient, qhp_time=row["qhp_time"]),
        _claim(row["expected_claim"]),
        row["expected_outcome"],
        row["expected_exception"] or None,
        row["rule"],
    )


def _claim(text: str) -> list[dict[str, str | int]]:
    lines = (part.split("x") for part in text.split("+") if part)
    return [{"code": code, "units": int(units)} for code, units in lines]


def _entries(row: dict[str, str]) -> list[Facts]:
    by_nurse = _lengths(row["staff_minutes"], row["split"])
    by_doctor = _lengths(row["qhp_minutes"], "")
    return _on_days(by_nurse, staff="nurse", hour="10") + _on_days(by_doctor, staff="doctor-a", hour="14")


def _lengths(minutes: str, split: str) -> list[int]:
    if split:
        count, length = split.split("x")
        return [_seconds(length)] * int(count)
    whole, rest = divmod(_seconds(minutes), LONGEST_ENTRY)
    return [LONGEST_ENTRY] * whole + ([rest] if rest else [])


def _seconds(text: str) -> int:
    minutes, _, seconds = text.partition(":")
    return int(minutes) * 60 + int(seconds or 0)


def _on_days(lengths: list[int], *, staff: str, hour: str) -> list[Facts]:
    days = range(FIRST_DAY_OF_WORK, FIRST_DAY_OF_WORK + len(lengths))
    return [entry(f"2026-03-{day:02}T{hour}:00", length, staff=staff) for day, length in zip(days, lengths, strict=True)]


def _work_on(*days_and_minutes: tuple[int, int]) -> list[Facts]:
    return [entry(f"2026-03-{day:02}T10:00", minutes * 60) for day, minutes in days_and_minutes]


CIRCUMSTANCES: dict[str, Callable[[Facts], dict[str, Any]]] = {
    "": lambda _patient: {},
    "no consent": lambda _patient: {"consents": []},
    "consent 26 months old": lambda _patient: {"consents": [consent(obtained_on="2024-01-05")]},
    "revoked on the 10th": lambda _patient: {
        "consents": [consent(revoked_on="2026-03-10")],
        "entries": _work_on((3, 10), (17, 15)),
    },
    "one condition": lambda _patient: {"conditions": ["I10"]},
    "no care plan": lambda _patient: {"care_plan": None},
    "part A SNF all month": lambda _patient: {
        "stays": [{"kind": "part_a_snf", "from": "2026-03-01", "to": "2026-03-31"}],
    },
    "threshold met on the 11th": lambda _patient: {"entries": _work_on((5, 10), (11, 10), (20, 5))},
    "died on the 20th": lambda _patient: {"died_on": "2026-03-20", "entries": _work_on((6, 10), (15, 15))},
}


def next_month(past: Facts) -> Facts:
    """Return the facts of March 2026 moved on: April 2026, with as much work and nothing else changed."""
    patients = [patient | {"entries": [_a_month_on(e) for e in patient["entries"]]} for patient in past["patients"]]
    return past | {"month": "2026-04", "patients": patients}


def _a_month_on(worked: Facts) -> Facts:
    return worked | {key: worked[key].replace("2026-03-", "2026-04-") for key in ("start", "end")}
