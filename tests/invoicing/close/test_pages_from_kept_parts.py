"""A page whose parts were made before is the page that is made anew, after everything that can be written."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from caretally.close.reopen import reopen_month
from caretally.months import Month
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import bind_context
from caretally.web.parts import PARTS
from caretally.web.visitor import Visitor
from tests.builders.asking import about_line
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office
from tests.builders.pages import HERE, Pages, form_token, visitor_of
from tests.builders.pages_office import invoice_id, office_with_closed_month, send_all

# What is of this answer alone: the form's token, the button's own id and the time of the checks.
OF_ANSWER = re.compile(r'name="(form_token|run|thread)" value="[0-9a-f-]+"|checked at [0-9:]+|q=~[\w-]+')
NEXT = Month(2026, 11)


def ask(pages: Pages, office: Office, who: Visitor, kind: str) -> None:
    """Let a practice ask about the first line of its invoice, or dispute it."""
    invoice = invoice_id(office, "A1")
    line, cents = office.rows("SELECT id, amount_cents FROM invoice_line WHERE invoice_id = :id ORDER BY line_number LIMIT 1", id=invoice)[
        0
    ]
    client, address = pages.client(who), f"/invoices/{invoice}"
    given = about_line(line, cents, kind=kind, form_token=form_token(client.get(f"{address}?open=1")))
    assert client.post(f"{address}/ask?open=1", data=given, headers={"Origin": HERE}).status_code == 303


def answer(pages: Pages, office: Office, who: Visitor) -> None:
    """Let the vendor answer the first thread."""
    thread = office.value("SELECT id FROM line_question LIMIT 1")
    client = pages.client(who)
    given = {"form_token": form_token(client.get(f"/questions/{thread}")), "seen": "1", "said": "By fax.", "step": "answer"}
    assert client.post(f"/questions/{thread}/answer", data=given, headers={"Origin": HERE}).status_code == 303


def sign(office: Office) -> None:
    """Let the provider attest the first line's patient after the close, as the owner may, with the guard of signatures put aside."""
    context = TenantContext(office.vendor_id, "person:okafor")
    with office.database.admin_engine.begin() as connection:
        bind_context(connection, context, secret=office.database.secret)
        connection.execute(text("ALTER TABLE attestation DISABLE TRIGGER signer"))
        connection.execute(
            text(
                "INSERT INTO attestation (vendor_id, client_id, patient_id, month, provider_id, statement_version, signer) "
                "SELECT p.vendor_id, p.client_id, p.patient_id, p.month, v.id, '1', 'person:okafor' FROM patient_month p "
                "JOIN invoice_line l ON l.vendor_id = p.vendor_id AND l.client_id = p.client_id AND l.patient_month_id = p.id AND l.invoice_id = :invoice "
                "JOIN provider v ON v.vendor_id = p.vendor_id AND v.client_id = p.client_id LIMIT 1"
            ),
            {"invoice": invoice_id(office, "A1")},
        )
        connection.execute(text("ALTER TABLE attestation ENABLE TRIGGER signer"))


def writes(pages: Pages, office: Office) -> Iterator[str]:
    """Write one thing after another that a month or an invoice shows, and say which."""
    dana, nora = visitor_of(office.vendor_id), visitor_of(office.vendor_id, clients=[office.clients["A1"]])
    yield "nothing"
    send_all(office)
    yield "invoices sent"
    ask(pages, office, nora, "question")
    yield "a question"
    answer(pages, office, dana)
    yield "its answer"
    ask(pages, office, nora, "dispute")
    yield "a dispute"
    sign(office)
    yield "an attestation"
    with office.transaction() as connection:
        connection.execute(text("UPDATE client SET name = 'Renamed & Partners' WHERE code = 'A1'"))
    yield "a client renamed"
    office.add_client("A3")
    yield "a client more"
    patient = office.add_patient("A1", "late")
    office.add_time("A1", patient, "rn-A1", starts=datetime(2026, 11, 3, 15, tzinfo=UTC), source="manual", approved_by="")
    yield "time that waits for approval"
    office.close(month=NEXT, dry_run=True)
    yield "a preview of the next month"
    office.add_time("A1", patient, "rn-A1", starts=datetime(2026, 11, 4, 15, tzinfo=UTC))
    office.close(month=NEXT, dry_run=True)
    yield "a second preview"
    office.close(month=NEXT)
    yield "the next month closed"
    with office.transaction() as connection:
        reopen_month(connection, office.client("A2"), NEXT, reason="wrong rate")
    yield "a month opened again"
    office.close(month=NEXT)
    yield "closed again"


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with two clients whose October is closed."""
    return office_with_closed_month(database, "A1", "A2")


def opened(pages: Pages, who: Visitor, address: str) -> str:
    """Return a page without what is of one answer alone; of one that is refused, that it is."""
    page = pages.get(address, who)
    return OF_ANSWER.sub("", page.text) if page.status_code == 200 else str(page.status_code)


def test_a_page_of_kept_parts_is_the_page_made_anew_after_every_kind_of_write(pages: Pages, office: Office) -> None:
    dana, nora = visitor_of(office.vendor_id), visitor_of(office.vendor_id, clients=[office.clients["A1"]])
    narrow = visitor_of(office.vendor_id, permissions=frozenset({"read_months", "read_invoices"}))
    invoice = f"/invoices/{invoice_id(office, 'A1')}"
    addresses = (
        f"/months/{OCTOBER}",
        f"/months/{NEXT}",
        f"/months/{OCTOBER}?columns=invoice&show=closed",
        invoice,
        f"{invoice}?sort=-name",
    )
    shown = [(who, address) for who in (dana, nora, narrow) for address in addresses]
    for written in writes(pages, office):
        warm = [opened(pages, who, address) for who, address in shown]
        pages.app.extensions[PARTS].forget()
        cold = [opened(pages, who, address) for who, address in shown]
        assert warm == cold, written


def test_what_was_written_is_on_the_page(pages: Pages, office: Office) -> None:
    """The sameness above would hold of pages that never change."""
    dana, before = visitor_of(office.vendor_id), ""
    addresses = (f"/months/{OCTOBER}", f"/months/{NEXT}", f"/invoices/{invoice_id(office, 'A1')}")
    for written in writes(pages, office):
        page = "".join(opened(pages, dana, address) for address in addresses)
        assert page != before, written
        before = page
