"""Views of the lists of invoices, patients, a month's clients and time: one's own or shared, without words, and for the vendor's people alone."""

import re
from html import escape, unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.test import TestResponse

from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.pages_office import office_with_closed_month
from tests.builders.sending_files import send_form

# Where each list is, what can be asked of it, and words that nobody keeps.
LISTS = {
    "invoices": ("/invoices", "month=2026-10&sort=-amount"),
    "patients": ("/patients", "standing=enrolled&columns=mrn,standing"),
    "clients": ("/months/2026-10", "show=closed&sort=held&down=1"),
}


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor of its own for each test, with a closed month."""
    return office_with_closed_month(database, "A1", "A2")


@pytest.fixture
def dana(office: Office) -> Visitor:
    """One of the vendor's people."""
    return visitor_of(office.vendor_id, actor="person:dana")


def save(pages: Pages, who: Visitor, table: str, query: str = "", /, **typed: str) -> TestResponse:
    """Save a view of what an address of a list asks for."""
    path = LISTS[table][0]
    return send_form(pages.client(who), "/views", page=path, **{"table": table, "here": f"{path}?{query}"} | typed)


@pytest.mark.parametrize("table", LISTS)
def test_a_view_keeps_the_filters_and_columns_and_neither_words_nor_place(pages: Pages, office: Office, dana: Visitor, table: str) -> None:
    path, query = LISTS[table]
    assert save(pages, dana, table, f"{query}&q=Castellano&page=1", name=" To  look at ").location == f"{path}?{query}&q=Castellano&page=1"
    assert office.rows("SELECT page, name, filters, shared FROM saved_view") == [(table, "To look at", query, False)]
    assert f'href="{path}?{escape(query)}">To look at' in pages.get(path, dana).text
    assert pages.get(f"{path}?{query}", dana).status_code == 200


@pytest.mark.parametrize("table", LISTS)
def test_the_form_on_the_list_saves_what_the_list_shows(pages: Pages, office: Office, dana: Visitor, table: str) -> None:
    path, query = LISTS[table]
    page = pages.get(f"{path}?{query}", dana).text
    form = next(part for part in page.split("<form") if 'name="table"' in part and "view-name" in part)
    sent = dict(re.findall(r'name="(table|here)" value="([^"]*)"', form))
    assert parse_qsl(urlsplit(unescape(sent["here"])).query) == parse_qsl(query)
    assert sent["table"] == table


@pytest.mark.parametrize("table", LISTS)
def test_others_see_shared_views_only_and_cannot_delete_them(pages: Pages, office: Office, dana: Visitor, table: str) -> None:
    save(pages, dana, table, name="Mine")
    save(pages, dana, table, name="Ours", shared="yes")
    other, path = visitor_of(office.vendor_id, actor="person:other"), LISTS[table][0]
    said = words(pages.get(path, other))
    assert "Ours" in said
    assert "Mine" not in said
    view = office.value("SELECT id FROM saved_view WHERE shared")
    assert send_form(pages.client(other), f"/views/{view}/delete", page=path, here=path).status_code == 404
    assert send_form(pages.client(dana), f"/views/{view}/delete", page=path, here=f"{path}?page=2").location == f"{path}?page=2"
    assert office.rows("SELECT name FROM saved_view") == [("Mine",)]
    assert office.value("SELECT detail ->> 'page' FROM audit_event WHERE action = 'view.deleted'") == table


def test_a_view_of_one_list_is_not_offered_on_another(pages: Pages, dana: Visitor) -> None:
    save(pages, dana, "invoices", name="Large ones")
    assert "Large ones" not in words(pages.get("/patients", dana))


def test_a_name_used_already_or_none_is_refused_and_what_was_typed_stays(pages: Pages, office: Office, dana: Visitor) -> None:
    save(pages, dana, "patients", name="Mine")
    again = save(pages, dana, "patients", "standing=none", name="Mine", shared="yes")
    assert again.status_code == 422
    assert "You have a view called “Mine” already" in words(again)
    assert 'value="/patients?standing=none"' in again.text
    assert 'value="yes" checked' in again.text
    assert save(pages, dana, "patients", name=" ").status_code == 422
    assert office.value("SELECT count(*) FROM saved_view") == 1


@pytest.mark.parametrize("typed", [{"table": "audit"}, {"table": ""}, {"here": f"/patients?{'x=1&' * 400}"}])
def test_what_no_list_offers_is_not_saved(pages: Pages, office: Office, dana: Visitor, typed: dict[str, str]) -> None:
    assert save(pages, dana, "patients", **{"name": "Odd"} | typed).status_code >= 400
    assert office.value("SELECT count(*) FROM saved_view") == 0


def test_an_address_of_another_site_is_none_of_ours(pages: Pages, office: Office, dana: Visitor) -> None:
    assert save(pages, dana, "patients", name="Odd", here="//evil.example/patients?standing=none").location == "/"
    assert office.value("SELECT filters FROM saved_view") == ""


def test_a_practice_and_an_auditor_see_no_views_and_save_none(pages: Pages, office: Office, dana: Visitor) -> None:
    save(pages, dana, "patients", name="Ours", shared="yes")
    practice = visitor_of(office.vendor_id, clients=[office.clients["A1"]])
    assert "Views" not in words(pages.get("/patients", practice))
    assert send_form(pages.client(practice), "/views", page="/probe/form", table="patients", here="/patients", name="x").status_code == 403
