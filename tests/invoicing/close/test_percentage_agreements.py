"""A share of what Medicare is expected to pay becomes a price only under an agreement that says so."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from sqlalchemy import text

from caretally.close.verify import verify
from caretally.invoices.build_invoice import build_invoice
from caretally.invoices.document import Invoice
from caretally.invoices.render_csv import invoice_csv
from caretally.invoices.render_pdf import invoice_pdf
from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office

LATER = datetime(2026, 10, 7, 14, tzinfo=UTC)


def office_of(database: TestDatabase, percent: str, **terms: object) -> Office:
    """Return a vendor whose one client pays a percentage; patient 1 has 45 minutes in October."""
    office = new_office(database, "LFM", basis="percentage", prices={}, **terms)
    change(
        office,
        "INSERT INTO agreement_price (vendor_id, client_id, agreement_id, percent) "
        f"SELECT vendor_id, client_id, id, {Decimal(percent)} FROM agreement",
    )
    office.add_time("LFM", office.add_patient("LFM", "1"), "rn", seconds=2700)
    return office


def change(office: Office, statement: str) -> None:
    with office.transaction() as connection:
        connection.execute(text(statement))


def built(office: Office) -> Invoice:
    vendor_id, client_id, month_id = office.rows("SELECT vendor_id, client_id, id FROM client_month")[0]
    with office.transaction() as connection:
        return build_invoice(connection, vendor_id=vendor_id, client_id=client_id, client_month_id=month_id)


@pytest.mark.parametrize(("percent", "cents"), [("40", 4663), ("12.5", 1457), ("33.333333", 3886), ("100", 11657), ("50", 5829)])
def test_the_price_is_the_percentage_of_the_expected_amount_rounded_half_up_to_the_cent(
    fresh_database: TestDatabase, percent: str, cents: int
) -> None:
    office = office_of(fresh_database, percent)
    (result,) = office.close()
    assert result.invoice is not None and result.invoice.total_cents == cents
    assert office.rows("SELECT kind, code, units, unit_price_cents, amount_cents FROM invoice_line") == [
        ("patient_month", "", 1, cents, cents)
    ]


def test_a_month_priced_by_a_percentage_verifies(database: TestDatabase) -> None:
    office = office_of(database, "40", minimum_cents=10_000)
    office.close()
    with office.transaction() as connection:
        assert [breach for result in verify(connection) for breach in result.breaches] == []
    assert office.value("SELECT sum(amount_cents)::bigint FROM invoice_line") == 10_000


def test_held_money_is_the_percentage_of_what_the_month_would_bring(database: TestDatabase) -> None:
    office = office_of(database, "40")
    change(office, "DELETE FROM consent")
    office.close()
    assert office.value("SELECT held_cents FROM patient_month") == 4663


def test_a_claim_without_an_expected_amount_parks_the_client_and_says_what_is_missing(database: TestDatabase) -> None:
    office = office_of(database, "40", review_overdue="off")
    office.add_time("LFM", office.value("SELECT id FROM patient"), "rn", seconds=1200, starts=datetime(2027, 1, 7, 14, tzinfo=UTC))
    (result,) = office.close(month=Month(2027, 1))
    assert (result.status, result.error_exit_code) == ("parked", 4)
    assert result.parked_reason == (
        "LFM pays a percentage of the expected Medicare amount, which is not known: 99490 has no relative value units on record for "
        "2027-01-01; load the fee schedule with caretally rules load, or agree on a price."
    )


def test_a_held_claim_without_an_expected_amount_parks_nobody(database: TestDatabase) -> None:
    office = office_of(database, "40")
    change(office, "DELETE FROM consent")
    office.add_time("LFM", office.value("SELECT id FROM patient"), "rn", seconds=1200, starts=datetime(2027, 1, 7, 14, tzinfo=UTC))
    (result,) = office.close(month=Month(2027, 1))
    assert (result.status, result.held) == ("closed", 1)


def test_the_invoice_says_what_the_price_is_a_share_of_also_after_the_agreement_has_changed(database: TestDatabase) -> None:
    office = office_of(database, "12.5")
    office.close()
    before = invoice_pdf(built(office))
    change(office, "UPDATE agreement_price SET percent = 20")
    invoice = built(office)
    (line,) = csv.DictReader(StringIO(invoice_csv(invoice).decode(), newline=""))
    assert (line["service"], line["amount"], line["expected_medicare"]) == (
        "Care management, 12.5 % of the expected Medicare amount",
        "14.57",
        "116.57",
    )
    assert invoice.agreement_version == "percentage of the expected Medicare amount, from 2026-01-01"
    assert invoice_pdf(invoice) == before


def test_a_preview_is_refused_when_the_amounts_behind_the_price_have_changed(database: TestDatabase) -> None:
    office = office_of(database, "40")
    office.close(dry_run=True)
    change(office, "UPDATE client SET place_of_service = '22'")
    (refused,) = office.close()
    assert (refused.status, refused.error_exit_code) == ("parked", 5)
    assert refused.parked_reason is not None and "total $46.63 -> $29.80" in refused.parked_reason


def test_a_preview_is_refused_when_a_price_has_changed(database: TestDatabase) -> None:
    office = new_office(database, "LFM")
    office.add_time("LFM", office.add_patient("LFM", "1"), "rn", seconds=1200)
    office.close(dry_run=True)
    change(office, "UPDATE agreement_price SET price_cents = 3900 WHERE code = '99490'")
    (refused,) = office.close()
    assert (refused.status, refused.error_exit_code) == ("parked", 5)
    assert refused.parked_reason is not None and "total $38.00 -> $39.00" in refused.parked_reason
