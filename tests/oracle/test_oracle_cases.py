"""The oracle against the worked CMS cases, and against what must hold for any month at all."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.cases import Case, case, cases, next_month
from tests.builders.facts import CLIENT_FACT_WARNINGS, Facts, clean_patient, entry, facts
from tests.builders.mixtures import mixed_client_months
from tests.builders.months import client_months
from tests.oracle.biller import decide

CAPS = {"99439": ("99490", 2), "99437": ("99491", 2), "99489": ("99487", 10)}
months = st.one_of(client_months(), mixed_client_months())
STAFF_CODES = {"99490", "99439", "99487", "99489"}


def only(month: Facts) -> dict[str, Any]:
    (decision,) = decide(month)
    return decision


@pytest.mark.parametrize("worked", cases(), ids=lambda worked: worked.case_id)
def test_a_worked_case_gives_its_claim_outcome_and_code(worked: Case) -> None:
    decision = only(worked.facts)
    assert decision["claim"] == worked.claim
    assert decision["outcome"] == worked.outcome
    assert worked.exception is None or worked.exception in decision["exceptions"] + decision["warnings"]


def test_the_month_after_a_revocation_is_not_billable() -> None:
    decision = only(next_month(case("C071").facts))
    assert (decision["outcome"], decision["claim"]) == ("not_billable", [])
    assert decision["exceptions"] == ["CONSENT_REVOKED"]
    assert decision["counted_seconds"]["clinical"] == 25 * 60


def test_the_threshold_day_is_the_date_of_service_when_the_agreement_says_so() -> None:
    assert only(case("C096").facts)["date_of_service"] == "2026-03-11"


def test_a_month_end_date_of_service_is_never_after_death() -> None:
    month = case("C097").facts
    assert only(month)["date_of_service"] == "2026-03-15"
    assert only(month | {"agreement": {"date_of_service": "month_end"}})["date_of_service"] == "2026-03-20"


def test_the_pooled_claim_is_shown_beside_a_personal_one() -> None:
    decision = only(case("C041").facts)
    assert [{"code": "99490", "units": 1}, {"code": "99439", "units": 1}] in decision["alternatives"]
    assert "STAFF_TIME_UNBILLED" in decision["warnings"]


def test_seconds_beyond_the_cap_are_warned_and_nothing_more_is_near() -> None:
    decision = only(case("C014").facts)
    assert "UNIT_CAP_REACHED" in decision["warnings"]
    assert decision["missing_seconds"] is None


def test_a_clean_patient_raises_nothing_but_the_facts_attested_per_client() -> None:
    decision = only(facts(clean_patient(entries=[entry("2026-03-03T10:00", 1200)])))
    assert decision["exceptions"] == []
    assert decision["warnings"] == list(CLIENT_FACT_WARNINGS)


def test_the_nearest_miss_is_the_next_unit_of_the_path_chosen() -> None:
    assert only(facts(clean_patient(entries=[entry("2026-03-03T10:00", 2200)])))["missing_seconds"] == 200


def test_an_entry_across_midnight_of_the_last_day_gives_the_month_only_its_own_seconds() -> None:
    decision = only(facts(clean_patient(entries=[entry("2026-03-31T23:50", 1500)])))
    assert (decision["raw_seconds"], decision["missing_seconds"]) == (600, 600)


def test_the_hour_that_does_not_exist_adds_no_seconds() -> None:
    decision = only(facts(clean_patient(entries=[entry("2026-03-08T01:50", 1200)])))
    assert decision["counted_seconds"] == {"clinical": 1200, "qhp": 0}


def test_a_double_booked_nurse_counts_for_neither_patient() -> None:
    entries = [entry("2026-03-03T10:00", 1200)]
    decisions = decide(facts(clean_patient("p1", entries=entries), clean_patient("p2", entries=entries)))
    assert [d["excluded_seconds"] for d in decisions] == [{"TIME_OVERLAP_STAFF": 1200}] * 2
    assert [d["exceptions"] for d in decisions] == [["TIME_PENDING"]] * 2


def test_one_human_at_two_clients_is_held_at_both() -> None:
    first = clean_patient("p1", person="h", entries=[entry("2026-03-03T10:00", 1200)])
    second = clean_patient("p2", person="h", client="other", entries=[entry("2026-03-04T10:00", 1200)])
    assert [d["exceptions"] for d in decide(facts(first, second))] == [["DUPLICATE_PATIENT_MONTH"]] * 2


def test_one_human_under_two_records_of_one_client_is_held_twice() -> None:
    first = clean_patient("p1", person="h", entries=[entry("2026-03-03T10:00", 1200)])
    second = clean_patient("p2", person="h", entries=[entry("2026-03-04T10:00", 1200)])
    assert [d["exceptions"] for d in decide(facts(first, second))] == [["DUPLICATE_PATIENT_MONTH"]] * 2


def test_a_second_shared_with_the_practitioner_is_personal_only_under_personal() -> None:
    entries = [entry("2026-03-03T10:00", 1800), entry("2026-03-03T10:00", 1800, staff="doctor-a")]
    shared = {p: only(facts(clean_patient(entries=entries), qhp_time=p)) for p in ("pool", "personal", "never_pool")}
    assert [d["counted_seconds"]["qhp"] for d in shared.values()] == [0, 1800, 0]
    assert {d["excluded_seconds"]["TIME_OVERLAP_PATIENT"] for d in shared.values()} == {1800}


def test_staff_who_are_not_in_the_file_are_a_usage_error() -> None:
    with pytest.raises(ValueError, match="nobody"):
        decide(facts(clean_patient(entries=[entry("2026-03-03T10:00", 60, staff="nobody")])))


@settings(max_examples=50, deadline=None)
@given(months)
def test_counted_and_excluded_seconds_are_all_the_seconds(month: Facts) -> None:
    for decision in decide(month):
        accounted = sum(decision["counted_seconds"].values()) + sum(decision["excluded_seconds"].values())
        assert accounted == decision["raw_seconds"]


@settings(max_examples=50, deadline=None)
@given(months)
def test_a_claim_keeps_its_caps_and_never_mixes_personal_with_staff_codes(month: Facts) -> None:
    for decision in decide(month):
        for claim in [decision["claim"], *decision["alternatives"]]:
            units = {line["code"]: line["units"] for line in claim}
            assert all(base in units and units[code] <= cap for code, (base, cap) in CAPS.items() if code in units)
            assert not ("99491" in units and STAFF_CODES & set(units))
            assert not ("99490" in units and "99487" in units)


@settings(max_examples=50, deadline=None)
@given(months)
def test_a_line_has_no_code_only_when_unsupported_or_waiting_for_what_makes_it_one(month: Facts) -> None:
    for line in (line for decision in decide(month) for line in decision["lines"]):
        nothing = line["state"] == "unsupported" or bool({"TIME_PENDING", "DEVICE_KIND_MISSING"} & set(line["exceptions"]))
        assert (line["codes"] == []) is nothing
        assert (line["state"] == "supported") is (line["exceptions"] == [])


@settings(max_examples=50, deadline=None)
@given(months)
def test_a_month_is_as_held_or_billable_as_its_lines(month: Facts) -> None:
    for decision in decide(month):
        states = {line["state"] for line in decision["lines"]}
        expected = "held" if "held" in states else "billable" if "supported" in states else "not_billable"
        assert decision["outcome"] == expected
        assert (decision["claim"] != []) >= (decision["outcome"] == "billable")
        assert decision["enrolled"] or decision["outcome"] == "not_billable"


@settings(max_examples=50, deadline=None)
@given(months)
def test_codes_are_sorted_distinct_and_either_exceptions_or_warnings(month: Facts) -> None:
    for decision in decide(month):
        both = decision["exceptions"] + decision["warnings"]
        assert len(both) == len(set(both))
        assert decision["exceptions"] == sorted(decision["exceptions"])
        assert decision["warnings"] == sorted(decision["warnings"])
        assert decision["claim"] not in decision["alternatives"]
        assert [] not in decision["alternatives"]


@settings(max_examples=50, deadline=None)
@given(months)
def test_a_date_of_service_is_in_the_month_and_not_after_death(month: Facts) -> None:
    for decision, patient in zip(decide(month), month["patients"], strict=True):
        if decision["claim"]:
            assert decision["date_of_service"].startswith(month["month"])
            died_on = patient["died_on"] or date.max.isoformat()
            assert decision["date_of_service"] <= died_on


@settings(max_examples=40, deadline=None)
@given(months)
def test_the_order_of_patients_and_entries_changes_nothing(month: Facts) -> None:
    turned = [patient | {"entries": patient["entries"][::-1]} for patient in month["patients"][::-1]]
    assert decide(month | {"patients": turned})[::-1] == decide(month)
