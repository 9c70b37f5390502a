"""What is looked for may be a patient's name: it stands in no address (OWASP ASVS 5.0, 14.2.1), and the page keeps one all the same."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from caretally.web.search_words import words_in_query
from caretally.web.visitor import Visitor
from tests.builders.pages import HERE, Pages, form_token, visitor_of

NAME = "Alma Abara"


@pytest.fixture
def dana() -> Visitor:
    """Somebody of a vendor."""
    return visitor_of(uuid4())


def look_for(client: FlaskClient, words: str, to: str = "/invoices", **more: str) -> str:
    """Send the form and return where it leads."""
    sent = {"form_token": form_token(client.get("/probe/form")), "to": to, "q": words, **more}
    return client.post("/look-for", data=sent, headers={"Origin": HERE}).headers["Location"]


def read(pages: Pages, who: Visitor | None, address: str) -> str:
    """Return the words that a page reads from an address."""
    client = pages.client(who)
    with client:
        client.get(address)
        return words_in_query("q")


def test_what_is_looked_for_stands_sealed_in_the_address(pages: Pages, dana: Visitor) -> None:
    address = look_for(pages.client(dana), NAME)
    assert urlsplit(address).path == "/invoices"
    assert not any(part in address for part in (NAME, "Alma", "Abara", "alma"))
    assert read(pages, dana, address) == NAME
    assert NAME in pages.get(address, dana).text


def test_the_same_words_never_give_the_same_address(pages: Pages, dana: Visitor) -> None:
    assert look_for(pages.client(dana), NAME) != look_for(pages.client(dana), NAME)


@pytest.mark.parametrize("stranger", [True, False])
def test_another_session_reads_nothing_in_it(pages: Pages, dana: Visitor, *, stranger: bool) -> None:
    address = look_for(pages.client(dana), NAME)
    assert read(pages, visitor_of(dana.vendor_id) if stranger else None, address) == ""


def test_filters_stay_and_the_page_begins_anew(pages: Pages, dana: Visitor) -> None:
    address = look_for(pages.client(dana), NAME, to="/invoices?state=open&page=4&open=2&q=old")
    query = parse_qs(urlsplit(address).query)
    assert (sorted(query), query["state"]) == (["q", "state"], ["open"])


def test_no_words_show_everything_again(pages: Pages, dana: Visitor) -> None:
    assert look_for(pages.client(dana), "  ", to="/invoices?state=open&q=old") == "/invoices?state=open"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""])
def test_the_words_are_sent_to_no_other_site(pages: Pages, dana: Visitor, elsewhere: str) -> None:
    assert look_for(pages.client(dana), NAME, to=elsewhere).startswith("/?q=~")


@pytest.mark.parametrize("forged", ["~", "~x", "~" + "A" * 60, "~é", "~===="])
def test_a_forged_seal_holds_no_words(pages: Pages, dana: Visitor, forged: str) -> None:
    assert read(pages, dana, f"/invoices?q={forged}") == ""
    assert pages.get(f"/invoices?q={forged}", dana).status_code == 200


def test_a_number_in_a_link_is_read_as_it_stands(pages: Pages, dana: Visitor) -> None:
    assert read(pages, dana, "/invoices?q=MER-2026-0001") == "MER-2026-0001"
