"""A waiver beside previews, closes, reopened months and forecasts: what was seen is what is closed, and what was closed stays."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from caretally.close.reopen import reopen_month
from caretally.forecast.forecast import forecast
from caretally.waivers.record import NewWaiver, add_waiver, withdraw_waiver
from tests.builders.closing import close_command, wait_for
from tests.builders.databases import TestDatabase
from tests.builders.late_records import NOVEMBER, breaches, late, proposals, reviews
from tests.builders.office import OCTOBER, Office, new_office

OVERDUE = "CARE_PLAN_REVIEW_OVERDUE"


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """One patient of twenty minutes whose plan is overdue for review."""
    made = new_office(database, "A")
    patient = made.add_patient("A", "1")
    with made.transaction() as connection:
        connection.execute(text("UPDATE care_plan SET effective_on = '2025-06-01'"))
    made.add_time("A", patient, "rn", starts=datetime(2026, 10, 7, 14, tzinfo=UTC))
    return made


def waive(office: Office, **changes: Any) -> UUID:
    values: dict[str, Any] = {"mrn": "1", "first_month": OCTOBER, "expires_on": date(2026, 12, 31), "waived_by": "Dana Reed"}
    new = NewWaiver(**{"gate_code": OVERDUE, "reason": "chart moved"} | values | changes)
    with office.transaction() as connection:
        return add_waiver(connection, client_id=office.clients["A"], client_code="A", waiver=new, today=date(2026, 10, 20))


def withdraw(office: Office, waiver: UUID) -> None:
    with office.transaction() as connection:
        withdraw_waiver(connection, client_id=office.clients["A"], client_code="A", called=str(waiver), reason="reviewed")


def test_a_waiver_after_a_preview_refuses_the_close_until_it_is_seen(office: Office) -> None:
    office.close(dry_run=True)
    waive(office)
    (refused,) = office.close()
    assert (refused.status, refused.error_exit_code) == ("parked", 5)
    assert "1 patient-month changed (each patient's page, or explain, tells how it stands now), billable 0 -> 1" in str(
        refused.parked_reason
    )
    office.close(dry_run=True)
    assert office.close()[0].billable == 1


def test_another_name_than_was_previewed_refuses_the_close_though_nothing_else_changed(office: Office) -> None:
    first = waive(office)
    office.close(dry_run=True)
    withdraw(office, first)
    waive(office, waived_by="Somebody Else")
    (refused,) = office.close()
    assert (refused.status, refused.error_exit_code) == ("parked", 5)
    assert "its waivers changed" in str(refused.parked_reason)
    office.close(dry_run=True)
    assert office.close()[0].status == "closed"


def test_a_waiver_of_what_did_not_hold_leaves_a_preview_as_it_was_seen(office: Office) -> None:
    office.close(dry_run=True)
    waive(office, gate_code="CONSENT_AGED")
    assert office.close()[0].status == "closed"


@pytest.mark.parametrize("act", ["add", "withdraw"])
def test_adding_and_withdrawing_wait_for_a_close_in_progress(office: Office, database: TestDatabase, tmp_path: Path, act: str) -> None:
    waiver = waive(office)
    closing = close_command(office, database.environment(home=tmp_path / "home"), f"close:evaluated=pause:{tmp_path}")
    wait_for(tmp_path / "reached")
    statement = {
        "add": "INSERT INTO waiver (vendor_id, client_id, gate_code, first_month, expires_on, waived_by, reason, recorded_by) "
        "SELECT vendor_id, client_id, gate_code, first_month, expires_on, 'x', 'x', 'x' FROM waiver WHERE id = :id",
        "withdraw": "UPDATE waiver SET withdrawn_at = now(), withdrawn_by = 'x' WHERE id = :id",
    }[act]
    try:
        with pytest.raises(DBAPIError) as waited, office.transaction() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
            connection.execute(text(statement), {"id": waiver})
        assert getattr(waited.value.orig, "sqlstate", "") == "55P03"
    finally:
        (tmp_path / "go").touch()
        assert closing.wait(60) == 0


def test_a_reopened_month_is_held_again_when_its_waiver_was_withdrawn(office: Office) -> None:
    waiver = waive(office)
    office.close()
    withdraw(office, waiver)
    with office.transaction() as connection:
        reopen_month(connection, office.client("A"), OCTOBER, reason="waived by mistake")
    office.close()
    found = office.rows("SELECT revision, outcome, amount_cents FROM patient_month ORDER BY revision")
    assert [tuple(row) for row in found] == [(1, "billable", 3800), (2, "held", 0)]
    assert breaches(office) == []


@pytest.mark.parametrize("withdrawn", [False, True])
def test_late_time_of_a_waived_month_is_decided_by_the_waiver_that_it_was_billed_by(office: Office, withdrawn: bool) -> None:
    waiver = waive(office)
    office.close()
    if withdrawn:
        withdraw(office, waiver)
    late(office, office.value("SELECT id FROM patient"), month=10, day=9, seconds=1200)
    office.close(month=NOVEMBER)
    assert [(row[5], row[6]) for row in proposals(office)] == [(["99439"], [1])]
    assert reviews(office) == []
    assert breaches(office) == []


def test_a_waiver_of_one_closed_month_that_was_withdrawn_cures_no_other(office: Office) -> None:
    waiver = waive(office)
    office.close()
    withdraw(office, waiver)
    patient = office.value("SELECT id FROM patient")
    office.add_time("A", patient, "rn", starts=datetime(2026, 11, 7, 14, tzinfo=UTC))
    office.close(month=NOVEMBER)
    late(office, patient, month=11, day=9, seconds=1200)
    office.close(month=NOVEMBER.next())
    assert (proposals(office), reviews(office)) == ([], [])


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE exception SET printed = printed || '{"waived_by": "another"}' WHERE waiver_id IS NOT NULL""",
        """UPDATE exception SET printed = printed || '{"cents": 1}' WHERE waiver_id IS NOT NULL""",
        "DELETE FROM exception WHERE waiver_id IS NOT NULL",
    ],
)
def test_verify_notices_that_the_waiver_of_a_closed_month_was_changed_or_lost(fresh_database: TestDatabase, change: str) -> None:
    office = new_office(fresh_database, "A")
    patient = office.add_patient("A", "1")
    with office.transaction() as connection:
        connection.execute(text("UPDATE care_plan SET effective_on = '2025-06-01'"))
    office.add_time("A", patient, "rn", starts=datetime(2026, 10, 7, 14, tzinfo=UTC))
    waive(office)
    office.close()
    assert breaches(office) == []
    with fresh_database.admin_engine.begin() as connection:
        connection.execute(text("ALTER TABLE exception DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY"))
        assert connection.execute(text(change)).rowcount == 1
    assert breaches(office) != []


def test_a_forecast_tells_a_waived_patient_as_billable(office: Office) -> None:
    def standing() -> tuple[str, list[str]]:
        with office.transaction() as connection:
            (told,) = forecast(
                connection, office.client("A"), OCTOBER, now=datetime(2026, 10, 20, 15, tzinfo=UTC), as_of=date(2026, 10, 16)
            ).patients
        return told.standing, list(told.gates)

    assert standing() == ("held", [OVERDUE])
    waive(office)
    assert standing() == ("reached", [])
