"""The help texts: all shown, none of them leads nowhere, nothing in them is markup of its own; and the keys they tell of can be turned off."""

import re
from pathlib import Path

import pytest

from caretally.guide.pages import TOPICS
from caretally.guide.topics import topic_of
from tests.builders.accounts import give_role, new_signer, sign_in
from tests.builders.databases import TestDatabase
from tests.builders.office import new_office
from tests.builders.pages import HERE, Pages, form_token, visitor_of, words

KEYS = 'src="/static/keys.js"'


@pytest.mark.parametrize("name", TOPICS)
def test_every_text_is_a_page_for_everybody_whose_links_lead_somewhere(pages: Pages, name: str) -> None:
    page = pages.get("/help" if name == "index" else f"/help/{name}")
    assert page.status_code == 200
    led = re.findall(r'href="(/help[^"]*)"', page.text)
    assert {pages.get(to).status_code for to in led} <= {200}
    assert ".md" not in page.text


def test_a_text_that_is_none_answers_404(pages: Pages) -> None:
    assert pages.get("/help/../secret").status_code == 404
    assert pages.get("/help/nothing").status_code == 404


def test_markup_in_a_text_is_shown_and_not_done(tmp_path: Path) -> None:
    text = tmp_path / "evil.md"
    text.write_text("# Evil\n\n<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>\n")
    page = str(topic_of(text).page)
    assert "<script" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page


def test_the_script_of_the_keys_is_small_and_goes_to_who_is_signed_in_and_has_it_on(pages: Pages, database: TestDatabase) -> None:
    office = new_office(database, "A1")
    assert KEYS not in pages.get("/help").text
    browser = pages.client(visitor_of(office.vendor_id))
    assert KEYS in browser.get("/help").text
    assert len(pages.get("/static/keys.js").data) <= 4096


def test_the_keys_are_turned_off_in_the_profile_and_on_again(pages: Pages, database: TestDatabase) -> None:
    signer = new_signer(database)
    give_role(database, signer, new_office(database, "A1").vendor_id, "vendor_admin")
    browser = sign_in(pages, signer)
    for wanted, there in (("off", False), ("on", True)):
        data = {"form_token": form_token(browser.get("/profile")), "keys": wanted}
        answer = browser.post("/profile/keys", data=data, headers={"Origin": HERE, "Referer": f"{HERE}/profile"})
        assert answer.location == "/profile"
        assert (KEYS in browser.get("/help").text) is there
    assert "Turn them off in this browser" in words(browser.get("/profile"))


def test_the_rail_links_tell_the_script_where_each_key_goes(pages: Pages, database: TestDatabase) -> None:
    page = pages.get("/help", visitor_of(new_office(database, "A1").vendor_id)).text
    assert dict(re.findall(r'<a href="([^"]+)" data-go="(\w)"', page)) == {
        "/overview": "o",
        "/months": "m",
        "/patients": "p",
        "/outreach": "e",
        "/invoices": "i",
        "/clients": "c",
        "/imports": "u",
        "/time": "t",
        "/time/approvals": "a",
        "/exceptions": "x",
        "/questions": "q",
    }
