"""A month closes once, the same for everybody, and nothing closed changes."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from caretally.close.reopen import InvoiceSent, reopen_month
from caretally.close.verify import verify
from caretally.errors import NothingToDo, UsageMistake
from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with one client, three patients: 20 minutes, 45 minutes, 10 minutes."""
    made = new_office(database, "LFM")
    for mrn, seconds in (("1", 1200), ("2", 2700), ("3", 600)):
        made.add_time("LFM", made.add_patient("LFM", mrn), "rn", seconds=seconds, starts=datetime(2026, 10, int(mrn), 14, tzinfo=UTC))
    return made


def breaches(office: Office) -> list[str]:
    with office.transaction() as connection:
        return [breach for result in verify(connection) for breach in result.breaches]


def document_mdm(office: Office, mrn: str) -> None:
    with office.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO mdm (vendor_id, client_id, patient_id, month, level, npi, documented_on) "
                "SELECT vendor_id, client_id, id, '2026-10-01', 'high', '1234567893', '2026-10-02' FROM patient WHERE mrn = :mrn"
            ),
            {"mrn": mrn},
        )


def test_a_month_closes_into_patient_months_exceptions_and_an_invoice(office: Office) -> None:
    (result,) = office.close()
    assert (result.status, result.enrolled, result.billable, result.held, result.not_billable) == ("closed", 3, 2, 0, 1)
    assert result.invoice is not None
    assert (result.invoice.number, result.invoice.total_cents, result.invoice.lines) == ("INV-2026-0001", 3800 + 3800 + 1600, 3)
    assert result.exceptions == {"TIME_BELOW_THRESHOLD": 1}
    assert breaches(office) == []


def test_a_second_close_reads_back_the_first(office: Office) -> None:
    (first,), (second,) = office.close(), office.close()
    assert first == second
    assert office.value("SELECT count(*) FROM client_month") == 1


def test_a_preview_writes_nothing_but_what_was_seen(office: Office) -> None:
    (result,) = office.close(dry_run=True)
    assert result.status == "previewed"
    assert office.value("SELECT status FROM client_month") == "previewed"
    for table in ("patient_month", "exception", "invoice", "invoice_line", "number_counter", "audit_event"):
        assert office.value(f"SELECT count(*) FROM {table}") == 0


def test_a_preview_whose_input_changed_is_refused_with_the_difference(office: Office) -> None:
    office.close(dry_run=True)
    patient = office.value("SELECT id FROM patient WHERE mrn = '3'")
    office.add_time("LFM", patient, "rn", seconds=900, starts=datetime(2026, 10, 20, 14, tzinfo=UTC))
    (refused,) = office.close()
    assert (refused.status, refused.error_exit_code) == ("parked", 5)
    assert refused.parked_reason is not None
    assert "1 patient-month changed (each patient's page, or explain, tells how it stands now), billable" in refused.parked_reason
    assert "billable 2 -> 3" in refused.parked_reason
    office.close(dry_run=True)
    assert office.close()[0].status == "closed"


def test_a_client_without_an_agreement_is_parked_and_the_others_go_on(office: Office) -> None:
    office.add_client("NEW")
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM agreement WHERE client_id = :id"), {"id": office.clients["NEW"]})
    lfm, new = office.close()
    assert (lfm.status, new.status, new.error_exit_code) == ("closed", "parked", 4)
    assert new.parked_reason is not None and "has no agreement for 2026-10" in new.parked_reason


def test_a_code_without_a_price_parks_the_client(database: TestDatabase) -> None:
    office = new_office(database, "LFM", prices={"99490": 3800})
    office.add_time("LFM", office.add_patient("LFM", "1"), "rn", seconds=2400)
    (result,) = office.close()
    assert result.parked_reason == "LFM's agreement has no price for 99439; add it to the agreement."


def test_a_missing_purchase_order_number_parks_the_client(database: TestDatabase) -> None:
    office = new_office(database, "LFM", po_required=True)
    assert office.close()[0].status == "parked"


def test_an_invoice_far_above_its_usual_total_waits_for_an_acknowledgement(database: TestDatabase) -> None:
    office = new_office(database, "LFM", basis="per_patient_month", prices={"": 3800})
    patients = [office.add_patient("LFM", str(number)) for number in range(4)]
    for month in (7, 8, 9):
        office.add_time("LFM", patients[0], "rn", starts=datetime(2026, month, 5, 14, tzinfo=UTC))
        assert office.close(month=Month(2026, month))[0].status == "closed"
    for day, patient in enumerate(patients, start=1):
        office.add_time("LFM", patient, "rn", starts=datetime(2026, 10, day, 14, tzinfo=UTC))
    (jump,) = office.close()
    assert jump.parked_reason is not None and "more than 3 times its 3-month median of $38.00" in jump.parked_reason
    assert office.close(acknowledge_jump=True)[0].status == "closed"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE time_entry SET description = 'changed'",
        "DELETE FROM time_entry",
        "UPDATE time_entry SET started_at = started_at + interval '1 minute'",
        "UPDATE mdm SET level = 'low'",
        "DELETE FROM mdm",
        "INSERT INTO billed_service (vendor_id, client_id, patient_id, code, served_on) SELECT vendor_id, client_id, id, 'G0181', '2026-10-09' FROM patient",
        "UPDATE client SET timezone = 'America/Chicago'",
    ],
)
def test_a_closed_month_refuses_every_change_of_what_falls_in_it(office: Office, change: str) -> None:
    document_mdm(office, "2")
    office.close()
    with pytest.raises(DBAPIError) as refused, office.transaction() as connection:
        connection.execute(text(change))
    assert getattr(refused.value.orig, "sqlstate", "") == "CT001"
    assert breaches(office) == []


@pytest.mark.parametrize("table", ["patient_month", "exception", "invoice", "invoice_line", "invoice_state", "ledger_entry", "audit_event"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET vendor_id = vendor_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_nothing_that_a_close_wrote_can_be_changed_or_removed(office: Office, table: str, verb: str) -> None:
    office.close()
    with pytest.raises(DBAPIError) as refused, office.transaction() as connection:
        connection.execute(text(verb.format(table)))
    assert getattr(refused.value.orig, "sqlstate", "") in {"42501", "CT002"}


def test_a_closed_month_may_only_be_reopened(office: Office) -> None:
    office.close()
    with pytest.raises(DBAPIError) as refused, office.transaction() as connection:
        connection.execute(text("UPDATE client_month SET billable = 3, not_billable = 0"))
    assert getattr(refused.value.orig, "sqlstate", "") == "CT002"


def test_a_fact_without_a_month_may_change_and_leaves_the_closed_month_alone(office: Office) -> None:
    (before,) = office.close()
    with office.transaction() as connection:
        connection.execute(text("UPDATE consent SET revoked_on = '2026-03-01'"))
        connection.execute(text("UPDATE patient SET family_name = 'Changed'"))
    assert office.close() == [before]
    assert office.value("SELECT DISTINCT patient_name FROM patient_month") == "Abara, Alma"
    assert breaches(office) == []


def test_a_reopened_month_keeps_its_number_with_the_next_revision(office: Office) -> None:
    office.close()
    with office.transaction() as connection:
        assert reopen_month(connection, office.client("LFM"), OCTOBER, reason="late records") == "INV-2026-0001"
    office.add_time("LFM", office.value("SELECT id FROM patient WHERE mrn = '3'"), "rn", starts=datetime(2026, 10, 21, 14, tzinfo=UTC))
    (again,) = office.close()
    assert again.invoice is not None
    assert (again.revision, again.invoice.number, again.billable) == (2, "INV-2026-0001/2", 3)
    states = office.rows("SELECT i.number, s.state FROM invoice i JOIN invoice_state s ON s.invoice_id = i.id ORDER BY i.number, s.seq")
    assert [tuple(row) for row in states] == [("INV-2026-0001", "draft"), ("INV-2026-0001", "void"), ("INV-2026-0001/2", "draft")]
    assert office.value("SELECT sum(amount_cents) FROM ledger_entry") == again.invoice.total_cents
    assert breaches(office) == []


def test_a_month_with_a_sent_invoice_is_not_reopened(office: Office) -> None:
    office.close()
    with office.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO invoice_state (vendor_id, client_id, invoice_id, seq, state, actor) "
                "SELECT vendor_id, client_id, id, 2, 'open', 'tester' FROM invoice"
            )
        )
    with pytest.raises(InvoiceSent), office.transaction() as connection:
        reopen_month(connection, office.client("LFM"), OCTOBER, reason="late records")


def test_reopening_needs_a_closed_month_and_a_reason(office: Office) -> None:
    with pytest.raises(NothingToDo), office.transaction() as connection:
        reopen_month(connection, office.client("LFM"), OCTOBER, reason="late records")
    with pytest.raises(UsageMistake), office.transaction() as connection:
        reopen_month(connection, office.client("LFM"), OCTOBER, reason=" ")


def test_numbers_are_gapless_per_vendor_and_year(database: TestDatabase) -> None:
    office = new_office(database, "A", "B", "C")
    for code in "ABC":
        patient = office.add_patient(code, "1")
        office.add_time(code, patient, "rn", starts=datetime(2026, 10, 1 + ord(code) - ord("A"), 14, tzinfo=UTC))
    with office.transaction() as connection:
        connection.execute(text("DELETE FROM agreement_price WHERE client_id = :id"), {"id": office.clients["B"]})
    assert [result.invoice.number if result.invoice else None for result in office.close()] == ["INV-2026-0001", None, "INV-2026-0002"]


def test_a_monthly_minimum_becomes_a_line_of_its_own(database: TestDatabase) -> None:
    office = new_office(database, "LFM", minimum_cents=10_000)
    office.add_time("LFM", office.add_patient("LFM", "1"), "rn")
    (result,) = office.close()
    assert result.invoice is not None and result.invoice.total_cents == 10_000
    assert [tuple(row) for row in office.rows("SELECT kind, amount_cents FROM invoice_line ORDER BY line_number")] == [
        ("code", 3800),
        ("minimum", 6200),
    ]


def test_a_graduated_tier_splits_the_patients_where_it_begins(database: TestDatabase) -> None:
    office = new_office(database, "LFM", basis="per_patient_month", prices={"": 4000})
    with office.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO agreement_price (vendor_id, client_id, agreement_id, code, tier_from, price_cents) "
                "SELECT vendor_id, client_id, id, '', 3, 3000 FROM agreement"
            )
        )
    for number in range(1, 5):
        office.add_time("LFM", office.add_patient("LFM", str(number)), "rn", starts=datetime(2026, 10, number, 14, tzinfo=UTC))
    (result,) = office.close()
    assert result.invoice is not None and result.invoice.total_cents == 4000 + 4000 + 3000 + 3000


def test_whole_volume_tiers_price_every_patient_alike(database: TestDatabase) -> None:
    office = new_office(database, "LFM", basis="per_patient_month", prices={"": 4000}, tier_mode="whole_volume")
    with office.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO agreement_price (vendor_id, client_id, agreement_id, code, tier_from, price_cents) "
                "SELECT vendor_id, client_id, id, '', 3, 3000 FROM agreement"
            )
        )
    for number in range(1, 5):
        office.add_time("LFM", office.add_patient("LFM", str(number)), "rn", starts=datetime(2026, 10, number, 14, tzinfo=UTC))
    (result,) = office.close()
    assert result.invoice is not None and result.invoice.total_cents == 4 * 3000


def test_the_same_person_found_at_a_closed_client_starts_its_overpayment_review(database: TestDatabase) -> None:
    office = new_office(database, "A", "B")
    office.add_time("A", office.add_patient("A", "1", person_key=b"p" * 32), "rn")
    assert office.close("A")[0].billable == 1
    office.add_time("B", office.add_patient("B", "7", person_key=b"p" * 32), "rn", starts=datetime(2026, 10, 9, 14, tzinfo=UTC))
    (second,) = office.close("B")
    assert (second.held, second.exceptions) == (1, {"DUPLICATE_PATIENT_MONTH": 1})
    found = office.rows("SELECT p.mrn, r.code FROM overpayment_review r JOIN patient_month p ON p.id = r.patient_month_id")
    assert [tuple(row) for row in found] == [("1", "DUPLICATE_PATIENT_MONTH")]
    assert breaches(office) == []


def test_the_same_person_twice_at_one_client_is_not_billed_twice(database: TestDatabase) -> None:
    office = new_office(database, "A")
    for number in (5, 9):
        patient = office.add_patient("A", str(number), person_key=b"p" * 32)
        office.add_time("A", patient, "rn", starts=datetime(2026, 10, number, 14, tzinfo=UTC))
    (result,) = office.close()
    assert (result.billable, result.held, result.exceptions, result.invoice) == (0, 2, {"DUPLICATE_PATIENT_MONTH": 2}, None)
    assert office.value("SELECT count(*) FROM overpayment_review") == 0
    assert breaches(office) == []


def test_a_double_booking_with_a_closed_month_starts_its_overpayment_review(database: TestDatabase) -> None:
    office = new_office(database, "A", "B")
    office.add_time("A", office.add_patient("A", "1"), "rn")
    office.close("A")
    office.add_time("B", office.add_patient("B", "7"), "rn", starts=datetime(2026, 10, 5, 14, 10, tzinfo=UTC))
    (second,) = office.close("B")
    assert second.excluded_seconds == {"TIME_OVERLAP_STAFF": 600}
    assert office.value("SELECT code FROM overpayment_review") == "TIME_OVERLAP_STAFF"


def test_a_late_entry_is_reported_once_by_the_next_close(database: TestDatabase) -> None:
    office = new_office(database, "A")
    patient = office.add_patient("A", "1")
    office.add_time("A", patient, "rn", starts=datetime(2026, 9, 5, 14, tzinfo=UTC))
    office.close(month=Month(2026, 9))
    office.add_late_time("A", patient, "rn", starts=datetime(2026, 9, 5, 14, tzinfo=UTC), seconds=1200)
    assert office.close()[0].exceptions["LATE_ENTRY"] == 1
    assert "LATE_ENTRY" not in office.close(month=Month(2026, 11))[0].exceptions
