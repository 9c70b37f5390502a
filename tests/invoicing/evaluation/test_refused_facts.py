"""Facts that cannot be true are refused in one sentence that names the patient, the place and the cure."""

from collections.abc import Callable
from typing import Any

import pytest

from caretally.evaluation.read_facts import FactsRefused, parse_facts, read_facts
from tests.builders.facts import Facts, care_plan, clean_patient, consent, enrolment, entry, facts

WORK = entry("2026-03-03T10:00", 1200)
PATIENTS: list[tuple[Facts, str]] = [
    ({"enrolments": [enrolment(program="XYZ")]}, "patient 'p1': enrolments[0].program: 'XYZ' is unknown"),
    ({"enrolments": [enrolment(to="2025-12-31")]}, "patient 'p1': enrolments[0]: to 2025-12-31 lies before from 2026-01-05"),
    ({"entries": [WORK | {"start": "2026-03-03T10:00:00"}]}, "patient 'p1': entries[0].start: '2026-03-03T10:00:00' has no offset"),
    ({"entries": [WORK | {"end": WORK["start"]}]}, "patient 'p1': entries[0]: it ends at or before its start"),
    ({"entries": [WORK | {"start": "2026-03-03T10:00:00.5-05:00"}]}, "finer than a second"),
    ({"entries": [WORK | {"end": "2026-03-05T10:00:00-05:00"}]}, "longer than 24 hours"),
    ({"entries": [WORK | {"staff": "nobody"}]}, "patient 'p1': entries[0]: staff 'nobody' is not in the file"),
    ({"entries": [WORK | {"minutes": 20}]}, "patient 'p1': entries[0].minutes: Unknown field"),
    ({"conditions": ["heart"]}, "patient 'p1': conditions[0]: 'heart' is not an ICD-10-CM code"),
    (
        {"conditions": [{"icd10": "I10", "expected_months": -1}]},
        "patient 'p1': conditions[0].expected_months: Must be greater than or equal to 0",
    ),
    ({"conditions": [{"icd10": "I10", "risk_documented": "no"}]}, "patient 'p1': conditions[0].risk_documented: must be true or false"),
    ({"consents": [consent(revoked_on="2025-01-01")]}, "revoked_on 2025-01-01 lies before obtained_on 2026-01-05"),
    ({"consents": [consent(), consent(method="written")]}, "two different consents to the same practitioner on the same day"),
    ({"mdm": [{"month": "2026-03", "level": level} for level in ("low", "high")]}, "two different decisions about complexity"),
    ({"care_plan": care_plan(effective_on="06/01/2026")}, "patient 'p1': care_plan.effective_on: '06/01/2026' is not a date"),
    ({"qmb": "no"}, "patient 'p1': qmb: must be true or false"),
    ({"state": "Texas"}, "patient 'p1': state: 'Texas' is not two capital letters"),
    ({"ref": ""}, "patients[0]: ref"),
    ({"ref": "a\0b"}, "NUL character"),
    ({"ref": "\ud800"}, "lone surrogate"),
]
FILES: list[tuple[Callable[[Facts], Any], str]] = [
    (lambda given: given | {"month": "2026-13"}, "month: 2026-13 is not a month"),
    (lambda given: given | {"timezone": "Mars/Olympus"}, "timezone: 'Mars/Olympus' is no time zone"),
    (lambda given: given | {"agreement": {"qhp_time": "both"}}, "agreement.qhp_time: 'both' is unknown"),
    (lambda given: given | {"staff": {"n": {"role": "nurse"}}}, "staff.n.role: 'nurse' is unknown"),
    (lambda given: given | {"staff": {"n": {"role": "clinical", "excluded_to": "2026-03-01"}}}, "staff 'n': excluded_to 2026-03-01 has no"),
    (lambda given: given | {"patients": given["patients"] * 2}, "patient 'p1': two patients have this ref"),
    (lambda given: [given], "not a JSON object"),
]


@pytest.mark.parametrize(("changes", "sentence"), PATIENTS)
def test_a_patient_that_cannot_be_is_refused_by_name(changes: Facts, sentence: str) -> None:
    with pytest.raises(FactsRefused) as refused:
        read_facts(facts(clean_patient(**changes)))
    assert sentence in refused.value.message


@pytest.mark.parametrize(("change", "sentence"), FILES)
def test_a_file_that_cannot_be_is_refused_by_place(change: Callable[[Facts], Any], sentence: str) -> None:
    with pytest.raises(FactsRefused) as refused:
        read_facts(change(facts(clean_patient())))
    assert sentence in refused.value.message


def test_text_that_is_no_json_is_refused_with_its_place() -> None:
    with pytest.raises(FactsRefused, match="line 2, column 1"):
        parse_facts("{\n")


def test_the_same_condition_written_twice_is_one() -> None:
    read = read_facts(facts(clean_patient(conditions=["E11.9", "E119", "i10"])))
    assert [row["icd10"] for row in read["patients"][0]["conditions"]] == ["E119", "I10"]
