"""What `decide` says of entries, staff and enrolments at their edges, on a real database; one fact each."""

import threading
from typing import Any

import pytest
from sqlalchemy import text

from caretally.evaluation.load_facts import DECIDE_VENDOR
from caretally.evaluation.read_facts import FactsRefused
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.deciding import decided, decided_in
from tests.builders.facts import Facts, care_plan, clean_patient, clean_staff, consent, enrolment, entry, facts

WORK = "2026-03-03T10:00"


def of_one(database: TestDatabase, *entries: Facts, terms: Facts | None = None, staff: Facts | None = None, **patient: Any) -> Facts:
    (answer,) = decided(database, facts(clean_patient(entries=list(entries), **patient), staff=staff, **(terms or {})))
    return answer


def clinical(answer: Facts) -> int:
    return int(answer["counted_seconds"]["clinical"])


def test_an_entry_across_the_last_midnight_is_split_between_two_months(database: TestDatabase) -> None:
    given = facts(clean_patient(entries=[entry("2026-03-31T23:50", 1500)]))
    assert [clinical(decided(database, given | {"month": month})[0]) for month in ("2026-03", "2026-04")] == [600, 900]


def test_an_entry_across_the_missing_hour_lasts_its_real_time(database: TestDatabase) -> None:
    assert clinical(of_one(database, entry("2026-03-08T01:30", 3600))) == 3600


def test_a_day_of_25_hours_sums_right_around_the_clock(database: TestDatabase) -> None:
    entries = [entry("2025-11-01T23:00", 7200), entry("2025-11-02T01:00", 86_400 - 7200), entry("2025-11-02T22:00", 10_800)]
    given = facts(clean_patient(entries=entries, enrolments=[enrolment(**{"from": "2025-01-01"})], consents=[])) | {"month": "2025-11"}
    (answer,) = decided(database, given)
    assert answer["counted_seconds"]["clinical"] + sum(answer["excluded_seconds"].values()) == 7200 + 86_400 - 7200 + 10_800


def test_a_third_entry_after_a_contained_one_is_still_seen_inside_the_long_one(database: TestDatabase) -> None:
    entries = [entry(WORK, 3600), entry("2026-03-03T10:05", 60), entry("2026-03-03T10:30", 600, staff="second-nurse")]
    answer = of_one(database, *entries)
    assert (clinical(answer), answer["excluded_seconds"]) == (3600, {"TIME_OVERLAP_PATIENT": 660})


def test_a_nurse_at_two_clients_at_once_counts_the_shared_seconds_at_neither(database: TestDatabase) -> None:
    here = clean_patient("p1", entries=[entry(WORK, 1800)])
    there = clean_patient("p2", client="second", entries=[entry("2026-03-03T10:20", 1800)])
    answers = decided(database, facts(here, there))
    assert [answer["excluded_seconds"] for answer in answers] == [{"TIME_OVERLAP_STAFF": 600}] * 2


@pytest.mark.parametrize(
    ("policy", "claim", "counted"),
    [
        ("pool", [("99490", 1), ("99439", 1)], {"clinical": 1800, "qhp": 600}),
        ("personal", [("99491", 1)], {"clinical": 600, "qhp": 1800}),
        ("never_pool", [("99490", 1)], {"clinical": 1800, "qhp": 600}),
    ],
)
def test_minutes_shared_by_nurse_and_practitioner_count_once_as_the_policy_says(
    database: TestDatabase, policy: str, claim: list[Any], counted: Facts
) -> None:
    answer = of_one(database, entry(WORK, 1800), entry("2026-03-03T10:10", 1800, staff="doctor-a"), terms={"qhp_time": policy})
    assert [(line["code"], line["units"]) for line in answer["claim"]] == claim
    assert answer["counted_seconds"] == counted


def test_a_licence_that_ends_in_mid_month_leaves_later_seconds_to_be_cured(database: TestDatabase) -> None:
    staff = {"nurse": clean_staff()["nurse"] | {"license_expires_on": "2026-03-10"}}
    answer = of_one(database, entry("2026-03-10T10:00", 600), entry("2026-03-11T10:00", 600), staff=staff)
    assert (answer["exceptions"], answer["excluded_seconds"]) == (["TIME_PENDING"], {"STAFF_NOT_LICENSED": 600})


@pytest.mark.parametrize(("day", "counted"), [("2026-03-09", 1200), ("2026-03-10", 0), ("2026-03-12", 0), ("2026-03-13", 1200)])
def test_time_of_an_excluded_person_never_counts_on_the_days_of_the_exclusion(database: TestDatabase, day: str, counted: int) -> None:
    staff = {"nurse": clean_staff()["nurse"] | {"excluded_from": "2026-03-10", "excluded_to": "2026-03-12"}}
    answer = of_one(database, entry(f"{day}T10:00", 1200), staff=staff)
    assert clinical(answer) == counted
    assert ("STAFF_EXCLUDED" in answer["exceptions"], answer["outcome"] == "not_billable") == (counted == 0,) * 2


def test_an_exclusion_tells_itself_and_its_rule(database: TestDatabase) -> None:
    staff = {"nurse": clean_staff()["nurse"] | {"excluded_from": "2026-01-01"}}
    answer = of_one(database, entry(WORK, 1200), staff=staff)
    assert "20 min did not count: excluded person (R37)" in answer["explanation"]


def test_a_pause_inside_an_enrolment_takes_its_days_and_no_others(database: TestDatabase) -> None:
    pause = enrolment(status="paused", **{"from": "2026-03-03", "to": "2026-03-03"})
    answer = of_one(database, entry(WORK, 600), entry("2026-03-04T10:00", 1200), enrolments=[enrolment(), pause])
    assert (clinical(answer), answer["excluded_seconds"]) == (1200, {"NOT_ENROLLED": 600})


def test_an_enrolment_after_a_pause_is_not_cut_by_it(database: TestDatabase) -> None:
    pause, again = enrolment(status="paused", **{"from": "2026-03-01"}), enrolment(**{"from": "2026-03-03"})
    assert clinical(of_one(database, entry(WORK, 1200), enrolments=[enrolment(), pause, again])) == 1200


def test_one_second_short_is_below_the_threshold(database: TestDatabase) -> None:
    answer = of_one(database, entry(WORK, 1199))
    assert (answer["outcome"], answer["exceptions"], answer["nearest_miss"]) == (
        "not_billable",
        ["TIME_BELOW_THRESHOLD"],
        "1 s more would reach 99490",
    )


def test_the_next_step_with_complexity_documented_is_the_complex_code(database: TestDatabase) -> None:
    mdm = [{"month": "2026-03", "level": "moderate", "provider": "A"}]
    assert of_one(database, entry(WORK, 3599), mdm=mdm)["nearest_miss"] == "1 s more would reach 99487"


def test_a_revoked_month_names_no_nearest_miss_and_no_alternative(database: TestDatabase) -> None:
    consents = [clean_patient()["consents"][0] | {"revoked_on": "2026-02-10"}]
    answer = of_one(database, entry(WORK, 1500), consents=consents)
    assert (answer["nearest_miss"], answer["alternatives"], answer["claim"]) == (None, [], [])


def test_an_attestation_given_as_a_fact_settles_the_gate(database: TestDatabase) -> None:
    terms = {"attestation_required": True}
    held, settled = (of_one(database, entry(WORK, 1200), terms=terms, attested=signed) for signed in (False, True))
    assert (held["exceptions"], settled["exceptions"]) == (["ATTESTATION_MISSING"], [])


def test_the_same_person_at_two_clients_is_held_at_both(database: TestDatabase) -> None:
    here = clean_patient("p1", person="one", entries=[entry(WORK, 1200)])
    there = clean_patient("p2", person="one", client="second", entries=[entry("2026-03-04T10:00", 1200)])
    assert [answer["exceptions"] for answer in decided(database, facts(here, there))] == [["DUPLICATE_PATIENT_MONTH"]] * 2


def test_the_same_person_twice_at_one_client_is_held_twice_in_words_that_name_no_other_practice(database: TestDatabase) -> None:
    first = clean_patient("p1", person="one", entries=[entry(WORK, 1200)])
    second = clean_patient("p2", person="one", entries=[entry("2026-03-04T10:00", 1200)])
    answers = decided(database, facts(first, second))
    assert [answer["exceptions"] for answer in answers] == [["DUPLICATE_PATIENT_MONTH"]] * 2
    assert all("record" in answer["explanation"] and "practice" not in answer["explanation"] for answer in answers)


def test_a_second_record_without_time_holds_nobody(database: TestDatabase) -> None:
    first = clean_patient("p1", person="one", entries=[entry(WORK, 1200)])
    answers = decided(database, facts(first, clean_patient("p2", person="one", entries=[])))
    assert answers[0]["exceptions"] == []


def test_time_of_a_program_without_enrolment_is_taken_and_does_not_count(database: TestDatabase) -> None:
    answer = of_one(database, entry(WORK, 1200, program="RPM"))
    assert (clinical(answer), answer["excluded_seconds"]) == (0, {"NOT_ENROLLED": 1200})


def test_deciding_leaves_no_row_behind(database: TestDatabase) -> None:
    decided(database, facts(clean_patient(entries=[entry(WORK, 1200)])))
    with tenant_transaction(database.vendor_engine, TenantContext(DECIDE_VENDOR, "tester"), secret=database.secret) as connection:
        counts = [connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("client", "staff", "patient", "time_entry")]
    assert counts == [0, 0, 0, 0]


def test_two_decides_at_once_do_not_wait_for_each_other(database: TestDatabase) -> None:
    given, answers = facts(clean_patient(entries=[entry(WORK, 1200)])), []
    context = TenantContext(DECIDE_VENDOR, "tester")
    with tenant_transaction(database.vendor_engine, context, secret=database.secret) as connection:
        connection.execute(
            text(
                "INSERT INTO staff (vendor_id, code, family_name, given_name, role) "
                "VALUES ('00000000-0000-7000-8000-000000000001', 'other', '', '', 'clinical')"
            )
        )
        other = threading.Thread(target=lambda: answers.extend(decided(database, given)))
        other.start()
        other.join(60)
        finished = len(answers)
        connection.rollback()
    other.join(60)
    assert finished == 1


def test_a_file_of_no_patients_is_answered_with_none(database: TestDatabase) -> None:
    with tenant_transaction(database.vendor_engine, TenantContext(DECIDE_VENDOR, "tester"), secret=database.secret) as connection:
        assert decided_in(connection, facts()) == []


@pytest.mark.parametrize("terms", [{}, {"review_overdue": "hold", "copy_missing": "hold"}])
def test_a_gate_that_somebody_waived_does_not_hold_and_is_told_with_the_name(database: TestDatabase, terms: Facts) -> None:
    plan = care_plan(effective_on="2025-01-02", copy_given_on=None, reviewed_on=None)
    given = of_one(
        database,
        entry("2026-03-02T10:00", 1200),
        terms=terms,
        care_plan=plan,
        waived=["CARE_PLAN_REVIEW_OVERDUE", "CARE_PLAN_COPY_MISSING"],
    )
    assert (given["outcome"], given["exceptions"]) == ("billable", [])
    assert {"CARE_PLAN_REVIEW_OVERDUE", "CARE_PLAN_COPY_MISSING"} <= set(given["warnings"])
    assert given["explanation"].count("the facts waived until March 31, 2026 that ") == 2


def test_what_cms_asks_is_not_waived_by_a_fact(database: TestDatabase) -> None:
    with pytest.raises(
        FactsRefused, match="patient 'p1': waived: 'NO_CONSENT' is not the vendor's to waive; it is one of CARE_PLAN_COPY_MISSING, "
    ):
        of_one(database, entry("2026-03-02T10:00", 1200), consents=[], waived=["NO_CONSENT"])


@pytest.mark.parametrize(
    ("program", "months", "raised"), [("CCM", 11, True), ("CCM", 12, False), ("PCM", 2, True), ("PCM", 3, False), ("PCM", 11, False)]
)
def test_a_condition_lasts_as_many_months_as_its_program_asks(database: TestDatabase, program: str, months: int, raised: bool) -> None:
    said = [{"icd10": code, "risk_documented": True, "expected_months": months} for code in ("I10", "E11.9")]
    here: Facts = {"enrolments": [enrolment(program=program)], "consents": [consent(program=program)], "conditions": said}
    answer = of_one(database, entry(WORK, 1800, program=program), **here)
    assert (answer["outcome"], "ELIGIBILITY_RISK_NOT_DOCUMENTED" in answer["warnings"]) == ("billable", raised)


@pytest.mark.parametrize(
    ("said", "raised"), [({}, False), ({"risk_documented": False}, True), ({"expected_months": 3, "until_death": True}, False)]
)
def test_only_what_the_record_denies_is_told_as_not_documented(database: TestDatabase, said: Facts, raised: bool) -> None:
    answer = of_one(database, entry(WORK, 1200), conditions=["I10", {"icd10": "C25.9"} | said])
    assert ("ELIGIBILITY_RISK_NOT_DOCUMENTED" in answer["warnings"]) == raised


def test_a_third_condition_without_risk_changes_nothing(database: TestDatabase) -> None:
    answer = of_one(database, entry(WORK, 1200), conditions=["I10", "E11.9", {"icd10": "M10.9", "risk_documented": False}])
    assert "ELIGIBILITY_RISK_NOT_DOCUMENTED" not in answer["warnings"]


def test_the_sentence_says_what_the_record_lacks_and_its_rule(database: TestDatabase) -> None:
    given = facts(clean_patient(entries=[entry(WORK, 1200)], conditions=["I10", {"icd10": "M10.9", "risk_documented": False}]))
    (answer,) = decided(database, given | {"policies": {"ELIGIBILITY_RISK_NOT_DOCUMENTED": "hold"}})
    assert (answer["outcome"], answer["exceptions"], "R20" in answer["rules"]) == ("held", ["ELIGIBILITY_RISK_NOT_DOCUMENTED"], True)
    assert "significant risk of death, decompensation or functional decline" in answer["explanation"]
