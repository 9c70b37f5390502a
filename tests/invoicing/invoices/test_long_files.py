"""The file of a long invoice is made in the background, once for each state of it, and given with the bytes that the close writes."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from caretally.app.job_kinds import KINDS
from caretally.invoices import made_files
from caretally.invoices.find_invoices import invoice_of
from caretally.invoices.render_pdf import invoice_pdf
from caretally.jobs.run_job import run_job
from tests.builders.databases import TestDatabase
from tests.builders.jobs import hint, state, workshop
from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import invoice_id, office_with_closed_month
from tests.builders.sending_files import send_form


@pytest.fixture
def office(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A vendor with an invoice that counts as long."""
    monkeypatch.setattr(made_files, "MOST_LINES_IN_REQUEST", 0)
    return office_with_closed_month(database, "A")


@pytest.fixture
def browser(pages: Pages, office: Office) -> FlaskClient:
    return pages.client(visitor_of(office.vendor_id))


def work_off(office: Office) -> UUID:
    """Do what was asked for last, as a worker does."""
    (job,) = office.rows("SELECT id FROM job ORDER BY asked_at DESC LIMIT 1")
    hint(office)
    run_job(workshop(office.database, KINDS), office.vendor_id, job.id)
    return UUID(str(job.id))


def test_a_long_pdf_is_made_in_the_background_and_has_the_bytes_of_the_close(browser: FlaskClient, office: Office) -> None:
    invoice = invoice_id(office, "A")
    path = f"/invoices/{invoice}/file.pdf"
    asked = browser.get(path)
    assert (asked.status_code, browser.get(path).location) == (303, asked.location)
    assert "Making the file of an invoice" in words(browser.get(asked.location))
    assert state(office, work_off(office)) == ("done", 1)
    assert f'href="{path}"' in browser.get(asked.location).text
    given = browser.get(path)
    with office.transaction() as connection:
        assert given.data == invoice_pdf(invoice_of(connection, invoice, vendor_id=office.vendor_id))
    assert given.headers["Content-Disposition"].startswith("attachment; filename=")
    form = "SELECT detail ->> 'form' FROM audit_event WHERE action = 'invoice.read' ORDER BY seq DESC LIMIT 1"
    assert office.value(form) == "pdf"


def test_an_invoice_that_was_sent_since_is_made_anew(browser: FlaskClient, office: Office) -> None:
    invoice = invoice_id(office, "A")
    path = f"/invoices/{invoice}/file.pdf"
    browser.get(path)
    work_off(office)
    draft = browser.get(path).data
    cents = office.value("SELECT total_cents FROM invoice")
    send_form(browser, "/invoices/send", page="/invoices/send", invoice=[str(invoice)], shown_cents=str(cents))
    assert browser.get(path).status_code == 303
    work_off(office)
    assert browser.get(path).data not in (b"", draft)
    assert office.value("SELECT count(*) FROM invoice_file") == 2


def test_a_list_of_lines_is_given_at_once(browser: FlaskClient, office: Office) -> None:
    assert browser.get(f"/invoices/{invoice_id(office, 'A')}/file.csv").status_code == 200
    assert office.value("SELECT count(*) FROM job") == 0


def test_a_practice_that_asks_for_no_work_gets_its_file_all_the_same(pages: Pages, browser: FlaskClient, office: Office) -> None:
    invoice = invoice_id(office, "A")
    cents = office.value("SELECT total_cents FROM invoice")
    send_form(browser, "/invoices/send", page="/invoices/send", invoice=[str(invoice)], shown_cents=str(cents))
    practice = visitor_of(office.vendor_id, clients=tuple(office.clients.values()))
    assert pages.get(f"/invoices/{invoice}/file.pdf", practice).status_code == 200


def test_a_file_of_another_vendors_invoice_is_not_found(pages: Pages, office: Office, database: TestDatabase) -> None:
    stranger = visitor_of(office_with_closed_month(database, "Z", name="Quill").vendor_id)
    assert pages.get(f"/invoices/{invoice_id(office, 'A')}/file.pdf", stranger).status_code == 404
