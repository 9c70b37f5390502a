"""The edges that decision 0003 settles in words, one fact each, asked of the oracle."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.facts import Facts, clean_patient, clean_staff, consent, enrolment, entry, facts
from tests.oracle.biller import decide

WORK = "2026-03-03T10:00"


def of_one(*entries: Facts, terms: Facts | None = None, staff: dict[str, Facts] | None = None, **patient: Any) -> Facts:
    (decision,) = decide(facts(clean_patient(entries=list(entries), **patient), staff=staff, **(terms or {})))
    return decision


def test_a_dead_patients_unapproved_second_has_no_cure() -> None:
    decision = of_one(entry(WORK, 1200, approved=False), died_on="2026-03-02")
    assert decision["excluded_seconds"] == {"AFTER_DEATH": 1200}
    assert decision["exceptions"] == ["AFTER_DEATH", "TIME_BELOW_THRESHOLD"]


def test_the_day_of_death_itself_still_counts() -> None:
    assert of_one(entry(WORK, 1200), died_on="2026-03-03")["outcome"] == "billable"


@pytest.mark.parametrize("fault", [{"approved": False}, {"description": " "}])
def test_time_that_a_cure_would_lift_over_the_threshold_is_pending(fault: Facts) -> None:
    decision = of_one(entry(WORK, 1199), entry("2026-03-04T10:00", 1, **fault))
    assert (decision["outcome"], decision["exceptions"], decision["claim"]) == ("held", ["TIME_PENDING"], [])


def test_a_cure_that_would_not_reach_the_threshold_leaves_it_missed() -> None:
    decision = of_one(entry(WORK, 1198), entry("2026-03-04T10:00", 1, approved=False))
    assert decision["exceptions"] == ["TIME_BELOW_THRESHOLD"]
    assert "TIME_UNAPPROVED" in decision["warnings"]


def test_curable_seconds_that_overlap_good_ones_add_nothing() -> None:
    decision = of_one(entry(WORK, 700), entry(WORK, 700, staff="second-nurse", approved=False))
    assert decision["exceptions"] == ["TIME_BELOW_THRESHOLD"]


def test_a_revocation_beats_a_hold() -> None:
    decision = of_one(entry(WORK, 1200), consents=[consent(revoked_on="2026-02-28")], conditions=[])
    assert decision["outcome"] == "not_billable"
    assert decision["exceptions"] == ["CHRONIC_CONDITIONS_LT_2", "CONSENT_REVOKED"]


def test_seconds_on_the_day_of_the_consent_count() -> None:
    entries = [entry("2026-03-02T10:00", 600), entry(WORK, 1200)]
    decision = of_one(*entries, consents=[consent(obtained_on="2026-03-03")])
    assert (decision["counted_seconds"]["clinical"], decision["excluded_seconds"]) == (1200, {"BEFORE_CONSENT": 600})


def test_a_consent_with_another_practitioner_excludes_no_second() -> None:
    decision = of_one(entry(WORK, 1200), consents=[consent(provider="B", obtained_on="2026-03-30")])
    assert decision["exceptions"] == ["CONSENT_OTHER_PRACTITIONER"]
    assert decision["counted_seconds"]["clinical"] == 1200


def test_the_last_day_of_an_enrolment_counts_and_the_next_does_not() -> None:
    period = enrolment(to="2026-03-03")
    decision = of_one(entry("2026-03-03T23:50", 1200), enrolments=[period])
    assert (decision["counted_seconds"]["clinical"], decision["excluded_seconds"]) == (600, {"NOT_ENROLLED": 600})


def test_the_day_of_discharge_belongs_to_the_stay() -> None:
    stay = {"kind": "part_a_inpatient", "from": "2026-03-01", "to": "2026-03-03"}
    assert of_one(entry(WORK, 1200), stays=[stay])["excluded_seconds"] == {"PART_A_STAY": 1200}


def test_the_country_of_the_entry_beats_that_of_the_staff_member() -> None:
    abroad = {"nurse": clean_staff()["nurse"] | {"country": "PH"}}
    assert of_one(entry(WORK, 1200, country="US"), staff=abroad)["outcome"] == "billable"
    assert of_one(entry(WORK, 1200), staff=abroad)["excluded_seconds"] == {"OUTSIDE_US": 1200}


def test_a_licence_is_good_on_its_last_day() -> None:
    expiring = {"nurse": clean_staff()["nurse"] | {"license_expires_on": "2026-03-03"}}
    assert of_one(entry(WORK, 1200), staff=expiring)["outcome"] == "billable"
    assert of_one(entry("2026-03-04T10:00", 1200), staff=expiring)["exceptions"] == ["TIME_PENDING"]


def test_an_exclusion_takes_its_first_and_its_last_day_and_no_other() -> None:
    excluded = {"nurse": clean_staff()["nurse"] | {"excluded_from": "2026-03-10", "excluded_to": "2026-03-12"}}
    outcomes = [of_one(entry(f"2026-03-{day}T10:00", 1200), staff=excluded)["excluded_seconds"] for day in ("09", "10", "12", "13")]
    assert outcomes == [{}, {"STAFF_EXCLUDED": 1200}, {"STAFF_EXCLUDED": 1200}, {}]


def test_a_medical_assistant_needs_only_the_credential() -> None:
    assistant: dict[str, Facts] = {"nurse": {"role": "clinical", "credential": "CMA"}}
    assert of_one(entry(WORK, 1200), staff=assistant)["outcome"] == "billable"


def test_another_practitioners_minutes_are_staff_time() -> None:
    decision = of_one(entry(WORK, 1800, staff="doctor-b"), terms={"qhp_time": "personal"})
    assert decision["claim"] == [{"code": "99490", "units": 1}]
    assert "QHP_NOT_BILLING" in decision["warnings"]


def test_never_pool_falls_to_personal_only_when_staff_time_supports_nothing() -> None:
    by_doctor, terms = entry(WORK, 1800, staff="doctor-a"), {"qhp_time": "never_pool"}
    alone = of_one(by_doctor, terms=terms)
    beside = of_one(by_doctor, entry("2026-03-04T10:00", 1200), terms=terms)
    assert [d["claim"][0]["code"] for d in (alone, beside)] == ["99491", "99490"]


def test_sixty_minutes_without_any_mdm_show_the_complex_claim_as_an_alternative() -> None:
    decision = of_one(entry(WORK, 3600), mdm=[])
    assert "MDM_NOT_DOCUMENTED" in decision["warnings"]
    assert [{"code": "99487", "units": 1}] in decision["alternatives"]


def test_a_month_before_the_code_existed_is_not_billable_on_its_date() -> None:
    history: Facts = {
        "enrolments": [enrolment(**{"from": "2014-01-01"})],
        "consents": [consent(obtained_on="2014-01-01")],
    }
    old = facts(clean_patient(entries=[entry("2014-12-03T10:00", 1200)], **history)) | {"month": "2014-12"}
    assert "CODE_NOT_VALID_ON_DOS" in decide(old)[0]["exceptions"]


def test_a_contained_entry_of_another_nurse_is_the_same_set_of_seconds() -> None:
    decision = of_one(entry(WORK, 1200), entry("2026-03-03T10:05", 300, staff="second-nurse"))
    assert decision["counted_seconds"]["clinical"] == 1200
    assert decision["excluded_seconds"] == {"TIME_OVERLAP_PATIENT": 300}


work = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.integers(0, 59),
        st.integers(1, 1500),
        st.sampled_from(["nurse", "second-nurse", "doctor-a"]),
    ),
    min_size=1,
    max_size=5,
)


def seconds_of(one: Facts) -> range:
    start, end = (int(datetime.fromisoformat(one[key]).timestamp()) for key in ("start", "end"))
    return range(start, end)


@settings(max_examples=60, deadline=None)
@given(work, work)
def test_the_counted_seconds_are_those_that_a_count_one_by_one_finds(first: list[Any], second: list[Any]) -> None:
    logs = [[entry(f"2026-03-08T01:{m:02}:{s:02}", n, staff=who) for m, s, n, who in log] for log in (first, second)]
    decisions = decide(facts(*(clean_patient(f"p{n}", entries=log) for n, log in enumerate(logs)), qhp_time="personal"))
    painted = [{(e["staff"], second) for e in log for second in seconds_of(e)} for log in logs]
    for decision, mine, other in zip(decisions, painted, reversed(painted), strict=True):
        free = mine - other
        own = {second for who, second in free if who == "doctor-a"}
        anyones = {second for _, second in free}
        assert decision["counted_seconds"] == {"clinical": len(anyones - own), "qhp": len(own)}
