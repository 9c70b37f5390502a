"""Saved views: one's own, or shared with the vendor's people; never with a name that was looked for."""

import pytest

from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import HERE, Pages, form_token, visitor_of, words
from tests.builders.queue_office import queue_office


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with a client whose October is closed."""
    return queue_office(database, "A1")


@pytest.fixture
def dana(office: Office) -> Visitor:
    """One of the vendor's people."""
    return visitor_of(office.vendor_id, actor="person:dana")


def save(pages: Pages, who: Visitor, query: str, **typed: str) -> int:
    """Save the filters of an address and return the answer's status."""
    client = pages.client(who)
    token = form_token(client.get("/exceptions"))
    return client.post(f"/exceptions/views?{query}", data={"form_token": token, **typed}, headers={"Origin": HERE}).status_code


def test_a_view_keeps_the_filters_and_not_the_words(pages: Pages, office: Office, dana: Visitor) -> None:
    assert save(pages, dana, "code=NO_CONSENT&assignee=nobody&q=Castellano&sort=due", name=" Consents  to get ") == 303
    assert office.rows("SELECT name, filters, shared FROM saved_view") == [
        ("Consents to get", "code=NO_CONSENT&assignee=nobody&sort=due", False)
    ]
    assert 'href="/exceptions?code=NO_CONSENT&amp;assignee=nobody&amp;sort=due"' in pages.get("/exceptions", dana).text


def test_a_month_that_is_not_the_newest_is_kept(pages: Pages, office: Office, dana: Visitor) -> None:
    save(pages, dana, "month=2026-09", name="September")
    assert office.value("SELECT filters FROM saved_view") == "month=2026-09"


def test_others_see_shared_views_only_and_cannot_delete_them(pages: Pages, office: Office, dana: Visitor) -> None:
    save(pages, dana, "", name="Mine")
    save(pages, dana, "", name="Ours", shared="yes")
    other = visitor_of(office.vendor_id, actor="person:other")
    said = words(pages.get("/exceptions", other))
    assert "Ours" in said
    assert "Mine" not in said
    view = office.value("SELECT id FROM saved_view WHERE shared")
    client = pages.client(other)
    token = form_token(client.get("/exceptions"))
    assert client.post(f"/exceptions/views/{view}/delete", data={"form_token": token}, headers={"Origin": HERE}).status_code == 404
    assert office.value("SELECT count(*) FROM saved_view") == 2


def test_a_name_used_already_or_none_is_refused_and_stays_typed(pages: Pages, office: Office, dana: Visitor) -> None:
    assert [save(pages, dana, "", name=name) for name in ("Mine", "Mine", " ")] == [303, 422, 422]
    assert office.value("SELECT count(*) FROM saved_view") == 1
