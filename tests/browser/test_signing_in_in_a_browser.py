"""Signing in with a real browser: forms, a passkey by a virtual authenticator, and nothing for axe to find on any of these pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from tests.browser.looks import assert_every_look
from tests.builders.accounts import PASSWORD, Signer, give_role, new_signer, sign_in, submit, turn_back
from tests.builders.databases import TestDatabase
from tests.builders.office import new_office
from tests.builders.pages import Pages

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
DEVICE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
NOBODYS = {"sign in": "/sign-in", "forgotten": "/forgotten"}
OWN = {
    "people": "/people",
    "invite": "/people/invite",
    "change a person": "/people/{member}",
    "account": "/profile",
    "password": "/profile/password",
    "authenticator": "/profile/authenticator",
    "recovery codes": "/profile/recovery-codes",
    "passkeys": "/profile/passkeys",
    "choose": "/choose",
    "step up": "/step-up",
}


@pytest.fixture(scope="module")
def signer(database: TestDatabase) -> Signer:
    """A vendor's administrator, who is a coordinator elsewhere."""
    made, office = new_signer(database), new_office(database, "A1", "A2")
    give_role(database, made, office.vendor_id, "vendor_admin")
    give_role(database, made, new_office(database, "B1").vendor_id, "coordinator")
    return made


@pytest.fixture
def named(address: str) -> str:
    """The application's address by a name, as passkeys need it."""
    return address.replace("127.0.0.1", "localhost")


@contextmanager
def window(browser: Browser, address: str, cookies: dict[str, str]) -> Iterator[Page]:
    """Open a window with these cookies; a word on the console of our own pages fails."""
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if page.url.startswith(address) else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [
        words for words in said if "status of 4" not in words and "status of 503" not in words and "Cleared data types" not in words
    ] == []


def cookies_of(client: Any) -> dict[str, str]:
    """Return the session's cookie of a browser of the tests."""
    return {"caretally_session": client.get_cookie("caretally_session").value}


def test_axe_finds_nothing_on_pages_of_the_sign_in(
    browser: Browser, database: TestDatabase, pages: Pages, address: str, signer: Signer
) -> None:
    with window(browser, address, {}) as page:
        for name, path in NOBODYS.items():
            page.goto(path)
            assert_every_look(page, name)
        page.goto("/sign-in")
        page.fill("#email", signer.email)
        page.fill("#password", "wrong words here")
        page.click("text=Continue")
        assert page.input_value("#email") == signer.email
        assert_every_look(page, "sign in refused")
    half = pages.client()
    submit(half, "/sign-in", email=signer.email, password=PASSWORD)
    with window(browser, address, cookies_of(half)) as page:
        page.goto("/sign-in/code")
        assert_every_look(page, "second factor")
    with database.auth_engine.begin() as connection:
        connection.execute(text("DELETE FROM sign_in_failure"))


def test_axe_finds_nothing_on_pages_of_ones_own_account_and_of_people(
    browser: Browser, database: TestDatabase, pages: Pages, address: str
) -> None:
    person, office = new_signer(database), new_office(database, "A1", "A2")
    member = give_role(database, person, office.vendor_id, "vendor_admin")
    with window(browser, address, cookies_of(sign_in(pages, person))) as page:
        for name, path in OWN.items():
            page.goto(path.format(member=member))
            assert "/sign-in" not in page.url, name
            assert_every_look(page, name)
        page.goto("/profile/recovery-codes")
        page.click("text=Make ten new codes")
        assert_every_look(page, "new recovery codes")


def test_what_was_typed_while_the_session_ended_is_sent_after_signing_in_in_another_tab(
    browser: Browser, database: TestDatabase, pages: Pages, address: str
) -> None:
    person, office = new_signer(database), new_office(database, "A1")
    give_role(database, person, office.vendor_id, "vendor_admin")
    with window(browser, address, cookies_of(sign_in(pages, person))) as page:
        page.goto("/people/invite")
        page.fill("#email", "nurse@meridian.example")
        page.fill("#name", "Tia O'Brien")
        page.get_by_label("Role").select_option(label="Clinical staff")
        turn_back(database, person, "seen_at", 24 * 3600)
        page.get_by_role("button", name="Send the invitation").click()
        page.get_by_role("heading", name="Nothing was sent yet").wait_for()
        assert_every_look(page, "signed out in mid-form")
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Sign in in a new tab").click()
        tab = opened.value
        tab.get_by_label("Email").fill(person.email)
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("button", name="Continue").click()
        tab.get_by_label("Code").fill(person.code())
        tab.get_by_role("button", name="Sign in").click()
        tab.wait_for_url("**/overview")
        tab.close()
        page.get_by_role("button", name="Send it again").click()
        page.get_by_text("opened before you signed in").wait_for()
        page.get_by_role("button", name="Send it again").click()
        page.wait_for_url("**/people**")
    assert office.value("SELECT count(*) FROM membership WHERE email = 'nurse@meridian.example' AND name = 'Tia O''Brien'") == 1


def add_passkey(page: Page) -> None:
    """Give the window an authenticator of its own, and add a passkey of it to the account that is signed in."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, "automaticPresenceSimulation": True}})
    page.goto("/profile/passkeys")
    page.fill("#label", "work laptop")
    page.click("text=Add a passkey")
    page.wait_for_selector("td:has-text('work laptop')")


def test_a_passkey_is_added_and_signs_in_without_a_password(browser: Browser, database: TestDatabase, pages: Pages, named: str) -> None:
    person = new_signer(database)
    give_role(database, person, new_office(database, "A1").vendor_id, "billing_admin")
    with window(browser, named, cookies_of(sign_in(pages, person))) as page:
        add_passkey(page)
        page.click("text=Sign out")
        page.wait_for_url("**/sign-in")
        page.click("text=Sign in with a passkey")
        page.wait_for_url(f"{named}/overview")
        page.goto("/profile")
        expect(page.locator("main")).to_contain_text("signed in passkey accepted")
    assert [mail.text for mail in pages.posted if mail.to == person.email and "a passkey was added" in mail.text]


def test_a_passkey_of_an_account_that_was_disabled_is_refused(browser: Browser, database: TestDatabase, pages: Pages, named: str) -> None:
    person = new_signer(database)
    give_role(database, person, new_office(database, "A1").vendor_id, "billing_admin")
    with window(browser, named, cookies_of(sign_in(pages, person))) as page:
        add_passkey(page)
        with database.auth_engine.begin() as connection:
            connection.execute(text("UPDATE account SET disabled_at = now() WHERE account_id = :id"), {"id": person.id})
        page.goto("/sign-in")
        page.click("text=Sign in with a passkey")
        page.wait_for_selector("text=This passkey was not taken")
        page.goto("/profile")
        assert "/sign-in" in page.url
