"""What came in after a month had closed is proposed, or starts a review, with the next close; nothing closed changes by it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from caretally.close import look_back
from caretally.close.reopen import reopen_month
from caretally.evaluation import evaluate
from caretally.faults.failpoints import FailpointReached
from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.late_records import (
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    add,
    breaches,
    consent,
    do,
    external_id,
    late,
    patient_with,
    proposals,
    reviews,
)
from tests.builders.office import Office, new_office


@pytest.fixture
def office(database: TestDatabase) -> Office:
    return new_office(database, "A")


def test_a_consent_recorded_after_the_close_proposes_what_was_held(office: Office) -> None:
    patient = patient_with(office, "1", 1500)
    do(office, "DELETE FROM consent")
    assert office.close(month=SEPTEMBER)[0].exceptions == {"NO_CONSENT": 1}
    consent(office, patient, "2026-01-05")
    (october,) = office.close(month=OCTOBER)
    assert proposals(office) == [("1", "2026-09", ["NO_CONSENT"], ["99490"], [1], ["99490"], [1], 3800)]
    assert (october.exceptions["LATE_ENTRY"], october.invoice) == (1, None)
    assert breaches(office) == []


def test_a_consent_of_a_later_day_cures_nothing_that_came_before(office: Office) -> None:
    patient = patient_with(office, "1", 1500)
    do(office, "DELETE FROM consent")
    office.close(month=SEPTEMBER)
    consent(office, patient, "2026-10-03")
    office.close(month=OCTOBER)
    assert (proposals(office), reviews(office)) == ([], [])


RISK = "ELIGIBILITY_RISK_NOT_DOCUMENTED"
CURES: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "NO_CARE_PLAN": ("DELETE FROM care_plan", "care_plan", {"version": 1, "effective_on": "2026-01-06", "copy_given_on": "2026-01-06"}),
    "NO_INITIATING_VISIT": ("DELETE FROM visit", "visit", {"visited_on": "2026-01-05", "kind": "AWV"}),
    "CHRONIC_CONDITIONS_LT_2": ("DELETE FROM condition WHERE icd10 = 'I10'", "condition", {"icd10": "I10"}),
    "CARE_PLAN_REVIEW_OVERDUE": (
        "UPDATE care_plan SET effective_on = '2025-01-06', copy_given_on = '2025-01-06'",
        "review",
        {"plan_version": 1, "reviewed_on": "2026-09-10", "reviewer": "Dr. Okafor", "outcome": "no_change"},
    ),
}


@pytest.mark.parametrize("code", CURES)
def test_a_record_that_comes_late_proposes_what_it_held(office: Office, code: str) -> None:
    spoil, table, cure = CURES[code]
    patient = patient_with(office, "1", 2400)
    do(office, spoil)
    assert office.close(month=SEPTEMBER)[0].exceptions == {code: 1}
    add(office, table, patient, **cure)
    office.close(month=OCTOBER)
    assert proposals(office) == [("1", "2026-09", [code], ["99490", "99439"], [1, 1], ["99490", "99439"], [1, 1], 3800 + 1600)]


def test_a_risk_that_is_documented_late_proposes_what_its_policy_held(office: Office) -> None:
    patient_with(office, "1", 1200)
    do(
        office,
        "INSERT INTO vendor_policy (vendor_id, gate_code, effect, valid_from) SELECT vendor_id, :code, 'hold', '2026-01-01' FROM client",
        code=RISK,
    )
    do(office, "UPDATE condition SET risk_documented = false")
    assert office.close(month=SEPTEMBER)[0].exceptions == {RISK: 1}
    do(office, "UPDATE condition SET risk_documented = true")
    office.close(month=OCTOBER)
    assert proposals(office) == [("1", "2026-09", [RISK], ["99490"], [1], ["99490"], [1], 3800)]


def test_a_review_of_a_later_month_cures_no_earlier_one(office: Office) -> None:
    patient = patient_with(office, "1", 1200)
    do(office, "UPDATE care_plan SET effective_on = '2025-01-06', copy_given_on = '2025-01-06'")
    office.close(month=SEPTEMBER)
    add(office, "review", patient, plan_version=1, reviewed_on="2026-10-10", reviewer="Dr. Okafor", outcome="no_change")
    office.close(month=OCTOBER)
    assert proposals(office) == []


def test_an_approval_that_comes_late_proposes_what_waited_for_it(office: Office) -> None:
    patient = patient_with(office, "1", 1200, source="manual")
    assert office.close(month=SEPTEMBER)[0].exceptions == {"TIME_PENDING": 1}
    starts = office.value("SELECT started_at FROM time_entry")
    late(office, patient, seconds=1200, starts=starts, external_id=external_id(office, "1"), source="manual", approved_by="Dr. Okafor")
    assert office.close(month=OCTOBER)[0].exceptions["LATE_ENTRY"] == 2
    assert proposals(office) == [("1", "2026-09", ["TIME_PENDING"], ["99490"], [1], ["99490"], [1], 3800)]


def test_a_license_recorded_late_proposes_what_waited_for_it(office: Office) -> None:
    office.add_staff("new", licensed_states=["LA"])
    office.add_time("A", office.add_patient("A", "1"), "new", starts=datetime(2026, 9, 5, 14, tzinfo=UTC))
    assert office.close(month=SEPTEMBER)[0].exceptions == {"TIME_PENDING": 1}
    do(office, "UPDATE staff SET licensed_states = '{LA,NY}' WHERE code = 'new'")
    office.close(month=OCTOBER)
    assert proposals(office) == [("1", "2026-09", ["TIME_PENDING"], ["99490"], [1], ["99490"], [1], 3800)]


def test_late_minutes_make_a_month_billable(office: Office) -> None:
    patient = patient_with(office, "1", 900)
    office.close(month=SEPTEMBER)
    late(office, patient, seconds=300)
    office.close(month=OCTOBER)
    assert proposals(office) == [("1", "2026-09", ["TIME_BELOW_THRESHOLD"], ["99490"], [1], ["99490"], [1], 3800)]


def test_late_minutes_make_a_claim_grow_and_only_the_rest_is_proposed(office: Office) -> None:
    patient = patient_with(office, "1", 1500)
    office.close(month=SEPTEMBER)
    late(office, patient, seconds=2100)
    office.close(month=OCTOBER)
    assert proposals(office) == [("1", "2026-09", [], ["99490", "99439"], [1, 2], ["99439"], [2], 3200)]
    assert reviews(office) == []


def test_late_minutes_that_reach_no_further_unit_are_reported_and_propose_nothing(office: Office) -> None:
    patient = patient_with(office, "1", 1500)
    office.close(month=SEPTEMBER)
    late(office, patient, seconds=600)
    assert office.close(month=OCTOBER)[0].exceptions["LATE_ENTRY"] == 1
    assert proposals(office) == []


def test_decision_making_documented_late_proposes_the_other_claim_and_reviews_the_one_that_was_billed(office: Office) -> None:
    patient = patient_with(office, "1", 3600)
    office.close(month=SEPTEMBER)
    add(office, "mdm", patient, month="2026-09-01", level="moderate", npi="1234567893", documented_on="2026-09-29")
    office.close(month=OCTOBER)
    # 99487 at 90.00 takes the place of 99490 and two 99439, 38.00 + 32.00
    assert proposals(office) == [("1", "2026-09", ["MDM_NOT_DOCUMENTED"], ["99487"], [1], ["99487"], [1], 9000 - 7000)]
    assert reviews(office) == [("1", "2026-09", "MDM_NOT_DOCUMENTED")]


def test_a_patient_whom_the_closed_month_does_not_know_is_proposed_too(office: Office) -> None:
    patient_with(office, "1", 1200)
    office.close(month=SEPTEMBER)
    patient = office.add_patient("A", "2")
    late(office, patient, seconds=1200)
    office.close(month=OCTOBER)
    assert proposals(office) == [("2", "2026-09", [], ["99490"], [1], ["99490"], [1], 3800)]
    assert office.value("SELECT patient_month_id FROM adjustment") is None


def test_a_consent_revoked_back_in_time_starts_a_review_of_each_month_after(office: Office) -> None:
    patient = patient_with(office, "1", 1200)
    for number in (10, 11):
        office.add_time("A", patient, "rn", starts=datetime(2026, number, 5, 14, tzinfo=UTC))
    for month in (SEPTEMBER, OCTOBER):
        office.close(month=month)
    do(office, "UPDATE consent SET revoked_on = '2026-09-10'")
    office.close(month=NOVEMBER)
    # the month of the revocation is still billable
    assert reviews(office) == [("1", "2026-10", "CONSENT_REVOKED")]
    assert proposals(office) == []
    assert breaches(office) == []


def test_a_death_recorded_late_starts_a_review(office: Office) -> None:
    patient_with(office, "1", 900, 900)
    office.close(month=SEPTEMBER)
    do(office, "UPDATE patient SET died_on = '2026-09-01'")
    office.close(month=OCTOBER)
    assert reviews(office) == [("1", "2026-09", "AFTER_DEATH")]


def test_an_exclusion_of_a_staff_member_recorded_late_starts_a_review(office: Office) -> None:
    patient_with(office, "1", 1500)
    office.close(month=SEPTEMBER)
    do(office, "UPDATE staff SET excluded_from = '2026-09-01'")
    office.close(month=OCTOBER)
    assert len(reviews(office)) == 1


def test_an_exclusion_after_the_month_starts_none(office: Office) -> None:
    patient_with(office, "1", 1500)
    office.close(month=SEPTEMBER)
    do(office, "UPDATE staff SET excluded_from = '2026-10-01'")
    office.close(month=OCTOBER)
    assert reviews(office) == []


def test_a_correction_that_takes_minutes_away_starts_a_review(office: Office) -> None:
    patient = patient_with(office, "1", 2400)
    office.close(month=SEPTEMBER)
    late(office, patient, seconds=1200, starts=office.value("SELECT started_at FROM time_entry"), external_id=external_id(office, "1"))
    office.close(month=OCTOBER)
    assert (proposals(office), reviews(office)) == ([], [("1", "2026-09", "LATE_ENTRY")])


def test_a_correction_that_gives_the_minutes_to_another_patient_proposes_there_and_reviews_here(office: Office) -> None:
    patient_with(office, "1", 1200)
    other = patient_with(office, "2")
    office.close(month=SEPTEMBER)
    late(office, other, seconds=1200, starts=office.value("SELECT started_at FROM time_entry"), external_id=external_id(office, "1"))
    office.close(month=OCTOBER)
    assert [row[0] for row in proposals(office)] == ["2"]
    assert reviews(office) == [("1", "2026-09", "TIME_BELOW_THRESHOLD")]


def test_a_patient_who_moved_is_no_proof_of_where_they_lived_then(office: Office) -> None:
    patient = patient_with(office, "1", 1200)
    office.close(month=SEPTEMBER)
    do(office, "UPDATE patient SET state = 'LA'")
    add(office, "condition", patient, icd10="I509", onset_on="2026-01-01")
    office.close(month=OCTOBER)
    assert (proposals(office), reviews(office)) == ([], [])


def test_what_was_said_is_not_said_again(office: Office) -> None:
    patient = patient_with(office, "1", 900)
    office.close(month=SEPTEMBER)
    late(office, patient, seconds=300)
    office.close(month=OCTOBER)
    assert "LATE_ENTRY" not in office.close(month=NOVEMBER)[0].exceptions
    add(office, "condition", patient, icd10="I509", onset_on="2026-01-01")
    office.close(month=Month(2026, 12))
    assert len(proposals(office)) == 1


def test_a_proposal_that_grows_is_proposed_again(office: Office) -> None:
    patient = patient_with(office, "1", 900)
    office.close(month=SEPTEMBER)
    late(office, patient, seconds=300)
    office.close(month=OCTOBER)
    late(office, patient, seconds=1200, day=21)
    office.close(month=NOVEMBER)
    assert [row[3:5] + row[-1:] for row in proposals(office)] == [(["99490"], [1], 3800), (["99490", "99439"], [1, 1], 5400)]


def test_a_close_that_is_taken_back_and_repeated_proposes_again(office: Office) -> None:
    patient = patient_with(office, "1", 900)
    office.close(month=SEPTEMBER)
    late(office, patient, seconds=300)
    office.close(month=OCTOBER)
    with office.transaction() as connection:
        reopen_month(connection, office.client("A"), OCTOBER, reason="wrong price")
    assert office.close(month=OCTOBER)[0].exceptions["LATE_ENTRY"] == 2
    assert len(proposals(office)) == 1
    assert breaches(office) == []


def test_the_closed_month_and_its_invoice_stay_as_they_were(office: Office) -> None:
    patient = patient_with(office, "1", 900)
    patient_with(office, "2", 1200)
    (before,) = office.close(month=SEPTEMBER)
    late(office, patient, seconds=300)
    office.close(month=OCTOBER)
    assert office.close(month=SEPTEMBER) == [before]
    assert office.value("SELECT count(*) FROM invoice_line WHERE kind = 'adjustment'") == 0
    assert office.value("SELECT count(*) FROM time_entry") == 2
    assert office.value("SELECT status FROM client_month WHERE month = '2026-09-01'") == "closed"
    assert breaches(office) == []


def test_a_line_that_waits_does_not_take_another_program_s_support_away(office: Office) -> None:
    patient = patient_with(office, "1", 1200)
    office.close(month=SEPTEMBER)
    late(office, patient, seconds=1200, program="BHI")
    office.close(month=OCTOBER)
    # behavioral minutes without their own consent hold the month as a whole; chronic care stays supported
    assert (proposals(office), reviews(office)) == ([], [])


def test_a_close_that_fails_while_it_looks_leaves_closed_months_closed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = patient_with(office, "1", 900)
    office.close(month=SEPTEMBER)
    late(office, patient, seconds=300)
    monkeypatch.setenv("CARETALLY_FAILPOINT", "close:looking-back=fail")
    with pytest.raises(FailpointReached):
        office.close(month=OCTOBER)
    monkeypatch.delenv("CARETALLY_FAILPOINT")
    assert office.rows("SELECT status, revision FROM client_month") == [("closed", 1)]
    assert (office.value("SELECT count(*) FROM time_entry"), breaches(office)) == (1, [])


def looked_at(office: Office, monkeypatch: pytest.MonkeyPatch, month: Month) -> list[Month]:
    """Close a month and return the closed ones that were evaluated for it."""
    seen: list[Month] = []

    def spied(connection: Connection, subject: Any, terms: Any, **options: Any) -> Any:
        seen.append(subject.month)
        return evaluate.evaluate(connection, subject, terms, **options)

    monkeypatch.setattr(look_back, "evaluate", spied)
    office.close(month=month)
    return seen


def test_only_months_that_something_came_in_for_are_looked_at(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = patient_with(office, "1", 900, month=8)
    office.add_time("A", patient, "rn", starts=datetime(2026, 9, 5, 14, tzinfo=UTC))
    for month in (Month(2026, 8), SEPTEMBER):
        office.close(month=month)
    assert looked_at(office, monkeypatch, OCTOBER) == []
    # dated in the month under way, renamed, imported again: nothing of it bears on a closed month
    add(office, "visit", patient, visited_on="2026-11-02", kind="EM")
    do(office, "UPDATE patient SET family_name = 'Changed', state = 'NJ'")
    do(office, "UPDATE enrolment SET valid_to = '2026-11-20'")
    do(office, "UPDATE staff SET family_name = 'Changed'")
    assert looked_at(office, monkeypatch, NOVEMBER) == []
    late(office, patient, seconds=60, month=8)
    assert looked_at(office, monkeypatch, Month(2026, 12)) == [Month(2026, 8)]
    assert looked_at(office, monkeypatch, Month(2027, 1)) == []


def test_a_proposal_is_what_opening_the_month_again_would_bill(office: Office) -> None:
    patients = [patient_with(office, str(number), 900 + 100 * number) for number in range(6)]
    do(office, "DELETE FROM consent WHERE patient_id = :id", id=patients[4])
    office.close(month=SEPTEMBER)
    for number, patient in enumerate(patients):
        late(office, patient, seconds=300 * number + 60, day=10 + number)
    consent(office, patients[4], "2026-01-05")
    office.close(month=OCTOBER)
    proposed = {row[0]: tuple(row[3:5]) for row in proposals(office)}
    closed = {row[0]: tuple(row[1:]) for row in office.rows("SELECT mrn, codes, units FROM patient_month WHERE month = '2026-09-01'")}
    with office.transaction() as connection:
        reopen_month(connection, office.client("A"), SEPTEMBER, reason="late records")
    with office.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO time_entry (vendor_id, client_id, patient_id, staff_id, started_at, ended_at, source, external_id, program, description) "
                "SELECT vendor_id, client_id, patient_id, staff_id, started_at, ended_at, source, external_id, 'CCM', 'call' FROM late_entry"
            )
        )
    office.close(month=SEPTEMBER)
    again = office.rows("SELECT mrn, codes, units FROM patient_month WHERE month = '2026-09-01' AND revision = 2 AND outcome = 'billable'")
    assert {row[0]: tuple(row[1:]) for row in again if tuple(row[1:]) != closed[row[0]]} == proposed
    assert len(proposed) > 2
