"""Part 6 of the battery, for what there is of it: mails that a foreign id could cause, and what a cache could give to the next visitor."""

from functools import cache
from unittest.mock import patch
from uuid import uuid4

import pytest

from caretally.invoices import pages as invoice_pages
from caretally.invoices.find_invoices import find_invoices
from caretally.mail.message import Mail
from caretally.web.edge import connection
from caretally.web.visitor import Visitor
from tests.builders.accounts import new_signer, submit
from tests.builders.pages import HERE, form_token, visitor_of, words
from tests.builders.worlds import World
from tests.isolation.test_route_crawl import CRAWL, WHO

SENDS = [name for name, crawled in CRAWL.items() if "{member}" in crawled.path]
CANARIES = ("Castellano-A1", "Castellano-A2", "Quillfeather-B1")


def send(world: World, path: str, visitor: Visitor | None, **typed: str) -> list[Mail]:
    """Send a form and return the mails that it caused."""
    client, before = world.pages.client(visitor), len(world.pages.posted)
    client.post(path, data={"form_token": form_token(client.get("/probe/form")), **typed}, headers={"Origin": HERE})
    return world.pages.posted[before:]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("endpoint", SENDS)
def test_a_foreign_id_causes_no_mail(world: World, endpoint: str, who: str) -> None:
    visitor, foreign = world.visitors()[who]
    for their in foreign:
        path = CRAWL[endpoint].addresses(their.invoice, their.member, their.canary)[0]
        assert send(world, path, visitor, role="provider", decision="approve") == []


def test_ones_own_id_causes_a_mail_to_that_person_with_nothing_of_anybody_else(world: World) -> None:
    visitor, _ = world.visitors()["vendor A"]
    (member, email) = world.ours.rows("SELECT id, email FROM membership WHERE name = 'Person of Castellano-A1'")[0]
    (mail,) = send(world, f"/people/{member}/invite-again", visitor)
    assert mail.to == email
    assert [one for one in CANARIES if one in f"{mail.subject} {mail.text}" and one != "Castellano-A1"] == []


def test_who_works_for_another_vendor_is_invited_as_anybody_is(world: World) -> None:
    """Neither the page's answer nor the mail tells that there is an account, or of whom."""
    visitor, _ = world.visitors()["vendor B"]
    known = world.ours.value("SELECT email FROM membership WHERE name = 'Person of Castellano-A1'")
    said = []
    for email in (known, f"{uuid4().hex}@new.example"):
        client, before = world.pages.client(visitor), len(world.pages.posted)
        answer = submit(client, "/people/invite", email=email, name="Robin Vance", role="coordinator")
        (mail,) = world.pages.posted[before:]
        assert mail.to == email
        assert [one for one in CANARIES[:2] if one in f"{mail.subject} {mail.text}"] == []
        shown = words(client.get("/people"))
        assert "Castellano" not in shown
        said.append((answer.status_code, answer.headers.get("Location")))
        assert f"Robin Vance {email}" in shown
    assert said == [(303, "/people")] * 2


@pytest.mark.parametrize("email", ["nobody", "somebody"])
def test_a_new_password_is_mailed_to_the_account_alone_and_the_page_says_the_same(world: World, email: str) -> None:
    signer = new_signer(world.pages.database)
    client, before = world.pages.client(), len(world.pages.posted)
    asked = signer.email if email == "somebody" else f"x{signer.email}"
    answer = submit(client, "/forgotten", email=asked)
    assert [mail.to for mail in world.pages.posted[before:]] == ([signer.email] if email == "somebody" else [])
    assert "Look into your mail" in words(answer)


@pytest.mark.parametrize("endpoint", CRAWL)
def test_no_answer_to_a_visitor_may_be_kept_by_a_cache(world: World, endpoint: str) -> None:
    for who in WHO:
        visitor, _ = world.visitors()[who]
        answer = world.pages.get(CRAWL[endpoint].addresses(uuid4(), uuid4(), "x")[0], visitor)
        assert endpoint == "static" or answer.headers["Cache-Control"] == "no-store"


def shown_in_turns(world: World) -> list[str]:
    """Open the list of invoices as each visitor in turn, twice, in one process; return what somebody was shown of a stranger's."""
    leaked = []
    for _ in range(2):
        for who in ("vendor A", "practice A1", "practice A2", "vendor B"):
            visitor, foreign = world.visitors()[who]
            shown = world.pages.get("/invoices", visitor).text
            leaked += [f"{who}: {their.canary}" for their in foreign if str(their.invoice) in shown]
    return leaked


def test_the_next_visitor_of_the_process_gets_nothing_of_the_one_before(world: World) -> None:
    assert shown_in_turns(world) == []
    visitors = world.visitors()
    shown = world.pages.get("/invoices", visitors["vendor A"][0]).text
    assert all(str(their.invoice) in shown for their in visitors["vendor B"][1])


def test_a_planted_cache_that_forgets_whose_rows_it_holds_is_seen(world: World) -> None:
    kept = cache(lambda wanted, page: find_invoices(connection(), wanted, vendor_id=world.ours.vendor_id, page=page))
    with patch.object(invoice_pages, "find_invoices", lambda _connection, wanted, **asked: kept(wanted, asked["page"])):
        assert shown_in_turns(world) != []


def test_a_visitor_without_the_permission_sends_nothing(world: World) -> None:
    member = world.ours.value("SELECT id FROM membership WHERE name = 'Person of Castellano-A1'")
    visitor = visitor_of(world.ours.vendor_id, permissions=frozenset({"read_months"}))
    assert send(world, f"/people/{member}/invite-again", visitor) == []
