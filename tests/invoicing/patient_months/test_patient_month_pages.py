"""The page of one patient's month: closed months from their rows, open ones as they stand, an auditor's within the period."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from caretally.close.reopen import reopen_month
from caretally.months import Month
from caretally.patient_months.month_of_patient import alternatives, closed_month
from caretally.patients.roster import chart_of, patients_found
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.visitor import Reading, Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import ELEMENTS, OCTOBER, Office, insert, new_office
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.pages_office import invoice_id, office_with_closed_month, send_all

CONSENT = {"program": "CCM", "method": "verbal", "scope": True, "cost_sharing": True, "one_practitioner": True, "stop": True}
AUDITS = frozenset({"read_months", "read_invoices", "read_patients"})


@pytest.fixture(scope="module")
def office(closed_office: Office) -> Office:
    """A vendor whose October is closed, with time in November that is not."""
    patient = patient_of(closed_office, "Shirley")
    closed_office.add_time("A1", patient, "rn-A1", starts=datetime(2026, 11, 3, 15, tzinfo=UTC), seconds=1500)
    send_all(closed_office)
    return closed_office


@pytest.fixture(scope="module")
def nora(office: Office) -> Visitor:
    """The administrator of the first practice."""
    return visitor_of(office.vendor_id, clients=[office.clients["A1"]])


def patient_of(office: Office, given: str, client: str = "A1") -> UUID:
    """Return the id of a patient."""
    query = "SELECT id FROM patient WHERE client_id = :client_id AND given_name = :given"
    return UUID(str(office.value(query, client_id=office.clients[client], given=given)))


def auditor_of(office: Office, month: Month) -> Visitor:
    """Return an auditor of the first practice and one month."""
    return visitor_of(
        office.vendor_id, clients=[office.clients["A1"]], permissions=AUDITS, period=(month.first_day, month.last_day), role="Auditor"
    )


def test_a_closed_month_says_its_outcome_why_and_what_proves_it(pages: Pages, office: Office, nora: Visitor) -> None:
    said = words(pages.get(f"/patients/{patient_of(office, 'Carla')}/2026-10", nora))
    for told in (
        "Billable: 99490 + 99439",
        "13 min more would add 99439",
        "Verbal consent, January 5, 2026",
        "Care plan version 1",
        "Attestation not asked for",
        "47:00",
        "R1",
    ):
        assert told in said


def test_a_review_is_told_of_the_version_that_was_reviewed(pages: Pages, database: TestDatabase) -> None:
    office = new_office(database, "A1")
    patient = office.add_patient("A1", "1")
    with office.transaction() as connection:
        key = {"vendor_id": office.vendor_id, "client_id": office.clients["A1"], "patient_id": patient}
        insert(
            connection, "review", key | {"plan_version": 1, "reviewed_on": "2026-02-16", "reviewer": "Rosa Okafor", "outcome": "updated"}
        )
        days = dict.fromkeys(("effective_on", "copy_given_on", "signed_on"), "2026-08-01")
        insert(connection, "care_plan", key | days | {"version": 2, "elements": ELEMENTS})
    office.add_time("A1", patient, "rn")
    office.close()
    dana = visitor_of(office.vendor_id)
    told = words(pages.get(f"/patients/{patient}/2026-10", dana))
    assert "Care plan version 2" in told
    assert "Last review February 16, 2026 of version 1, by Rosa Okafor, updated" in told
    line = words(pages.get(f"/invoices/{invoice_id(office, 'A1')}?open=1", dana))
    assert "Care plan version 2; last review 16 Feb 2026" in line


def test_the_seconds_that_did_not_count_have_their_reason_and_add_up(pages: Pages, office: Office) -> None:
    code = "Q1"
    office.add_client(code)
    office.add_staff("clerk", role="administrative", credential="")
    patient = office.add_patient(code, "Q1-1", family_name="Moss", given_name="Ina", birth_date="1941-01-02")
    office.add_staff("rn-Q1")
    office.add_time(code, patient, "rn-Q1", starts=datetime(2026, 10, 6, 14, tzinfo=UTC), seconds=1260)
    office.add_time(code, patient, "clerk", starts=datetime(2026, 10, 7, 14, tzinfo=UTC), seconds=300)
    office.close(code)
    said = words(pages.get(f"/patients/{patient}/2026-10", visitor_of(office.vendor_id)))
    assert "Not clinical staff 5 min did not count because it was worked by administrative staff. 5:00" in said
    assert "Total 26:00 5:00 21:00" in said
    assert "Logged, less these 21:00" in said


def test_an_open_month_is_shown_to_the_vendor_as_it_stands_and_to_nobody_else(pages: Pages, office: Office, nora: Visitor) -> None:
    address = f"/patients/{patient_of(office, 'Shirley')}/2026-11"
    said = words(pages.get(address, visitor_of(office.vendor_id)))
    assert "this is how it stands now" in said
    assert "25 min of 25 min logged" in said
    reading = Reading(uuid4(), datetime(2030, 1, 1, tzinfo=UTC))
    for who in (nora, visitor_of(office.vendor_id, permissions=AUDITS, reading=reading)):
        assert pages.get(address, who).status_code == 404
    assert office.value("SELECT count(*) FROM patient_month WHERE month = '2026-11-01'") == 0


def test_a_reopened_month_says_so_to_the_practice(pages: Pages) -> None:
    office = office_with_closed_month(pages.database, "A1")
    client = office.client("A1")
    with office.transaction() as connection:
        reopen_month(connection, client, OCTOBER, reason="wrong rate")
    address = f"/patients/{patient_of(office, 'Carla')}/2026-10"
    assert "The month was reopened" in words(pages.get(address, visitor_of(office.vendor_id, clients=[office.clients["A1"]])))
    assert "this is how it stands now" in words(pages.get(address, visitor_of(office.vendor_id)))


def test_an_auditor_sees_invoice_and_patient_months_of_the_period_and_of_no_other(pages: Pages, office: Office) -> None:
    invoice = office.value("SELECT id FROM invoice WHERE client_id = :client_id", client_id=office.clients["A1"])
    paths = (
        f"/invoices/{invoice}?open=1",
        f"/patients/{patient_of(office, 'Carla')}/2026-10",
        f"/invoices/{invoice}/not-billed/TIME_BELOW_THRESHOLD",
    )
    inside, outside = auditor_of(office, OCTOBER), auditor_of(office, Month(2026, 9))
    assert [pages.get(path, inside).status_code for path in paths] == [200, 200, 200]
    assert [pages.get(path, outside).status_code for path in paths] == [404, 404, 404]
    assert "Castellano-A1" in words(pages.get(paths[0], inside))
    assert "There are no invoices yet" in words(pages.get("/invoices", outside))


def test_an_auditor_takes_no_file_and_asks_nothing(pages: Pages, office: Office) -> None:
    invoice = office.value("SELECT id FROM invoice WHERE client_id = :client_id", client_id=office.clients["A1"])
    auditor = auditor_of(office, OCTOBER)
    assert pages.get(f"/invoices/{invoice}/file.pdf", auditor).status_code == 403
    assert "Dispute this line" not in words(pages.get(f"/invoices/{invoice}?open=1", auditor))


def test_another_practices_patient_and_nobodys_answer_alike(pages: Pages, office: Office, nora: Visitor) -> None:
    theirs = pages.get(f"/patients/{patient_of(office, 'Carla', 'A2')}/2026-10", nora)
    nobodys = pages.get(f"/patients/{uuid4()}/2026-10", nora)
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert words(theirs).split("Request")[0] == words(nobodys).split("Request")[0]


def test_reading_a_month_stands_in_the_audit_log_without_a_name(pages: Pages, office: Office, nora: Visitor) -> None:
    patient = patient_of(office, "Carla")
    pages.get(f"/patients/{patient}/2026-10", nora)
    query = "SELECT detail::text FROM audit_event WHERE action = 'patient_month.read' ORDER BY seq DESC LIMIT 1"
    detail = office.value(query)
    assert str(patient) in detail
    assert "Castellano" not in detail


def test_a_closed_months_page_takes_six_queries_at_most(pages: Pages, office: Office, nora: Visitor) -> None:
    address = f"/patients/{patient_of(office, 'Carla')}/2026-10"
    pages.get(address, nora)
    # The two that bind the context are no reading of the page's.
    assert statements_of(pages, address, nora) - 2 <= 6


def test_an_open_months_page_takes_six_queries_at_most(pages: Pages, office: Office) -> None:
    address, dana = f"/patients/{patient_of(office, 'Shirley')}/2026-11", visitor_of(office.vendor_id)
    pages.get(address, dana)
    assert statements_of(pages, address, dana) - 2 <= 6


def test_a_month_that_is_none_is_not_there(pages: Pages, office: Office, nora: Visitor) -> None:
    patient = patient_of(office, "Carla")
    for month in ("2026-13", "2026-1", "then", f"{date.max.year + 1}-01"):
        assert pages.get(f"/patients/{patient}/{month}", nora).status_code == 404


def test_another_lawful_claim_is_told_with_what_it_would_cost_by_the_agreement_of_the_month(pages: Pages, office: Office) -> None:
    patient = patient_of(office, "Carla")
    claims = ["99490x1+99439x2", "99487x1", "99999x1"]
    with office.transaction() as connection:
        row = closed_month(connection, patient, OCTOBER, vendor_id=office.vendor_id, prices=True).row
        told = alternatives(connection, row, claims, prices=True)
    assert [(one.claim.replace("\N{MULTIPLICATION SIGN}", "x"), one.cents) for one in told] == [
        ("99490 + 99439 x2", 3800 + 2 * 1600),
        ("99487", 9000),
        ("99999", None),
    ]


def test_the_lines_of_the_invoice_are_shown_to_whoever_reads_invoices(pages: Pages, office: Office, nora: Visitor) -> None:
    number = str(office.value("SELECT number FROM invoice WHERE client_id = :client_id", client_id=office.clients["A1"]))
    path = f"/patients/{patient_of(office, 'Carla')}/2026-10"
    without = visitor_of(office.vendor_id, permissions=AUDITS - {"read_invoices"})
    shown = [words(pages.get(path, who)) for who in (nora, without)]
    assert [(f"On {number}" in said, number in said, "Total for this patient" in said) for said in shown] == [(True,) * 3, (False,) * 3]


def test_an_auditor_reads_of_charts_and_lists_what_touches_the_period(pages: Pages) -> None:
    office = office_with_closed_month(pages.database, "E1")
    later = office.add_patient("E1", "E1-Later", family_name="Castellano", given_name="Later", birth_date="1945-05-05")
    carla = patient_of(office, "Carla", "E1")
    key = {"vendor_id": office.vendor_id, "client_id": office.clients["E1"], "patient_id": carla}
    with office.transaction() as connection:
        for month in (9, 10, 11):
            insert(connection, "visit", key | {"visited_on": date(2026, month, 7), "kind": "EM"})
            insert(
                connection,
                "review",
                key | {"plan_version": 1, "reviewed_on": date(2026, month, 8), "reviewer": "D", "outcome": "no_change"},
            )
        insert(connection, "condition", key | {"icd10": "I509", "onset_on": date(2026, 11, 2)})
        insert(connection, "consent", key | CONSENT | {"provider_id": office.providers["E1"], "obtained_on": date(2026, 11, 3)})
    auditor = TenantContext(office.vendor_id, "tester", (office.clients["E1"],), (OCTOBER.first_day, OCTOBER.last_day))
    whole = TenantContext(office.vendor_id, "tester", (office.clients["E1"],))
    read = []
    for context in (auditor, whole):
        with tenant_transaction(pages.database.practice_engine, context, secret=pages.database.secret) as connection:
            chart = chart_of(connection, carla, vendor_id=office.vendor_id)
            names = [one.mrn for one in patients_found(connection, vendor_id=office.vendor_id, today=date(2026, 12, 1))]
        days = [sorted(row[name] for row in chart[part]) for part, name in (("visits", "visited_on"), ("reviews", "reviewed_on"))]
        read.append((days, len(chart["conditions"]), len(chart["consents"]), len(chart["plans"]), sorted(names)))
    assert read[0] == ([["2026-10-07"], ["2026-10-08"]], 2, 1, 1, ["E1-Carla", "E1-Shirley"])
    assert (len(read[1][0][0]), len(read[1][0][1]), *read[1][1:]) == (4, 3, 3, 2, 1, ["E1-Carla", "E1-Later", "E1-Shirley"])
    inside = visitor_of(office.vendor_id, clients=[office.clients["E1"]], permissions=AUDITS, period=(OCTOBER.first_day, OCTOBER.last_day))
    assert [pages.get(f"/patients/{one}", inside).status_code for one in (carla, later)] == [200, 404]
    assert "Castellano, Later" not in words(pages.get("/search?q=castellano", inside))
