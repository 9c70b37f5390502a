"""The gates that time does not decide, at both sides of their edges, asked of the oracle."""

from typing import Any

import pytest

from tests.builders.facts import Facts, care_plan, clean_patient, consent, enrolment, entry, facts
from tests.oracle.biller import decide

WORK = "2026-03-03T10:00"
CHRONIC: Facts = {"icd10": "I10", "risk_documented": True, "expected_months": 120}
BRIEF: Facts = {"icd10": "J44.9", "risk_documented": True, "expected_months": 11}
NO_RISK: Facts = {"icd10": "M10.9", "risk_documented": False, "expected_months": 24, "until_death": True}
ON_TIME: list[Facts] = [
    {"conditions": ["I10", {"icd10": "E11.9", "onset_on": "2026-03-31", "resolved_on": None}]},
    {"conditions": ["I10", {"icd10": "E11.9", "onset_on": None, "resolved_on": "2026-03-01"}]},
    {"visits": [{"on": "2025-01-05", "kind": "IPPE"}]},
    {"visits": [{"on": "2026-03-03", "kind": "EM", "code": "99214"}]},
    {"enrolments": [enrolment(**{"from": "2024-02-29"})], "visits": [{"on": "2023-02-28", "kind": "AWV"}]},
    {"care_plan": care_plan(effective_on="2025-03-31", reviewed_on=None)},
    {"care_plan": care_plan(copy_given_on="2026-03-31", signed_on="2026-03-31")},
    {"part_b_from": "2026-03-31"},
    {"consents": [consent(obtained_on="2024-03-01")]},
    {"stays": [{"kind": "hospice", "from": "2026-04-01", "to": None}]},
    {"attested": True},
    *(
        {"conditions": [CHRONIC, condition]}
        for condition in (
            "E11.9",
            {"icd10": "E11.9", "risk_documented": True, "expected_months": 12, "until_death": False},
            {"icd10": "E11.9", "risk_documented": None, "expected_months": None},
            {"icd10": "C25.9", "risk_documented": True, "expected_months": 3, "until_death": True},
        )
    ),
    {"conditions": ["I10", "E11.9", BRIEF, NO_RISK]},
]
HOLDS: list[tuple[str, Facts]] = [
    ("CHRONIC_CONDITIONS_LT_2", {"conditions": ["I10", "I10"]}),
    ("CHRONIC_CONDITIONS_LT_2", {"conditions": ["E11.9", "E119"]}),
    ("CHRONIC_CONDITIONS_LT_2", {"conditions": ["I10", {"icd10": "E11.9", "onset_on": "2026-04-01"}]}),
    ("CHRONIC_CONDITIONS_LT_2", {"conditions": ["I10", {"icd10": "E11.9", "resolved_on": "2026-02-28"}]}),
    ("NO_INITIATING_VISIT", {"visits": [{"on": "2025-01-04", "kind": "AWV"}]}),
    ("NO_INITIATING_VISIT", {"visits": [{"on": "2026-03-04", "kind": "AWV"}]}),
    ("VISIT_NOT_QUALIFYING", {"visits": [{"on": "2026-01-05", "kind": "EM", "code": "99211"}]}),
    ("VISIT_NOT_QUALIFYING", {"visits": [{"on": "2026-01-05", "kind": "EM", "code": "99442"}]}),
    ("VISIT_NOT_QUALIFYING", {"visits": [{"on": "2026-01-05", "kind": "EM", "code": "98967"}]}),
    ("CARE_PLAN_REVIEW_OVERDUE", {"care_plan": care_plan(effective_on="2025-03-30", reviewed_on=None)}),
    ("CARE_PLAN_REVIEW_OVERDUE", {"care_plan": care_plan(effective_on="2025-03-30", reviewed_on="2026-04-01")}),
    ("CARE_PLAN_COPY_MISSING", {"care_plan": care_plan(copy_given_on="2026-04-01")}),
    ("NO_CARE_PLAN", {"care_plan": care_plan(effective_on="2026-04-01")}),
    ("CARE_PLAN_COPY_MISSING", {"care_plans": [care_plan(), care_plan(version=2, copy_given_on=None)]}),
    ("CONSENT_INCOMPLETE", {"consents": [consent(acknowledged=["scope", "cost_sharing", "stop"])]}),
    ("CONSENT_INCOMPLETE", {"consents": [consent(), consent(obtained_on="2026-03-31", acknowledged=[])]}),
    ("PROVIDER_NOT_ELIGIBLE", {"enrolments": [enrolment(provider=None)]}),
    ("HOSPICE_REVIEW", {"stays": [{"kind": "hospice", "from": "2026-03-31", "to": None}]}),
]
WARNINGS: list[tuple[str, Facts]] = [
    ("COVERAGE_UNVERIFIED", {"part_b_from": "2026-04-01"}),
    ("COVERAGE_UNVERIFIED", {"part_b_from": None}),
    ("COVERAGE_UNVERIFIED", {"qmb": None}),
    ("CONSENT_AGED", {"consents": [consent(obtained_on="2024-02-29")]}),
    ("CONDITION_NOT_CHRONIC_HINT", {"conditions": ["I10", "E11.9", "J06.9"]}),
    ("ELIGIBILITY_RISK_NOT_DOCUMENTED", {"conditions": ["I10", BRIEF]}),
    ("ELIGIBILITY_RISK_NOT_DOCUMENTED", {"conditions": ["I10", BRIEF | {"until_death": False}, NO_RISK]}),
    ("ELIGIBILITY_RISK_NOT_DOCUMENTED", {"conditions": [CHRONIC, NO_RISK]}),
    ("CARE_PLAN_INCOMPLETE", {"care_plan": care_plan(elements=["problems", "goals"])}),
    ("CARE_PLAN_SIGNOFF_MISSING", {"care_plan": care_plan(signed_on=None)}),
]


def worked(changes: Facts, **terms: Any) -> Facts:
    (decision,) = decide(facts(clean_patient(entries=[entry(WORK, 1200)], **changes), **terms))
    return decision


@pytest.mark.parametrize("changes", ON_TIME, ids=str)
def test_what_is_just_in_time_raises_nothing(changes: Facts) -> None:
    decision = worked(changes, attestation_required="attested" in changes)
    assert (decision["outcome"], len(decision["warnings"])) == ("billable", 5)


@pytest.mark.parametrize(("code", "changes"), HOLDS, ids=str)
def test_what_can_still_be_cured_holds_the_claim(code: str, changes: Facts) -> None:
    decision = worked(changes)
    assert (decision["outcome"], decision["claim"]) == ("held", [{"code": "99490", "units": 1}])
    assert code in decision["exceptions"]


@pytest.mark.parametrize(("code", "changes"), WARNINGS, ids=str)
def test_what_is_worth_a_look_only_warns(code: str, changes: Facts) -> None:
    decision = worked(changes)
    assert (decision["outcome"], code in decision["warnings"]) == ("billable", True)


def test_an_attestation_is_missing_only_where_the_agreement_asks_for_one() -> None:
    assert worked({}, attestation_required=True)["exceptions"] == ["ATTESTATION_MISSING"]
    assert worked({})["exceptions"] == []


@pytest.mark.parametrize("term", ["copy_missing", "review_overdue"])
def test_the_agreement_decides_what_a_late_plan_does(term: str) -> None:
    late = {"care_plan": care_plan(effective_on="2025-03-30", copy_given_on=None, reviewed_on=None)}
    other = {"copy_missing": "off", "review_overdue": "off"}
    raised = {effect: worked(late, **(other | {term: effect})) for effect in ("hold", "warn", "off")}
    assert [d["outcome"] for d in raised.values()] == ["held", "billable", "billable"]
    assert [(len(d["exceptions"]), len(d["warnings"])) for d in raised.values()] == [(1, 5), (0, 6), (0, 5)]


def test_a_non_complex_claim_is_shown_beside_a_complex_one() -> None:
    mdm = [{"month": "2026-03", "level": "high", "provider": "A"}]
    (decision,) = decide(facts(clean_patient(entries=[entry(WORK, 3600)], mdm=mdm)))
    assert decision["alternatives"] == [[{"code": "99490", "units": 1}, {"code": "99439", "units": 2}]]


@pytest.mark.parametrize("there", [{"entries": []}, {"enrolments": []}])
def test_a_second_client_without_work_or_enrolment_is_no_duplicate(there: Facts) -> None:
    elsewhere: Facts = {"entries": [entry("2026-03-04T10:00", 1200)], "person": "h", "client": "other"} | there
    patients = [clean_patient("p1", person="h", entries=[entry(WORK, 1200)]), clean_patient("p2", **elsewhere)]
    assert decide(facts(*patients))[0]["exceptions"] == []
