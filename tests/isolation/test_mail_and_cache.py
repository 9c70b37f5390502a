"""Part 6 of the battery, for what there is of it: mails that a foreign id could cause, and what a cache could give to the next visitor."""

from collections.abc import Callable
from functools import cache
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest

from caretally.invoices import pages as invoice_pages
from caretally.invoices.find_invoices import find_invoices
from caretally.mail.message import Mail
from caretally.web.edge import connection
from caretally.web.parts import PARTS, KeptParts
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


QUEUE = "/exceptions?month=all&state=all"


def pages_in_turns(world: World) -> list[str]:
    """Open the month, the queue and every invoice as each visitor in turn, twice, in one process; return what somebody was shown that is not theirs."""
    world.pages.app.extensions[PARTS].forget()
    everybody, leaked = world.visitors(), []
    invoices = [f"/invoices/{one.invoice}" for belongings in world.belongings for one in belongings]
    for who in [*everybody, *everybody]:
        visitor, foreign = everybody[who]
        shown = "".join(world.pages.get(address, visitor).text for address in ("/months/2026-10", QUEUE, *invoices))
        leaked += [f"{who}: {their.canary}" for their in foreign if their.canary in shown]
        leaked += [f"{who}: a link" for link in LINKS if link in shown and visitor is not None and not may(visitor, link)]
    return leaked


LINKS = {"/what-if": "change_agreements", "/file.pdf": "export"}


def may(visitor: Visitor, link: str) -> bool:
    """Tell whether a visitor may open what a link leads to."""
    return LINKS[link] in visitor.permissions


def test_parts_that_are_kept_are_nobodys_but_those_who_may_see_them(world: World) -> None:
    assert pages_in_turns(world) == []


@pytest.mark.parametrize(
    "forgets",
    [
        pytest.param(lambda key: key[0], id="everything but what it is"),
        pytest.param(lambda key: key if isinstance(key[0], str) else (key[0], key[3][:1]), id="everything but the month or the invoice"),
    ],
)
def test_a_planted_part_that_forgets_what_it_is_kept_by_is_seen(world: World, forgets: Callable[[Any], Any]) -> None:
    honest = KeptParts.of
    with patch.object(KeptParts, "of", lambda self, key, make: honest(self, forgets(key), make)):
        assert pages_in_turns(world) != []
        assert looks_of_two_permissions(world) != []


def looks_of_two_permissions(world: World) -> list[str]:
    """Open the month as who may do everything, then as who may only read; return which links the second was shown."""
    world.pages.app.extensions[PARTS].forget()
    narrow = visitor_of(world.ours.vendor_id, permissions=frozenset({"read_months", "read_invoices"}))
    everything, invoice = visitor_of(world.ours.vendor_id), f"/invoices/{world.belongings[0][0].invoice}"
    for who in (everything, narrow):
        shown = "".join(world.pages.get(address, who).text for address in ("/months/2026-10", invoice))
    return [link for link in LINKS if link in shown]


def test_a_visitor_of_fewer_permissions_is_offered_no_more_than_they_may_do(world: World) -> None:
    assert looks_of_two_permissions(world) == []


def test_a_visitor_without_the_permission_sends_nothing(world: World) -> None:
    member = world.ours.value("SELECT id FROM membership WHERE name = 'Person of Castellano-A1'")
    visitor = visitor_of(world.ours.vendor_id, permissions=frozenset({"read_months"}))
    assert send(world, f"/people/{member}/invite-again", visitor) == []
