"""Why a patient-month is billable, held or not billable, in words that a practice administrator understands."""

from datetime import date
from typing import Any

import pytest

from caretally.cms.rule_tables import rule_tables_of_files
from caretally.evaluation.decided import Decision
from caretally.evaluation.explain import explanation, nearest_miss, reason_sentence, rules

RULES = rule_tables_of_files()
BILLABLE: dict[str, Any] = {
    "enrolled": True,
    "outcome": "billable",
    "primary_reason": None,
    "path": "staff",
    "codes": ["99490", "99439"],
    "units": [1, 1],
    "date_of_service": date(2026, 3, 11),
    "raw_seconds": 2480,
    "clinical_seconds": 2480,
    "qhp_seconds": 0,
    "pending_clinical_seconds": 0,
    "pending_qhp_seconds": 0,
    "excluded_reasons": [],
    "excluded_seconds": [],
    "unbilled_seconds": 80,
    "exceptions": [],
    "warnings": [],
    "missing_seconds": 1120,
    "missing_code": "99439",
    "alternatives": [],
    "pending_claim": None,
    "mdm_level": None,
    "consent_on": date(2026, 1, 5),
    "plan_version": 1,
    "reviewed_on": None,
    "visited_on": date(2026, 1, 5),
}
NO_CLAIM: dict[str, Any] = {"path": None, "codes": [], "units": [], "date_of_service": None}
SHORT: dict[str, Any] = NO_CLAIM | {
    "outcome": "not_billable",
    "primary_reason": "TIME_BELOW_THRESHOLD",
    "exceptions": ["TIME_BELOW_THRESHOLD"],
    "clinical_seconds": 720,
    "missing_seconds": 480,
    "missing_code": "99490",
}
PENDING: dict[str, Any] = NO_CLAIM | {
    "outcome": "held",
    "primary_reason": "TIME_PENDING",
    "exceptions": ["TIME_PENDING"],
    "clinical_seconds": 600,
    "pending_clinical_seconds": 1800,
    "pending_claim": "99490x1+99439x1",
}


def decision(qhp_time: str = "pool", **changes: Any) -> Decision:
    return Decision.of_row(BILLABLE | changes, RULES, qhp_time=qhp_time)


def test_a_billable_month_names_its_claim_its_day_and_its_seconds() -> None:
    assert explanation(decision()) == (
        "Billable: 99490 + 99439, date of service March 11, 2026. 41 min 20 s counted (R1, R2, R4, R15); 1 min 20 s of it stays unbilled."
    )


def test_a_held_month_says_why_and_what_it_supports_once_settled() -> None:
    held = decision(outcome="held", primary_reason="NO_CONSENT", exceptions=["NO_CONSENT"], consent_on=None)
    assert explanation(held).startswith(
        "Held: no consent of the patient to this program and practitioner is on record (R16). "
        "Once that is settled the time supports 99490 + 99439: 41 min 20 s counted"
    )


def test_a_month_short_of_time_says_how_much_is_missing() -> None:
    assert explanation(decision(**SHORT)) == (
        "Not billable: only 12 min of care time counts this month; 8 min more would reach 99490 (R1, R15). 12 min counted (R1, R4, R15)."
    )


def test_waiting_time_says_what_it_would_reach() -> None:
    assert explanation(decision(**PENDING)).startswith(
        "Held: 30 min of time is waiting to be put right and would support 99490 + 99439 once it is (R1)."
    )


def test_waiting_time_beside_a_claim_is_told_too() -> None:
    assert "2 min 10 s more would count once put right" in explanation(decision(pending_clinical_seconds=130))


def test_every_excluded_reason_is_told_with_its_minutes() -> None:
    told = explanation(decision(excluded_reasons=["IDLE", "TIME_UNAPPROVED"], excluded_seconds=[60, 130]))
    assert "3 min 10 s did not count: idle time 1 min (R4), not approved 2 min 10 s" in told


def test_the_primary_reason_comes_first() -> None:
    held = decision(outcome="held", primary_reason="NO_CARE_PLAN", exceptions=["NO_CONSENT", "NO_CARE_PLAN"])
    assert explanation(held).startswith("Held: no care plan was in force this month (R22); no consent")


def test_a_month_without_enrolment_says_so() -> None:
    assert "the patient was not enrolled on any day of the month" in explanation(decision(**SHORT, enrolled=False))


def test_alternatives_are_lawful_claims_without_an_amount() -> None:
    told = explanation(decision(alternatives=["99487x1", "99491x1+99437x2"]))
    assert told.endswith("other lawful claims, never chosen by amount: 99487 or 99491 + 99437 \N{MULTIPLICATION SIGN}2.")
    assert "$" not in told


def test_a_warning_about_the_patient_is_told_and_one_about_the_client_is_not() -> None:
    told = explanation(decision(warnings=["CONSENT_AGED", "BAA_MISSING"]))
    assert "worth a look: consent is old (R17)" in told
    assert "associate" not in told


def test_minutes_of_both_kinds_are_told_apart() -> None:
    both = decision(clinical_seconds=1880, qhp_seconds=600)
    assert "41 min 20 s counted, 31 min 20 s by clinical staff and 10 min by the practitioner" in explanation(both)


def test_the_nearest_miss_adds_a_unit_or_reaches_a_base() -> None:
    assert nearest_miss(decision(missing_seconds=200)) == "3 min 20 s more would add 99439"
    assert nearest_miss(decision(**SHORT)) == "8 min more would reach 99490"


def test_at_the_cap_nothing_is_near() -> None:
    assert nearest_miss(decision(missing_seconds=None, missing_code=None)) is None


def test_a_reason_is_filled_in_with_the_months_own_facts() -> None:
    assert reason_sentence("CONSENT_INCOMPLETE", decision()) == (
        "The consent of January 5, 2026 does not show all four things that the patient must acknowledge."
    )


def test_a_reason_that_the_tables_do_not_know_is_still_said() -> None:
    assert reason_sentence("SOMETHING_NEW", decision()) == "Something new."


@pytest.mark.parametrize(
    ("qhp_time", "changes", "expected"),
    [
        ("pool", {}, {"R1", "R2", "R4", "R14", "R15", "R16", "R35"}),
        ("pool", {"qhp_seconds": 600}, {"R10"}),
        ("personal", {"path": "personal", "codes": ["99491"], "units": [1], "qhp_seconds": 1800}, {"R9", "R11"}),
        ("never_pool", {"qhp_seconds": 600}, {"R12"}),
        ("pool", {"path": "complex", "codes": ["99487", "99489"]}, {"R5", "R6", "R7"}),
        ("pool", {"mdm_level": "moderate"}, {"R5"}),
        ("pool", {"mdm_level": "low"}, {"R7"}),
        ("pool", {"warnings": ["UNIT_CAP_REACHED"]}, {"R3", "R8"}),
        ("pool", {"excluded_reasons": ["PART_A_STAY"], "excluded_seconds": [60]}, {"R34"}),
    ],
)
def test_a_decision_names_the_rules_that_bore_on_it(qhp_time: str, changes: dict[str, Any], expected: set[str]) -> None:
    assert expected <= set(rules(decision(qhp_time, **changes)))


CAPPED_STAFF: dict[str, Any] = {"codes": ["99490", "99439"], "units": [1, 2]}
CAPPED_PERSONAL: dict[str, Any] = {"path": "personal", "codes": ["99491", "99437"], "units": [1, 2]}


@pytest.mark.parametrize(
    ("qhp_time", "changes", "beyond"),
    [
        # 20 + 2 x 20 min are the most: 85 min 30 s leave 25 min 30 s
        ("pool", CAPPED_STAFF | {"clinical_seconds": 5130, "unbilled_seconds": 1530}, "25 min 30 s"),
        # 60 + 40 min pooled
        ("pool", CAPPED_STAFF | {"clinical_seconds": 3600, "qhp_seconds": 2400, "unbilled_seconds": 2400}, "40 min"),
        # the practitioner's minutes are no staff minutes here, and stay unbilled for another reason
        ("never_pool", CAPPED_STAFF | {"clinical_seconds": 4860, "qhp_seconds": 900, "unbilled_seconds": 2160}, "21 min"),
        # 30 + 2 x 30 min are the most: the staff's 15 minutes stay unbilled for another reason
        ("personal", CAPPED_PERSONAL | {"qhp_seconds": 7800, "clinical_seconds": 900, "unbilled_seconds": 3300}, "40 min"),
    ],
)
def test_the_cap_s_warning_tells_the_time_beyond_the_cap_alone(qhp_time: str, changes: dict[str, Any], beyond: str) -> None:
    capped = decision(qhp_time, warnings=["UNIT_CAP_REACHED"], **changes)
    told = f"More time was worked than the month allows units for; {beyond} beyond the cap cannot be billed."
    assert reason_sentence("UNIT_CAP_REACHED", capped) == told


def test_complex_care_below_its_threshold_is_not_explained_by_missing_complexity() -> None:
    assert "R7" not in rules(decision(mdm_level="high"))
