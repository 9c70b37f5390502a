"""A page or file that takes long keeps nobody from the chain of audit events: that it was read is written with its commit."""

from typing import Any

import pytest
from sqlalchemy import text

from caretally.audit.chain import append_event
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of
from tests.builders.queue_office import queue_office

AT_ONCE = text("SET LOCAL lock_timeout = '500ms'")
# Each way in which a file leaves: its address, and what is called with it when it is made and before the transaction ends.
LEAVING = {
    "invoice": ("/invoices/{invoice}/file.csv", "caretally.invoices.pages.attachment"),
    "invoices": ("/invoices/list.csv", "caretally.invoices.pages.attachment"),
    "patients of a month": ("/months/2026-10/patients/list.csv", "caretally.patient_months.list_pages.attachment"),
    "clients of a month": ("/months/2026-10/clients.csv", "caretally.close.pages.clients_file"),
    "exception report": ("/exception-reports/{client}/2026-10/file.csv", "caretally.exceptions.pages.Response"),
    "exception report page": ("/exception-reports/{client}/2026-10", "caretally.exceptions.pages.render_template"),
    "patient": ("/patients/{patient}", "caretally.patients.pages.render_template"),
    "patient's month": ("/patients/{patient}/2026-10", "caretally.patient_months.pages.render_template"),
    "patient's time": ("/time/patients/{patient}/2026-10", "caretally.patient_time.pages.render_template"),
}


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor whose October is closed."""
    return queue_office(database, "A1")


@pytest.mark.parametrize("what", LEAVING)
def test_nobody_waits_for_the_chain_while_something_is_drawn(
    pages: Pages, office: Office, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path, drawn = LEAVING[what]
    module, name = drawn.rsplit(".", 1)
    real = vars(__import__(module, fromlist=[name]))[name]
    appended = list[str]()

    def beside_another(*given: Any, **named: Any) -> Any:
        with office.transaction() as other:
            other.execute(AT_ONCE)
            append_event(other, action="tester.appends", detail={"what": what})
        appended.append(what)
        return real(*given, **named)

    monkeypatch.setattr(drawn, beside_another)
    ids = {name: office.value(f"SELECT id FROM {name} ORDER BY id LIMIT 1") for name in ("invoice", "patient")}
    told = office.value("SELECT count(*) FROM audit_event")
    answer = pages.get(path.format(client=office.clients["A1"], **ids), visitor_of(office.vendor_id))
    assert answer.status_code == 200
    assert appended == [what]
    assert office.value("SELECT count(*) FROM audit_event") == told + 2
