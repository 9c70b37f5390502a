"""A line of an invoice opened, and a patient's month, as they stand on the screens of a practice and on paper: nothing of them is cut off."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from caretally.months import Month
from caretally.web.visitor import Visitor
from tests.browser.conftest import Visit
from tests.browser.looks import assert_every_look, picture, violations
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office
from tests.builders.pages import visitor_of
from tests.builders.pages_office import send_all

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
NUMBER = 12
# How wide a sheet of paper is between its margins, in pixels.
PAPER = 710
CUT_OFF = "box => box.scrollWidth > box.clientWidth + 1"


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with a client whose months since February are closed, and entries of a nurse with a long name."""
    made = new_office(database, "A1")
    made.add_staff("lpn", family_name="Papadimitriou-Fairweather", given_name="Konstantinos", credential="LPN")
    for number in range(NUMBER):
        patient = made.add_patient("A1", f"A1-{number:02d}", family_name=f"Castellano-{number:02d}", birth_date=f"1941-03-{number + 1:02d}")
        for month in (9, 10):
            for day in (1, 2, 5):
                starts = datetime(2026, month, day, 9 + number, tzinfo=UTC)
                made.add_time("A1", patient, "lpn", starts=starts, seconds=485, activity="medication reconciliation")
    for month in range(2, 11):
        made.close(month=Month(2026, month))
    send_all(made)
    return made


@pytest.fixture(scope="module")
def nora(office: Office) -> Visitor:
    """The practice's administrator."""
    return visitor_of(
        office.vendor_id, clients=[office.clients["A1"]], name="Nora Beck", role="Practice administrator", vendor_name="Practice A1"
    )


def october(office: Office) -> str:
    """Return the address of October's invoice."""
    return f"/invoices/{office.value('SELECT id FROM invoice WHERE month = :month', month=OCTOBER.first_day)}"


def assert_nothing_is_cut_off(page: Page) -> None:
    """Assert that the entries of the open line fit into their box, and that the last sum is shown whole."""
    box = page.locator(".drill .tw")
    assert not box.evaluate(CUT_OFF), page.viewport_size
    last = page.locator(".drill tbody tr").last.locator("td").last
    assert last.evaluate("cell => cell.getBoundingClientRect().right") <= box.evaluate("box => box.getBoundingClientRect().right") + 1
    expect(last).to_contain_text("24:15")


@pytest.mark.parametrize("width", [1920, 1536, 1440, 1366, 1280, 1024, 761, 390])
def test_the_entries_of_an_open_line_fit_their_box(visit: Visit, office: Office, nora: Visitor, width: int) -> None:
    with visit(f"{october(office)}?open=3", nora, width=width) as page:
        assert_nothing_is_cut_off(page)
        picture(page, f"open-line-{width}")


def test_the_entries_of_an_open_line_fit_the_paper(visit: Visit, office: Office, nora: Visitor) -> None:
    with visit(f"{october(office)}?open=3", nora, width=PAPER) as page:
        page.emulate_media(media="print")
        assert_nothing_is_cut_off(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PAPER
        picture(page, "open-line-print")


def test_axe_finds_nothing_on_an_open_line(visit: Visit, office: Office, nora: Visitor) -> None:
    with visit(f"{october(office)}?open=3", nora) as page:
        assert_every_look(page, "open-line")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_line_that_is_opened_by_the_keyboard_has_the_focus_and_is_seen_below_the_top_bar(
    visit: Visit, office: Office, nora: Visitor, *, scripts: bool
) -> None:
    with visit(october(office), nora, scripts=scripts) as page:
        page.get_by_role("link", name="Castellano-09").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".drill")
        focused = page.locator(":focus")
        expect(focused).to_have_count(1)
        expect(focused).to_contain_text("Castellano-09")
        row, bar = page.locator("tr.open").bounding_box(), page.locator(".top").bounding_box()
        assert row and bar
        assert row["y"] >= bar["y"] + bar["height"]


def test_a_patients_month_is_no_wider_than_a_phone(visit: Visit, office: Office, nora: Visitor) -> None:
    patient = office.value("SELECT min(id::text) FROM patient")
    with visit(f"/patients/{patient}/2026-10", nora, width=390) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert violations(page) == []
        picture(page, "patient-month-390")
