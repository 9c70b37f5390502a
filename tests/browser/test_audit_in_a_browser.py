"""A practice's audit in a real browser: a line explained in one click and disputed in three, and its pages under axe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from caretally.web.visitor import Visitor
from tests.browser.conftest import Visit
from tests.browser.looks import assert_every_look, picture, violations
from tests.builders.accounts import give_role, new_signer
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import visitor_of
from tests.builders.pages_office import invoice_id, office_with_closed_month, send_all
from tests.builders.worlds import fill_own_space, owned

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor whose October is closed for three practices; the first has drawn a sample and compared a roster."""
    made = office_with_closed_month(database, "A1", "A2", "A3")
    send_all(made)
    give_role(database, new_signer(database), made.vendor_id, "practice_administrator", clients=["A1"])
    fill_own_space(made, "A1", "Castellano")
    return made


@pytest.fixture(scope="module")
def dana(office: Office) -> Visitor:
    """The vendor's billing administrator."""
    return visitor_of(office.vendor_id)


@pytest.fixture(scope="module")
def nora(office: Office) -> Visitor:
    """The administrator of the first practice."""
    clients = [office.clients["A1"]]
    return visitor_of(office.vendor_id, clients=clients, name="Nora Beck", role="Practice administrator", vendor_name="Practice A1")


class Clicks:
    """Counts the clicks of a visit."""

    def __init__(self) -> None:
        """Begin at none."""
        self.made = 0

    def __call__(self, where: Any) -> None:
        """Click there."""
        where.click()
        self.made += 1


def test_a_line_is_explained_by_one_click_and_disputed_by_three(visit: Visit, office: Office, nora: Visitor, dana: Visitor) -> None:
    click = Clicks()
    with visit(f"/invoices/{invoice_id(office, 'A1')}", nora, scripts=False) as page:
        click(page.get_by_role("link", name="Castellano-A1, Carla"))
        expect(page.get_by_text("47:00 minutes, 1 entry")).to_be_visible()
        expect(page.locator(".drill")).to_contain_text("Billable:")
        assert click.made == 1
        click(page.get_by_label("What you ask, or what is wrong"))
        page.keyboard.type("The log of the practice shows no call that day.")
        click(page.get_by_role("button", name="Dispute this line"))
        expect(page.get_by_text("The log of the practice shows no call that day.")).to_be_visible()
        expect(page.get_by_text("Waiting for the answer").first).to_be_visible()
        assert click.made == 3
        picture(page, "disputed")
    with visit("/questions", dana) as page:
        page.get_by_role("link", name="Dispute: Castellano").click()
        page.get_by_label("Your answer").fill("By phone, at ten.")
        page.get_by_role("button", name="Send the answer").click()
        expect(page.get_by_text("By phone, at ten.")).to_be_visible()


Paths = Callable[[Office], str]
PATHS: dict[str, Paths] = {
    "list": lambda _office: "/invoices?state=open&sort=-amount",
    "line to ask about": lambda office: f"/invoices/{invoice_id(office, 'A1')}?open=1",
    "no line found": lambda office: f"/invoices/{invoice_id(office, 'A1')}?q=nobody",
    "not billed": lambda office: f"/invoices/{invoice_id(office, 'A1')}/not-billed/TIME_BELOW_THRESHOLD",
    "patient-month": lambda office: f"/patients/{patient(office, 'Carla')}/2026-10",
    "patient-month not billable": lambda office: f"/patients/{patient(office, 'Shirley')}/2026-10",
    "questions": lambda _office: "/questions?shown=all",
    "no questions": lambda _office: "/questions?shown=settled",
    "practice": lambda _office: "/practice",
    "patients": lambda _office: "/months/2026-10/patients",
    "no patients": lambda _office: "/months/2026-10/patients?q=nobody",
    "samples": lambda _office: "/practice/samples",
    "sample": lambda office: f"/practice/samples/{owned(office, 'A1', 'Castellano').sample}",
    "rosters": lambda _office: "/practice/rosters",
    "roster": lambda office: f"/practice/rosters/{owned(office, 'A1', 'Castellano').roster}",
    "thread": lambda office: f"/questions/{office.value('SELECT min(id::text) FROM line_question')}",
}


def patient(office: Office, given: str) -> str:
    """Return the id of a patient of the first practice."""
    return str(office.value("SELECT id FROM patient WHERE client_id = :id AND given_name = :given", id=office.clients["A1"], given=given))


@pytest.mark.parametrize("name", PATHS)
def test_axe_finds_nothing_on_a_practices_pages_and_nothing_lies_beside_the_screen(
    visit: Visit, office: Office, nora: Visitor, name: str
) -> None:
    with visit(PATHS[name](office), nora) as page:
        assert_every_look(page, f"audit-{name}")


def test_a_refused_dispute_has_the_focus_on_what_is_wrong_and_keeps_what_was_typed(visit: Visit, office: Office, nora: Visitor) -> None:
    with visit(f"/invoices/{invoice_id(office, 'A1')}?open=1", nora, width=390) as page:
        page.get_by_label("What you ask, or what is wrong").fill("Too much.")
        page.get_by_label("Disputed, in dollars").fill("1000")
        page.get_by_role("button", name="Dispute this line").click()
        page.wait_for_selector(".summary:focus")
        expect(page.get_by_label("What you ask, or what is wrong")).to_have_value("Too much.")
        expect(page.get_by_label("Disputed, in dollars")).to_have_value("1000")
        picture(page, "audit-refused-dispute-390")
        assert violations(page) == []


def test_a_long_unbroken_reason_is_read_whole_on_a_phone(visit: Visit, office: Office, nora: Visitor) -> None:
    with visit(PATHS["sample"](office), nora, width=390, scripts=False) as page:
        page.get_by_label("What is not right with Castellano-A1, Carla").fill("nocallinourlog" * 12)
        page.get_by_role("button", name="Not OK").click()
        told = page.locator("td small", has_text="nocallinourlog").bounding_box()
        assert told
        assert told["x"] + told["width"] <= 390 - 16
        reason = page.locator("td small", has_text="nocallinourlog")
        assert reason.evaluate("one => one.scrollWidth <= one.clientWidth")
        picture(page, "audit-long-reason-390")


def test_a_sample_is_drawn_and_judged_and_a_roster_is_compared_without_a_script(visit: Visit, nora: Visitor, tmp_path: Path) -> None:
    with visit("/practice/samples", nora, scripts=False) as page:
        page.get_by_label("How many").fill("1")
        page.get_by_role("button", name="Draw the sample").click()
        page.get_by_label("What is not right with Castellano-A1, Carla").fill("No call in our log.")
        page.get_by_role("button", name="Not OK").click()
        expect(page.get_by_text("1 drawn = 0 ok + 1 not ok + 0 to judge")).to_be_visible()
    roster = tmp_path / "list.csv"
    roster.write_text("mrn\r\nA1-Carla\r\nA1-Nobody\r\n")
    with visit("/practice/rosters", nora, scripts=False) as page:
        page.get_by_label("File").set_input_files(roster)
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_text("2 lines of Practice A1: 1 matched, 1 not enrolled")).to_be_visible()
