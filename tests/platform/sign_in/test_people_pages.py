"""People on pages: an invitation leads to a first day and works once; one person works in several roles and switches; a change ends what was."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.builders.accounts import PASSWORD, Signer, give_role, new_signer, sign_in, submit
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, words

LINK = re.compile(r"http://localhost(/link/\S+)")
SECRET = re.compile(r"(?:[A-Z2-7]{4} ){3,}[A-Z2-7]{4}")


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with two clients."""
    return new_office(database, "A1", "A2")


@pytest.fixture
def dana(database: TestDatabase, pages: Pages, office: Office) -> FlaskClient:
    """A browser of the vendor's administrator."""
    signer = new_signer(database)
    give_role(database, signer, office.vendor_id, "vendor_admin")
    return sign_in(pages, signer)


def invite(pages: Pages, client: FlaskClient, role: str, **more: Any) -> tuple[str, str]:
    """Invite somebody new and return the address and the link's path from the mail."""
    email = f"{uuid4().hex}@meridian.example"
    answer = submit(client, "/people/invite", email=email, name="Robin Vance", role=role, **more)
    assert answer.status_code == 303, words(answer)
    (mail,) = (mail for mail in pages.posted if mail.to == email)
    found = LINK.search(mail.text)
    assert found is not None
    return email, found[1]


def first_day(pages: Pages, link: str) -> FlaskClient:
    """Follow an invitation: a password, an authenticator, and into the only work there is."""
    client = pages.client()
    assert submit(client, link, password=PASSWORD).headers["Location"] == "/sign-in/code"
    secret = SECRET.search(words(client.get("/sign-in/authenticator")))
    assert secret is not None
    code = pyotp.TOTP(secret[0].replace(" ", "")).at(datetime.now(UTC))
    shown = submit(client, "/sign-in/authenticator", code=code)
    assert "recovery codes" in words(shown)
    assert client.get("/choose").status_code == 303
    return client


def test_an_invitation_leads_to_a_first_day_and_works_once(pages: Pages, office: Office, dana: FlaskClient) -> None:
    email, link = invite(pages, dana, "coordinator")
    client = first_day(pages, link)
    assert "Coordinator" in words(client.get("/patients"))
    assert client.get("/people").status_code == 403
    again = pages.client().get(link)
    assert (again.status_code, "was used or has ended" in words(again)) == (404, True)
    assert email in words(dana.get("/people"))
    assert "member.added" in {row.action for row in office.rows("SELECT action FROM audit_event")}


def test_an_invitation_ends_after_72_hours_and_a_new_one_takes_its_place(
    database: TestDatabase, pages: Pages, office: Office, dana: FlaskClient
) -> None:
    email, link = invite(pages, dana, "coordinator")
    with database.auth_engine.begin() as connection:
        connection.execute(text("UPDATE account_link SET ends_at = ends_at - interval '72 hours'"))
    assert pages.client().get(link).status_code == 404
    member = office.value("SELECT id FROM membership WHERE email = :email", email=email)
    submit(dana, "/people", to=f"/people/{member}/invite-again")
    newest = LINK.search([mail for mail in pages.posted if mail.to == email][-1].text)
    assert newest is not None
    assert pages.client().get(newest[1]).status_code == 200


def test_an_auditor_sees_one_client_for_one_period(pages: Pages, office: Office, dana: FlaskClient) -> None:
    wrongs: tuple[Mapping[str, Any], ...] = (
        {},
        {"clients": ["A1", "A2"], "first_month": "2026-01", "last_month": "2026-03"},
        {"clients": ["A1"]},
    )
    for wrong in wrongs:
        answer = submit(dana, "/people/invite", email="x@meridian.example", name="Ada", role="auditor", **wrong)
        assert answer.status_code == 422
    _, link = invite(pages, dana, "auditor", clients=["A1"], first_month="2026-01", last_month="2026-03")
    client = first_day(pages, link)
    assert "Auditor" in words(client.get("/invoices"))
    held = office.rows("SELECT period_from, period_to FROM membership WHERE role = 'auditor'")
    assert [tuple(map(str, row)) for row in held] == [("2026-01-01", "2026-03-31")]


def enter(client: FlaskClient, vendor_id: UUID, membership_id: UUID) -> None:
    """Switch to another work."""
    answer = submit(client, "/choose", vendor_id=vendor_id, membership_id=membership_id)
    assert answer.status_code == 303


def test_one_person_works_in_several_roles_and_switches_explicitly(database: TestDatabase, pages: Pages, office: Office) -> None:
    signer, other = new_signer(database), new_office(database, "B1")
    here = give_role(database, signer, office.vendor_id, "billing_admin")
    there = give_role(database, signer, other.vendor_id, "practice_administrator", clients=["B1"])
    client = sign_in(pages, signer)
    asked = client.get("/invoices", follow_redirects=True)
    assert (asked.request.path, "Where do you want to work?" in words(asked)) == ("/choose", True)
    tokens = set()
    for vendor_id, membership_id, role, opens in (
        (office.vendor_id, here, "Billing admin", "/exceptions"),
        (other.vendor_id, there, "Practice administrator", "/practice"),
        (office.vendor_id, here, "Billing admin", "/exceptions"),
    ):
        enter(client, vendor_id, membership_id)
        cookie = client.get_cookie("caretally_session")
        assert cookie is not None
        tokens.add(cookie.value)
        page = client.get(opens)
        assert (page.status_code, role in words(page)) == (200, True)
        assert client.get("/practice" if opens == "/exceptions" else "/exceptions").status_code == 403
    assert len(tokens) == 3, "the token changes with every switch"
    assert "session.entered" in {row.action for row in other.rows("SELECT action FROM audit_event")}


def test_somebody_elses_membership_is_answered_as_none(database: TestDatabase, pages: Pages, office: Office) -> None:
    signer = new_signer(database)
    give_role(database, signer, office.vendor_id, "coordinator")
    theirs = new_office(database, "C1")
    foreign = give_role(database, new_signer(database), theirs.vendor_id, "vendor_admin")
    client = sign_in(pages, signer)
    answers = [submit(client, "/choose", vendor_id=theirs.vendor_id, membership_id=one) for one in (foreign, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]


def both_browsers(pages: Pages, signer: Signer) -> tuple[FlaskClient, FlaskClient]:
    """Return two browsers in which a person is at work."""
    return sign_in(pages, signer), sign_in(pages, signer)


def test_a_changed_role_and_an_ended_membership_end_its_sessions(
    database: TestDatabase, pages: Pages, office: Office, dana: FlaskClient
) -> None:
    signer = new_signer(database)
    member = give_role(database, signer, office.vendor_id, "billing_admin")
    browsers = both_browsers(pages, signer)
    assert [browser.get("/invoices").status_code for browser in browsers] == [200, 200]
    assert submit(dana, f"/people/{member}", role="coordinator").status_code == 303
    assert [browser.get("/invoices").status_code for browser in browsers] == [303, 303]
    for browser in browsers:
        browser.get("/choose")
        assert browser.get("/patients").status_code == 200
    assert submit(dana, "/people", to=f"/people/{member}/end").status_code == 303
    assert [browser.get("/patients").status_code for browser in browsers] == [303, 303]


def test_the_last_administrator_stays(office: Office, dana: FlaskClient) -> None:
    member = office.value("SELECT id FROM membership WHERE role = 'vendor_admin'")
    refused = submit(dana, f"/people/{member}", role="coordinator")
    assert (refused.status_code, "only administrator" in words(refused)) == (422, True)
    ended = submit(dana, "/people", to=f"/people/{member}/end")
    assert (ended.status_code, "only administrator" in words(ended)) == (409, True)
    assert office.value("SELECT count(*) FROM membership WHERE ended_at IS NULL AND role = 'vendor_admin'") == 1
