"""A month in a real browser, each of its people from the sign-in with password and code to what they came for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from caretally.carelog.staff_ties import tie
from tests.builders.accounts import PASSWORD, Signer, give_role, new_signer
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.queue_office import queue_office

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
ROLES = {
    "Tia Rivers": "clinical_staff",
    "Mara Holt": "clinical_supervisor",
    "Corin Vale": "coordinator",
    "Dana Whitfield": "billing_admin",
    "Nora Beck": "practice_administrator",
}


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor whose October is still open: of five patients one lacks a consent, one an approval, one a review and one minutes."""
    return queue_office(database, "A1", close=False)


@pytest.fixture(scope="module")
def people(database: TestDatabase, office: Office) -> dict[str, Signer]:
    """The people of the vendor and of its practice; the nurse and the supervisor are of the staff."""
    office.add_staff("sup", given_name="Mara", family_name="Holt")
    made = {name: new_signer(database, name=name) for name in ROLES}
    for name, signer in made.items():
        give_role(database, signer, office.vendor_id, ROLES[name], clients=["A1"] if name == "Nora Beck" else [])
    with office.transaction() as connection:
        tie(connection, made["Tia Rivers"].id, office.staff["rn-A1"])
        tie(connection, made["Mara Holt"].id, office.staff["sup"])
    return made


@contextmanager
def signed_in(browser: Browser, address: str, signer: Signer) -> Iterator[Page]:
    """Sign in with password and code, land on the overview, and sign out at the end; a word on the console fails."""
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto("/")
    page.get_by_label("Email").fill(signer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Code").fill(signer.code())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/overview")
    yield page
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in**")
    context.close()
    assert [words for words in said if "Cleared data types" not in words] == []


def test_a_month_goes_through_the_hands_of_its_people(browser: Browser, address: str, office: Office, people: dict[str, Signer]) -> None:
    with signed_in(browser, address, people["Tia Rivers"]) as page:
        time_is_written_by_hand(page)
    with signed_in(browser, address, people["Mara Holt"]) as page:
        time_is_approved(page)
    with signed_in(browser, address, people["Dana Whitfield"]) as page:
        assert previewed(page) == "$114.00"
    with signed_in(browser, address, people["Corin Vale"]) as page:
        a_consent_is_recorded(page)
    with signed_in(browser, address, people["Dana Whitfield"]) as page:
        assert previewed(page) == "$152.00"
        the_month_is_closed_and_sent(page)
    with signed_in(browser, address, people["Nora Beck"]) as page:
        a_line_is_explained_and_asked_about(page)
    with signed_in(browser, address, people["Dana Whitfield"]) as page:
        the_question_is_answered(page)
    with signed_in(browser, address, people["Nora Beck"]) as page:
        the_answer_is_accepted(page)
    assert office.value("SELECT state FROM line_message ORDER BY seq DESC LIMIT 1") == "accepted"
    assert office.value("SELECT state FROM invoice_state ORDER BY seq DESC LIMIT 1") == "open"


def time_is_written_by_hand(page: Page) -> None:
    """The nurse adds a call that was never logged."""
    page.get_by_role("link", name="Time", exact=True).click()
    page.get_by_role("link", name="By hand").click()
    page.get_by_label("Name or record number").fill("A1-Short")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Castellano-A1").first.click()
    page.get_by_label("Day").fill("2026-10-20")
    page.get_by_label("From").fill("09:00")
    page.get_by_label("To", exact=True).fill("09:22")
    page.get_by_label("Activity").select_option(label="Medication management")
    page.get_by_label("Note").fill("Went through the medication list.")
    page.get_by_label("Why by hand").fill("The call came in while I was on the road.")
    page.get_by_role("button", name="Keep it for approval").click()
    page.get_by_text("waits for approval").first.wait_for()


def time_is_approved(page: Page) -> None:
    """The supervisor is told on her first page, sees how much it is, and approves all."""
    page.get_by_role("link", name="2 entries wait for approval").click()
    page.get_by_role("button", name="Approve all").click()
    page.get_by_role("button", name="Approve 2 entries").click()
    page.get_by_text("Nothing waits").first.wait_for()


def previewed(page: Page) -> str:
    """The billing administrator previews October for all clients; what they come to is returned."""
    page.goto("/months/2026-10")
    page.get_by_role("button", name="Preview").first.click()
    found = page.get_by_role("heading", name="1 client previewed for ").inner_text()
    return found.rpartition(" ")[2]


def a_consent_is_recorded(page: Page) -> None:
    """The coordinator finds the reason on the first page and adds the consent."""
    page.get_by_role("link", name="No consent").first.click()
    page.get_by_role("link", name="Add consent of Castellano-A1, Noconsent").click()
    page.get_by_label("Day of the consent").fill("2026-01-05")
    page.get_by_label("all four:").click()
    page.get_by_role("button", name="Record the consent").click()
    page.wait_for_url("**recorded=1")


def the_month_is_closed_and_sent(page: Page) -> None:
    """The billing administrator answers the question before the close, and sends the draft."""
    page.get_by_role("link", name="Close October").click()
    page.get_by_role("button", name="Close October: 1 invoice, $152.00").click()
    page.get_by_role("heading", name="1 client closed for $152.00").wait_for()
    page.get_by_role("link", name="Send invoices").click()
    page.get_by_role("button", name="Send").first.click()


def a_line_is_explained_and_asked_about(page: Page) -> None:
    """The practice administrator comes to the invoice from the first page, opens a line and asks about it."""
    page.get_by_role("link", name="1 invoice is ").click()
    page.locator("main").get_by_role("link", name=re.compile("-0")).first.click()
    page.get_by_role("link", name="Castellano-A1, Short").click()
    page.get_by_label("What you ask, or what is wrong").fill("Who called on 20 October?")
    page.get_by_role("button", name="Ask a question").click()
    page.get_by_text("Waiting for the answer").first.wait_for()


def the_question_is_answered(page: Page) -> None:
    """The billing administrator is told of the question on the first page and answers it."""
    page.get_by_role("link", name="1 question of a practice waits for an answer").click()
    page.get_by_role("link", name="Castellano-A1").click()
    page.get_by_label("Your answer").fill("Tia Rivers; the call came in while she was on the road.")
    page.get_by_role("button", name="Send the answer").click()
    page.get_by_text("while she was on the road").first.wait_for()


def the_answer_is_accepted(page: Page) -> None:
    """The practice administrator is told of the answer on the first page and accepts the line."""
    page.get_by_role("link", name="1 question of yours has an answer").click()
    page.get_by_role("link", name="Castellano-A1").click()
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("Accepted").first.wait_for()
