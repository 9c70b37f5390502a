"""The product's own reference files say what CMS's rules and the decisions of this project say."""

import pytest

from caretally.cms.reference_files import read_tables
from caretally.cms.rule_tables import rule_tables_of_files

RULES = rule_tables_of_files()
GATES_IN_ORDER = """
TIME_BELOW_THRESHOLD TIME_PENDING TIME_UNAPPROVED TIME_BACKDATED TIME_NO_DESCRIPTION NON_CLINICAL_STAFF STAFF_NOT_LICENSED STAFF_EXCLUDED
OUTSIDE_US BEFORE_CONSENT AFTER_DEATH PART_A_STAY NOT_ENROLLED WITHIN_EM IDLE TIME_OVERLAP_PATIENT TIME_OVERLAP_STAFF TIME_DOUBLE_COUNTED
NO_CONSENT CONSENT_INCOMPLETE CONSENT_REVOKED CONSENT_OTHER_PRACTITIONER CONSENT_AGED NO_INITIATING_VISIT VISIT_NOT_QUALIFYING
INITIATING_VISIT_EXPIRED CHRONIC_CONDITIONS_LT_2 ELIGIBILITY_RISK_NOT_DOCUMENTED CONDITION_NOT_CHRONIC_HINT NO_CARE_PLAN
CARE_PLAN_COPY_MISSING CARE_PLAN_REVIEW_OVERDUE CARE_PLAN_INCOMPLETE CARE_PLAN_SIGNOFF_MISSING ATTESTATION_MISSING MDM_NOT_DOCUMENTED
NO_INTERACTIVE_CONTACT DEVICE_DAYS_BELOW_MINIMUM DEVICE_KIND_MISSING TCM_NOT_SUPPORTED DUPLICATE_PATIENT_MONTH BILLED_ELSEWHERE
MUTUALLY_EXCLUSIVE CODE_NOT_VALID_ON_DOS
ADDON_WITHOUT_BASE UNIT_CAP_REACHED STAFF_TIME_UNBILLED HOSPICE_REVIEW COVERAGE_UNVERIFIED PROVIDER_NPI_INVALID PROVIDER_NOT_ELIGIBLE
QHP_NOT_BILLING ACCESS_24_7_MISSING SUPERVISION_MISSING CARE_TEAM_CONTACT_MISSING EHR_NOT_CERTIFIED BAA_MISSING TIMELY_FILING_RISK
OVERPAYMENT_REVIEW INTEGRITY_SIGNAL TIME_SOURCE_MISSING NO_PRICE_AGREEMENT STATEMENT_DETAILS_MISSING LATE_ENTRY
"""
REASONS_IN_ORDER = """
AFTER_DEATH NOT_ENROLLED PART_A_STAY BEFORE_CONSENT STAFF_EXCLUDED OUTSIDE_US NON_CLINICAL_STAFF IDLE WITHIN_EM STAFF_NOT_LICENSED
TIME_NO_DESCRIPTION TIME_UNAPPROVED TIME_OVERLAP_STAFF TIME_DOUBLE_COUNTED TIME_OVERLAP_PATIENT
"""


def minutes(seconds: int | None) -> int:
    assert seconds is not None and seconds % 60 == 0
    return seconds // 60


def test_the_gates_stand_in_the_published_order() -> None:
    assert list(RULES.gates) == GATES_IN_ORDER.split()


def test_the_reasons_for_excluded_seconds_stand_in_the_decided_order() -> None:
    assert list(RULES.reason_codes) == REASONS_IN_ORDER.split()


def test_only_what_a_person_can_still_put_right_is_curable() -> None:
    curable = {code for code in RULES.reason_codes if RULES.is_curable(code)}
    assert curable == {"STAFF_NOT_LICENSED", "TIME_NO_DESCRIPTION", "TIME_UNAPPROVED", "TIME_OVERLAP_STAFF", "TIME_DOUBLE_COUNTED"}


@pytest.mark.parametrize(
    ("path", "base", "addon"),
    [
        ("staff", ("99490", 20), ("99439", 20, 2)),
        ("complex", ("99487", 60), ("99489", 30, 10)),
        ("personal", ("99491", 30), ("99437", 30, 2)),
    ],
)
def test_each_path_of_chronic_care_has_its_threshold_increment_and_cap(
    path: str, base: tuple[str, int], addon: tuple[str, int, int]
) -> None:
    ladder = next(ladder for ladder in RULES.ladders if (ladder.program, ladder.path) == ("CCM", path))
    first, further = RULES.codes[ladder.base_code], RULES.codes[ladder.addon_code or ""]
    assert (first.code, minutes(first.first_threshold_seconds)) == base
    assert (further.code, minutes(further.increment_seconds), further.max_units_month) == addon


def test_only_complex_care_of_the_chronic_care_codes_needs_documented_complexity() -> None:
    needing = {code.code for code in RULES.codes.values() if code.mdm_levels and code.family.startswith("CCM")}
    assert needing == {"99487", "99489"}


def test_a_vendor_may_change_exactly_the_policies() -> None:
    assert {gate.code for gate in RULES.gates.values() if gate.vendor_may_change} == {
        gate.code for gate in RULES.gates.values() if gate.kind == "policy"
    }


def test_only_what_a_vendor_may_change_can_be_waived() -> None:
    waivable = {row["gate_code"] for row in read_tables()["waivable_gate"].dicts()}
    assert waivable
    assert waivable < {gate.code for gate in RULES.gates.values() if gate.vendor_may_change}


def test_copies_reviews_and_repeat_visits_hold_by_default_and_other_policies_warn() -> None:
    holding = {gate.code for gate in RULES.gates.values() if gate.kind == "policy" and gate.default_effect == "hold"}
    assert holding == {"CARE_PLAN_COPY_MISSING", "CARE_PLAN_REVIEW_OVERDUE", "INITIATING_VISIT_EXPIRED"}


def test_what_is_not_evaluated_yet_says_what_it_waits_for() -> None:
    planned = {row["code"] for row in read_tables()["planned"].dicts()}
    asked = {row["gate_code"] for row in read_tables()["program_gate"].dicts()}
    assert planned <= {gate.code for gate in RULES.gates.values() if gate.evaluated_from_issue > 1}
    assert not planned & asked


def test_every_gate_has_an_owner_that_the_product_knows() -> None:
    owners = {gate.owner_role for gate in RULES.gates.values()}
    assert owners <= {"billing_admin", "coordinator", "clinical_supervisor", "practice_administrator", "provider", "operator"}


def test_the_exclusions_are_all_there() -> None:
    kinds = [row["kind"] for row in read_tables()["code_exclusion"].dicts()]
    assert (kinds.count("policy"), kinds.count("ncci_ptp")) == (202, 473)
