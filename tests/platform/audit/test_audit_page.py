"""The page of the audit log: the vendor's own events, newest first, the reading of an invoice among them."""

import pytest

from caretally.audit.chain import append_event
from caretally.identity.roles import Role
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import invoice_id, office_with_closed_month
from tests.builders.queue_office import person


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor whose October is closed."""
    return office_with_closed_month(database, "A1")


@pytest.fixture(scope="module")
def dana(office: Office) -> Visitor:
    """The vendor's billing administrator."""
    return visitor_of(office.vendor_id, actor="person:dana")


def last_event(office: Office) -> tuple[object, ...]:
    """Return the newest event of the log."""
    return tuple(office.rows("SELECT seq, actor, action, detail FROM audit_event ORDER BY seq DESC LIMIT 1")[0])


@pytest.mark.parametrize(("path", "form"), [("", "page"), ("/file.csv", "csv"), ("/file.pdf", "pdf")])
def test_reading_an_invoice_is_an_event_with_ids_and_counts_only(pages: Pages, office: Office, dana: Visitor, path: str, form: str) -> None:
    invoice = invoice_id(office, "A1")
    assert pages.get(f"/invoices/{invoice}{path}", dana).status_code == 200
    opened = {"opened": None} if form == "page" else {}
    assert last_event(office)[1:] == ("person:dana", "invoice.read", {"invoice_id": str(invoice), "patients": 1, "form": form, **opened})


def test_what_could_not_be_read_is_no_event(pages: Pages, office: Office, dana: Visitor) -> None:
    before = last_event(office)
    assert pages.get(f"/invoices/{invoice_id(office, 'A1')}/file.exe", dana).status_code == 404
    assert pages.get("/invoices/00000000-0000-7000-8000-000000000009", dana).status_code == 404
    assert last_event(office) == before


def test_the_log_shows_who_did_what_and_shows_one_action_alone(pages: Pages, office: Office, dana: Visitor) -> None:
    pages.get(f"/invoices/{invoice_id(office, 'A1')}", dana)
    everything, closes = words(pages.get("/audit-log", dana)), words(pages.get("/audit-log?action=month.closed", dana))
    assert "person:dana invoice.read" in everything
    assert "person:dana" not in closes


@pytest.mark.parametrize("query", ["action=nothing", "before=0", "before=x", "before=99999999999999999999", "action=%00", "before=1"])
def test_no_query_breaks_the_log(pages: Pages, dana: Visitor, query: str) -> None:
    assert pages.get(f"/audit-log?{query}", dana).status_code == 200


def test_older_events_are_a_click_away_and_none_is_left_out(pages: Pages) -> None:
    office = office_with_closed_month(pages.database, "P1")
    who = visitor_of(office.vendor_id)
    for _ in range(110):
        with office.transaction() as connection:
            append_event(connection, action="test.event", detail={})
    first = pages.get("/audit-log", who)
    older = first.text.split("before=")[1].split('"')[0]
    numbers = [numbers_of(page.text) for page in (first, pages.get(f"/audit-log?before={older}", who))]
    assert numbers[0] + numbers[1] == list(range(int(last_event(office)[0]), 0, -1))  # type: ignore[call-overload]


def test_who_may_not_read_the_log_is_not_shown_the_way(pages: Pages, office: Office) -> None:
    who = visitor_of(office.vendor_id, permissions=frozenset({"read_invoices"}))
    assert pages.get("/audit-log", who).status_code == 403
    assert "/audit-log" not in pages.get("/invoices", who).text


def test_a_new_vendors_log_holds_its_birth_alone(pages: Pages) -> None:
    assert pages.get("/audit-log", visitor_of(new_office(pages.database).vendor_id)).status_code == 200


def numbers_of(page: str) -> list[int]:
    """Return the numbers of the events on a page, from top to bottom."""
    return [int(row.split("</td>")[0]) for row in page.split('<tr><td class="n">')[1:]]


def test_the_vendors_people_stand_in_the_log_by_name(pages: Pages, database: TestDatabase, office: Office) -> None:
    priya = person(database, office, Role.COORDINATOR, "Priya Raman")
    pages.get("/exceptions", priya)
    said = words(pages.get("/audit-log", visitor_of(office.vendor_id)))
    assert f"Priya Raman {priya.actor}" in said
