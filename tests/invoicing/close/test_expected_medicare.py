"""What Medicare is expected to pay stands beside the vendor's price of each patient-month, and never in it."""

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from caretally.invoices.build_invoice import build_invoice
from caretally.invoices.render_csv import invoice_csv
from caretally.invoices.render_xlsx import invoice_xlsx
from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office

JANUARY = Month(2027, 1)


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with one client, one patient with 45 minutes in October."""
    made = new_office(database, "LFM")
    made.add_time("LFM", made.add_patient("LFM", "1"), "rn", seconds=2700)
    return made


def change(office: Office, statement: str) -> None:
    with office.transaction() as connection:
        connection.execute(text(statement))


def expected(office: Office) -> list[Any]:
    (row,) = office.rows("SELECT expected_line_cents, expected_cents, expected_note FROM patient_month WHERE mrn = '1'")
    return list(row)


def test_each_line_of_a_closed_month_has_what_medicare_is_expected_to_pay(office: Office) -> None:
    office.close()
    assert expected(office) == [[6613, 5044], 11657, "non-facility, national, factor 33.4009"]


def test_a_line_of_several_units_is_rounded_once(office: Office) -> None:
    patient = office.value("SELECT id FROM patient")
    office.add_time("LFM", patient, "rn", seconds=1200, starts=datetime(2026, 10, 6, 14, tzinfo=UTC))
    office.close()
    # 2 x 1.51 x 33.4009 = 100.870718; rounding each unit first would make 100.88
    assert expected(office)[:2] == [[6613, 10087], 16700]


def test_it_is_never_part_of_the_vendor_s_price(office: Office) -> None:
    (result,) = office.close()
    assert result.invoice is not None and result.invoice.total_cents == 3800 + 1600
    assert office.value("SELECT amount_cents FROM patient_month WHERE mrn = '1'") == 3800 + 1600


def test_a_place_of_service_in_a_facility_is_paid_the_facility_s_amount(office: Office) -> None:
    change(office, "UPDATE client SET place_of_service = '22'")
    office.close()
    assert expected(office) == [[4376, 3073], 7449, "facility, national, factor 33.4009"]


def test_a_practitioner_who_qualifies_in_the_year_of_service_is_paid_by_the_other_factor(office: Office) -> None:
    change(office, "UPDATE provider SET qp_years = '{2025,2026}'")
    office.close()
    assert expected(office) == [[6646, 5069], 11715, "non-facility, national, factor 33.5675"]


def test_one_who_qualified_in_another_year_is_not(office: Office) -> None:
    change(office, "UPDATE provider SET qp_years = '{2025,2027}'")
    office.close()
    assert expected(office)[1] == 11657


def test_a_rural_health_clinic_is_paid_the_national_non_facility_amount_wherever_it_lies(office: Office) -> None:
    change(office, "UPDATE client SET setting = 'rhc_fqhc', place_of_service = '22', medicare_locality = '01112-05'")
    change(office, "UPDATE provider SET qp_years = '{2026}'")
    office.close()
    assert expected(office)[1:] == [11657, "non-facility, national, factor 33.4009"]


def test_a_month_whose_fee_schedule_is_not_on_record_has_no_amount_and_says_why(office: Office) -> None:
    office.add_time("LFM", office.value("SELECT id FROM patient"), "rn", seconds=2700, starts=datetime(2027, 1, 5, 14, tzinfo=UTC))
    office.close(month=JANUARY)
    assert expected(office) == [
        [None, None],
        None,
        "99439 has no relative value units on record for 2027-01-01; 99490 has no relative value units on record for 2027-01-01",
    ]


def test_a_held_month_has_what_it_would_bring(office: Office) -> None:
    change(office, "DELETE FROM consent")
    office.close()
    assert office.value("SELECT outcome FROM patient_month") == "held"
    assert expected(office)[1] == 11657


def test_time_that_waits_has_what_it_would_bring_once_put_right(office: Office) -> None:
    change(office, "UPDATE time_entry SET description = ''")
    office.close()
    assert office.rows("SELECT outcome, codes, pending_claim FROM patient_month") == [("held", [], "99490x1+99439x1")]
    assert expected(office) == [[], 11657, "non-facility, national, factor 33.4009"]


def test_a_month_without_a_claim_has_none(office: Office) -> None:
    office.add_time("LFM", office.add_patient("LFM", "2"), "rn", seconds=600, starts=datetime(2026, 10, 7, 14, tzinfo=UTC))
    office.close()
    assert office.rows("SELECT expected_line_cents, expected_cents, expected_note FROM patient_month WHERE mrn = '2'") == [([], None, "")]


def lines_of(office: Office) -> list[dict[str, str]]:
    """Return the lines of the invoice's CSV."""
    key = dict(
        zip(("vendor_id", "client_id", "client_month_id"), office.rows("SELECT vendor_id, client_id, id FROM client_month")[0], strict=True)
    )
    with office.transaction() as connection:
        invoice = build_invoice(connection, **key)
    sheet = load_workbook(BytesIO(invoice_xlsx(invoice)))["Lines"]
    assert "expected_medicare" in {cell for row in sheet.iter_rows(values_only=True) for cell in row}
    return list(csv.DictReader(StringIO(invoice_csv(invoice).decode(), newline="")))


def test_the_invoice_s_lines_show_it_beside_the_amount(office: Office) -> None:
    office.close()
    shown = [(line["code"], line["amount"], line["expected_medicare"], line["expected_medicare_note"]) for line in lines_of(office)]
    note = "non-facility, national, factor 33.4009"
    assert shown == [("99490", "38.00", "66.13", note), ("99439", "16.00", "50.44", note)]


def test_a_code_that_tiers_split_shows_it_once(database: TestDatabase) -> None:
    office = new_office(database, "LFM")
    change(
        office,
        "INSERT INTO agreement_price (vendor_id, client_id, agreement_id, code, tier_from, price_cents) "
        "SELECT vendor_id, client_id, id, '99439', 2, 1500 FROM agreement",
    )
    office.add_time("LFM", office.add_patient("LFM", "1"), "rn", seconds=3600)
    office.close()
    shown = [(line["code"], line["units"], line["expected_medicare"]) for line in lines_of(office)]
    assert shown == [("99490", "1", "66.13"), ("99439", "1", "100.87"), ("99439", "1", "")]


def test_a_price_a_patient_month_shows_the_whole_claim_s(database: TestDatabase) -> None:
    office = new_office(database, "LFM", basis="per_patient_month", prices={"": 3800})
    office.add_time("LFM", office.add_patient("LFM", "1"), "rn", seconds=2700)
    office.close()
    assert [(line["code"], line["amount"], line["expected_medicare"]) for line in lines_of(office)] == [("", "38.00", "116.57")]


def test_each_program_s_lines_are_paid_as_its_own_practitioner_is(office: Office) -> None:
    key = "SELECT vendor_id, client_id, id, 'RPM'"
    change(
        office,
        "INSERT INTO provider (vendor_id, client_id, npi, family_name, given_name, credential, qp_years) "
        "SELECT vendor_id, client_id, '1234567893', 'Hale', 'Pat', 'MD', '{2026}' FROM client",
    )
    change(
        office,
        f"INSERT INTO enrolment (vendor_id, client_id, patient_id, program, status, valid_from) {key}, 'enrolled', '2026-01-05' FROM patient",
    )
    with_provider = "FROM patient p JOIN provider d USING (vendor_id, client_id) WHERE d.npi = '1234567893'"
    change(
        office,
        "INSERT INTO assignment (vendor_id, client_id, patient_id, program, provider_id, valid_from) "
        f"SELECT vendor_id, client_id, p.id, 'RPM', d.id, '2026-01-05' {with_provider}",
    )
    change(
        office,
        "INSERT INTO consent (vendor_id, client_id, patient_id, program, provider_id, method, obtained_on, scope, cost_sharing, one_practitioner, stop) "
        f"SELECT vendor_id, client_id, p.id, 'RPM', d.id, 'verbal', '2026-01-05', true, true, true, true {with_provider}",
    )
    patient = office.value("SELECT id FROM patient")
    office.add_time("LFM", patient, "rn", seconds=1200, starts=datetime(2026, 10, 8, 14, tzinfo=UTC), program="RPM", contact="live")
    change(
        office,
        "INSERT INTO agreement_price (vendor_id, client_id, agreement_id, code, price_cents) SELECT vendor_id, client_id, id, '99457', 2000 FROM agreement",
    )
    office.close()
    assert office.value("SELECT codes FROM patient_month") == ["99490", "99439", "99457"]
    assert expected(office) == [
        [6613, 5044, 5203],
        6613 + 5044 + 5203,
        "non-facility, national, factor 33.4009; non-facility, national, factor 33.5675",
    ]
