"""What a waiver does: the month is billed and priced, told with name and reason, and what CMS asks is never waived."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from caretally.close.verify import verify
from caretally.errors import NothingToDo, UsageMistake
from caretally.months import Month
from caretally.waivers.record import NewWaiver, add_waiver, all_waivers, withdraw_waiver
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office

OVERDUE = "CARE_PLAN_REVIEW_OVERDUE"
TODAY = date(2026, 10, 20)
NAME, REASON = "Dana Reed", "the chart was moved, review booked for 3 November"


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """Two patients of twenty minutes whose plans are overdue for review, and one without a consent besides."""
    made = new_office(database, "LFM", "HIL")
    for client, mrn, day in (("LFM", "1", 7), ("LFM", "2", 8), ("LFM", "3", 9), ("HIL", "1", 12)):
        patient = made.add_patient(client, mrn)
        with made.transaction() as connection:
            connection.execute(text("UPDATE care_plan SET effective_on = '2025-06-01' WHERE patient_id = :id"), {"id": patient})
            if mrn == "3":
                connection.execute(text("DELETE FROM consent WHERE patient_id = :id"), {"id": patient})
        made.add_time(client, patient, "rn", starts=datetime(2026, 10, day, 14, tzinfo=UTC))
    return made


def waive(office: Office, client: str = "LFM", *, today: date = TODAY, **changes: Any) -> UUID:
    new: dict[str, Any] = {
        "gate_code": OVERDUE,
        "mrn": "1",
        "first_month": OCTOBER,
        "expires_on": date(2026, 12, 31),
        "waived_by": NAME,
        "reason": REASON,
    }
    with office.transaction() as connection:
        return add_waiver(connection, client_id=office.clients[client], client_code=client, waiver=NewWaiver(**new | changes), today=today)


def outcomes(office: Office, client: str = "LFM") -> dict[str, tuple[str, list[str], list[str], int]]:
    rows = office.rows(
        "SELECT p.mrn, p.outcome, p.exceptions, p.warnings, p.amount_cents FROM patient_month p JOIN client c USING (vendor_id, client_id) "
        "WHERE c.code = :client ORDER BY p.mrn, p.revision",
        client=client,
    )
    about_client = {"ACCESS_24_7_MISSING", "SUPERVISION_MISSING", "CARE_TEAM_CONTACT_MISSING", "EHR_NOT_CERTIFIED", "BAA_MISSING"}
    return {
        mrn: (outcome, exceptions, [code for code in warnings if code not in about_client], cents)
        for mrn, outcome, exceptions, warnings, cents in rows
    }


def breaches(office: Office) -> list[str]:
    with office.transaction() as connection:
        return [breach for check in verify(connection) for breach in check.breaches]


def test_a_waived_gate_of_one_patient_releases_that_patient_alone(office: Office) -> None:
    waive(office)
    office.close("LFM")
    found = outcomes(office)
    assert found["1"] == ("billable", [], [OVERDUE], 3800)
    assert found["2"] == ("held", [OVERDUE], [], 0)
    assert found["3"][:2] == ("held", ["NO_CONSENT", OVERDUE])
    assert breaches(office) == []


def test_a_gate_waived_for_everybody_leaves_what_cms_asks(office: Office) -> None:
    waive(office, mrn=None)
    office.close("LFM")
    found = outcomes(office)
    assert [found[mrn][:2] for mrn in ("1", "2", "3")] == [("billable", []), ("billable", []), ("held", ["NO_CONSENT"])]
    office.close("HIL")
    assert outcomes(office, "HIL")["1"][0] == "held"
    assert breaches(office) == []


def test_the_close_keeps_who_waived_what_until_when_and_the_money(office: Office) -> None:
    waiver = waive(office, mrn=None)
    office.close("LFM")
    rows = office.rows(
        "SELECT p.mrn, e.code, e.waiver_id, e.printed, e.held_cents FROM exception e JOIN patient_month p ON p.id = e.patient_month_id "
        "WHERE e.waiver_id IS NOT NULL ORDER BY p.mrn"
    )
    printed = {"waived_by": NAME, "reason": REASON, "expires_on": "2026-12-31"}
    assert [tuple(row) for row in rows] == [
        (mrn, OVERDUE, waiver, printed | {"cents": cents}, 0) for mrn, cents in (("1", 3800), ("2", 3800), ("3", 0))
    ]


def test_the_patients_own_waiver_is_the_one_that_is_told(office: Office) -> None:
    waive(office, mrn=None, waived_by="Everybody's")
    own = waive(office, reason="its own", expires_on=date(2027, 1, 31))
    office.close("LFM")
    assert (
        office.value(
            "SELECT e.waiver_id FROM exception e JOIN patient_month p ON p.id = e.patient_month_id WHERE e.waiver_id IS NOT NULL AND p.mrn = '1'"
        )
        == own
    )


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({"expires_on": date(2026, 10, 31)}, False),
        ({"first_month": Month(2026, 11), "expires_on": date(2026, 11, 30)}, True),
        ({"first_month": Month(2026, 9), "expires_on": date(2026, 9, 30), "today": date(2026, 9, 1)}, True),
        ({"first_month": Month(2026, 9), "expires_on": date(2026, 10, 30), "today": date(2026, 9, 1)}, True),
    ],
)
def test_a_waiver_bears_on_the_months_that_it_lasts_through(office: Office, changes: dict[str, Any], held: bool) -> None:
    waive(office, **changes)
    office.close("LFM")
    assert (outcomes(office)["1"][0] == "held") is held


def test_a_withdrawn_waiver_does_nothing_and_a_closed_month_stays(office: Office) -> None:
    first = waive(office, "HIL")
    office.close("HIL")
    second = waive(office)
    for client, waiver in (("HIL", first), ("LFM", second)):
        with office.transaction() as connection:
            withdraw_waiver(
                connection, client_id=office.clients[client], client_code=client, called=str(waiver), reason="reviewed after all"
            )
    office.close("LFM")
    assert (outcomes(office, "HIL")["1"][0], outcomes(office)["1"][0]) == ("billable", "held")
    with office.transaction() as connection, pytest.raises(NothingToDo, match="was withdrawn by"):
        withdraw_waiver(connection, client_id=office.clients["LFM"], client_code="LFM", called=str(second), reason="again")
    assert breaches(office) == []


def test_a_gate_that_only_warns_is_not_called_waived(office: Office) -> None:
    with office.transaction() as connection:
        connection.execute(text("UPDATE agreement SET review_overdue = 'warn'"))
    waive(office)
    office.close("LFM")
    assert outcomes(office)["1"] == ("billable", [], [OVERDUE], 3800)
    assert office.value("SELECT count(*) FROM exception WHERE waiver_id IS NOT NULL") == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"gate_code": "NO_CONSENT"}, "NO_CONSENT (no consent) is not the vendor's to waive; what may be waived is CONSENT_AGED, "),
        ({"gate_code": "TIME_BELOW_THRESHOLD"}, "is not the vendor's to waive"),
        ({"gate_code": "ATTESTATION_MISSING"}, "is not the vendor's to waive"),
        ({"gate_code": "INITIATING_VISIT_EXPIRED"}, "is not the vendor's to waive"),
        ({"gate_code": "NONSENSE"}, "'NONSENSE' is no gate; what may be waived is CONSENT_AGED, "),
        ({"mrn": "99"}, "LFM has no patient '99'; check the record number."),
        ({"waived_by": " "}, "Say who waives it in 1 to 100 printable characters, with --by"),
        ({"reason": "x" * 501}, "Say why in 1 to 500 printable characters, with --reason"),
        ({"reason": "bell\x07"}, "Say why in 1 to 500 printable characters"),
        ({"expires_on": date(2026, 10, 19)}, "2026-10-19 has passed"),
        ({"expires_on": date(2026, 10, 30)}, "does not last through 2026-10; give 2026-10-31 or a later day"),
    ],
)
def test_what_cannot_be_waived_is_refused_in_one_sentence(office: Office, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageMistake) as refused:
        waive(office, **changes)
    assert sentence in refused.value.message
    assert office.value("SELECT count(*) FROM waiver") == 0


def test_a_closed_month_is_not_waived_and_the_same_twice_is_nothing(office: Office) -> None:
    waive(office)
    with pytest.raises(NothingToDo, match="is waived there through 2026-10-31 already"):
        waive(office, expires_on=date(2026, 10, 31))
    office.close("LFM")
    with pytest.raises(
        UsageMistake, match="2026-10 of LFM is closed and stays as it was billed; reopen it first, or waive from 2026-11 on"
    ):
        waive(office, mrn="2")


def test_even_a_row_written_past_the_command_waives_nothing_that_cms_asks(office: Office) -> None:
    with office.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO waiver (vendor_id, client_id, gate_code, first_month, expires_on, waived_by, reason, recorded_by) "
                "SELECT vendor_id, client_id, g.code, '2026-10-01', '2026-12-31', 'somebody', 'because', 'x' "
                "FROM client c CROSS JOIN gate g WHERE c.code = 'LFM'"
            )
        )
    office.close("LFM")
    assert outcomes(office)["3"][:2] == ("held", ["NO_CONSENT"])


@pytest.mark.parametrize(
    "statement", ["UPDATE waiver SET reason = 'other'", "UPDATE waiver SET expires_on = '2030-01-01'", "DELETE FROM waiver"]
)
def test_a_waiver_is_withdrawn_and_never_changed(office: Office, statement: str) -> None:
    waive(office)
    with office.transaction() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(statement))


def test_both_stand_in_the_audit_log_without_a_name(office: Office) -> None:
    waiver = waive(office)
    with office.transaction() as connection:
        withdraw_waiver(connection, client_id=office.clients["LFM"], client_code="LFM", called=str(waiver)[:13], reason="done")
        assert all_waivers(connection, [office.clients["LFM"]]) == []
        assert len(all_waivers(connection, [office.clients["LFM"]], withdrawn=True)) == 1
    events = office.rows("SELECT action, detail FROM audit_event WHERE action LIKE 'waiver.%' ORDER BY seq")
    assert [row[0] for row in events] == ["waiver.added", "waiver.withdrawn"]
    assert NAME not in str(events)
    assert "chart" not in str(events)
