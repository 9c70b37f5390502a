"""The exception report as pages: the same bytes as the close wrote, for the vendor and for a practice of its own clients alone."""

import pytest

from caretally.exceptions.closed_report import report_of_month
from caretally.exceptions.render_csv import exceptions_csv
from caretally.exceptions.render_pdf import exceptions_pdf
from caretally.exceptions.render_xlsx import exceptions_xlsx
from caretally.identity.roles import MATRIX, Role
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.pages_office import send_all
from tests.builders.queue_office import queue_office


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with two clients whose October is closed."""
    office = queue_office(database, "A1", "A2")
    send_all(office)
    return office


@pytest.fixture(scope="module")
def practice(office: Office) -> Visitor:
    """The administrator of the first client."""
    permissions = frozenset(str(permission) for permission in MATRIX[Role.PRACTICE_ADMINISTRATOR])
    return visitor_of(office.vendor_id, clients=[office.clients["A1"]], permissions=permissions)


def test_the_list_shows_each_closed_month_and_a_practice_its_own_alone(pages: Pages, office: Office, practice: Visitor) -> None:
    ours, theirs = words(pages.get("/exception-reports", visitor_of(office.vendor_id))), words(pages.get("/exception-reports", practice))
    assert [name in ours for name in ("Practice A1", "Practice A2")] == [True, True]
    assert [name in theirs for name in ("Practice A1", "Practice A2")] == [True, False]
    assert "$114.00" in theirs


def test_the_page_accounts_for_every_patient_and_names_each_exception(pages: Pages, office: Office, practice: Visitor) -> None:
    said = words(pages.get(f"/exception-reports/{office.clients['A1']}/2026-10", practice))
    assert "5 enrolled = 1 billable + 3 held, $114.00 + 1 not billable" in said
    assert "No consent of the patient to this program and practitioner is on record." in said


@pytest.mark.parametrize(("ending", "render"), [("pdf", exceptions_pdf), ("csv", exceptions_csv), ("xlsx", exceptions_xlsx)])
def test_the_files_are_the_bytes_of_the_close(pages: Pages, office: Office, practice: Visitor, ending: str, render: object) -> None:
    client = office.clients["A1"]
    with office.transaction() as connection:
        report = report_of_month(connection, client, OCTOBER, vendor_id=office.vendor_id, vendor="Meridian Care Partners")
    got = pages.get(f"/exception-reports/{client}/2026-10/file.{ending}", practice)
    assert got.data == render(report)  # type: ignore[operator]


def test_a_practice_gets_no_other_clients_report_and_no_queue(pages: Pages, office: Office, practice: Visitor) -> None:
    other = f"/exception-reports/{office.clients['A2']}/2026-10"
    assert [pages.get(path, practice).status_code for path in (other, f"{other}/file.csv")] == [404, 404]
    assert pages.get("/exceptions", practice).status_code == 403


def test_a_provider_reads_the_page_and_takes_no_file(pages: Pages, office: Office) -> None:
    permissions = frozenset(str(permission) for permission in MATRIX[Role.PROVIDER])
    provider = visitor_of(office.vendor_id, clients=[office.clients["A1"]], permissions=permissions)
    path = f"/exception-reports/{office.clients['A1']}/2026-10"
    assert [pages.get(one, provider).status_code for one in (path, f"{path}/file.pdf")] == [200, 403]


def test_the_invoices_number_is_told_to_whoever_reads_invoices(pages: Pages, office: Office, practice: Visitor) -> None:
    number = str(office.value("SELECT number FROM invoice WHERE client_id = :client_id", client_id=office.clients["A1"]))
    path = f"/exception-reports/{office.clients['A1']}/2026-10"
    provider = visitor_of(office.vendor_id, clients=[office.clients["A1"]], permissions=frozenset(map(str, MATRIX[Role.PROVIDER])))
    assert [number in words(pages.get(path, who)) for who in (practice, provider)] == [True, False]


def test_reading_a_report_stands_in_the_audit_log(pages: Pages, office: Office, practice: Visitor) -> None:
    pages.get(f"/exception-reports/{office.clients['A1']}/2026-10/file.csv", practice)
    found = office.rows("SELECT action, detail ->> 'form', (detail ->> 'patients')::int FROM audit_event ORDER BY seq DESC LIMIT 1")
    assert found == [("exception_report.read", "csv", 4)]


def test_the_list_takes_the_same_statements_however_many_months_there_are(pages: Pages, office: Office, database: TestDatabase) -> None:
    one = queue_office(database, "B1")
    asked = [statements_of(pages, "/exception-reports", visitor_of(each.vendor_id)) for each in (office, one)]
    assert asked[0] == asked[1] <= 6


def test_a_month_that_is_not_closed_has_no_report(pages: Pages, office: Office) -> None:
    page = pages.get(f"/exception-reports/{office.clients['A1']}/2026-11", visitor_of(office.vendor_id))
    assert page.status_code == 404
    assert "choose it from the list of reports" in words(page)
