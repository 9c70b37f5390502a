"""A mailed link sets a password once and for a limited time; a forged, used or old one is refused in one sentence, and nobody learns who has an account."""

import re
import time

import pytest
from sqlalchemy import text

from tests.builders.accounts import PASSWORD, Signer, give_role, new_signer, sign_in, submit
from tests.builders.databases import TestDatabase
from tests.builders.office import new_office
from tests.builders.pages import Pages, words

NEW = "other words for tomorrow"
LINK = re.compile(r"http://localhost(/link/\S+)")


@pytest.fixture
def signer(database: TestDatabase) -> Signer:
    """A billing admin of a vendor of their own."""
    made = new_signer(database)
    give_role(database, made, new_office(database, "A1").vendor_id, "billing_admin")
    return made


def mailed_link(pages: Pages, signer: Signer) -> str:
    """Ask for a link and return its path from the mail that was sent."""
    submit(pages.client(), "/forgotten", email=signer.email)
    for _ in range(200):
        found = [mail for mail in pages.posted if mail.to == signer.email]
        if found:
            return LINK.search(found[-1].text)[1]  # type: ignore[index]
        time.sleep(0.02)
    raise AssertionError("no mail was sent")


def test_a_mailed_link_sets_a_new_password_and_ends_every_session(pages: Pages, signer: Signer) -> None:
    before = sign_in(pages, signer)
    client, link = pages.client(), mailed_link(pages, signer)
    assert submit(client, link, password=NEW).headers["Location"] == "/sign-in/code"
    assert before.get("/profile").headers["Location"].startswith("/sign-in")
    assert submit(client, "/sign-in/code", code=signer.code()).headers["Location"].startswith("/choose")
    assert submit(pages.client(), "/sign-in", email=signer.email, password=PASSWORD).status_code == 422
    assert submit(pages.client(), "/sign-in", email=signer.email, password=NEW).status_code == 303


def test_a_link_works_once(pages: Pages, signer: Signer) -> None:
    link = mailed_link(pages, signer)
    submit(pages.client(), link, password=NEW)
    again = pages.client().get(link)
    assert (again.status_code, "was used or has ended" in words(again)) == (404, True)


def test_a_newer_link_takes_the_place_of_the_one_before(pages: Pages, signer: Signer) -> None:
    first = mailed_link(pages, signer)
    pages.posted.clear()
    second = mailed_link(pages, signer)
    assert [pages.client().get(link).status_code for link in (first, second)] == [404, 200]


def test_an_old_link_has_ended(database: TestDatabase, pages: Pages, signer: Signer) -> None:
    link = mailed_link(pages, signer)
    with database.auth_engine.begin() as connection:
        connection.execute(text("UPDATE account_link SET ends_at = now() - interval '1 second' WHERE account_id = :id"), {"id": signer.id})
    assert pages.client().get(link).status_code == 404


@pytest.mark.parametrize("token", ["x", "A" * 22, "%00", "A" * 500, "..%2f..%2f"])
def test_a_forged_link_is_refused_in_the_same_words(pages: Pages, token: str) -> None:
    assert pages.client().get(f"/link/{token}").status_code == 404


def test_a_refused_password_leaves_the_link_as_it_is(pages: Pages, signer: Signer) -> None:
    link = mailed_link(pages, signer)
    refused = submit(pages.client(), link, password="short")
    assert (refused.status_code, "12 or more" in words(refused)) == (422, True)
    assert submit(pages.client(), link, password=NEW).status_code == 303


def test_the_page_says_the_same_of_an_address_without_an_account(pages: Pages, signer: Signer) -> None:
    stranger = signer.email.replace("@", "x@")
    known, unknown = (submit(pages.client(), "/forgotten", email=email) for email in (signer.email, stranger))
    assert words(known).replace(signer.email, "") == words(unknown).replace(stranger, "")
    assert [mail.to for mail in pages.posted if mail.to == stranger] == []


def test_the_link_is_kept_as_its_hash_only(database: TestDatabase, pages: Pages, signer: Signer) -> None:
    token = mailed_link(pages, signer).rpartition("/")[2]
    with database.auth_engine.begin() as connection:
        kept = connection.scalars(text("SELECT account_link::text FROM account_link")).all()
    assert [row for row in kept if token in row] == []
