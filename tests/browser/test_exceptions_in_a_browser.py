"""The queue in a real browser: a consent exception is fixed in four clicks, an act is told and undone, in every state nothing for axe to find."""

import pytest
from playwright.sync_api import expect

from caretally.identity.roles import Role
from caretally.web.visitor import Visitor
from tests.browser.conftest import Visit
from tests.browser.looks import assert_every_look
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.queue_office import one, person, queue_office

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
LIMIT = 4
COUNT_CLICKS = "window.clicks = +sessionStorage.clicks || 0; addEventListener('click', () => sessionStorage.clicks = ++window.clicks, true)"


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with two clients whose October is closed."""
    return queue_office(database, "A1", "A2")


@pytest.fixture(scope="module")
def dana(database: TestDatabase, office: Office) -> Visitor:
    """The vendor's billing administrator, with a membership."""
    return person(database, office, Role.BILLING_ADMIN, "Dana Whitfield")


@pytest.fixture(scope="module")
def mara(database: TestDatabase, office: Office) -> Visitor:
    """The clinical supervisor."""
    return person(database, office, Role.CLINICAL_SUPERVISOR, "Mara Holt")


def test_a_consent_exception_is_fixed_in_four_clicks_from_the_first_page(visit: Visit, office: Office, dana: Visitor) -> None:
    with visit("/months/2026-10", dana) as page:
        page.add_init_script(COUNT_CLICKS)
        page.goto("/months/2026-10")
        page.get_by_role("link", name="Exceptions", exact=True).click()
        page.get_by_role("link", name="Add consent of Castellano-A1, Noconsent").click()
        page.get_by_label("Day of the consent").fill("2026-01-05")
        page.get_by_label("all four:").click()
        page.get_by_role("button", name="Record the consent").click()
        page.wait_for_url("**recorded=1")
        expect(page.get_by_text("It is recorded. October 2026 stays as it was closed")).to_be_visible()
        assert int(page.evaluate("sessionStorage.clicks")) <= LIMIT
        assert_every_look(page, "exception-recorded")
    assert office.value("SELECT count(*) FROM consent n JOIN patient p ON p.id = n.patient_id WHERE p.mrn = 'A1-Noconsent'") == 1


def test_axe_finds_nothing_in_any_state_of_the_queue(visit: Visit, office: Office, dana: Visitor, mara: Visitor) -> None:
    with visit("/exceptions", dana) as page:
        assert_every_look(page, "queue")
        page.get_by_role("button", name="Assign …").click()
        page.wait_for_selector(".summary")
        assert_every_look(page, "queue-refused")
        page.get_by_role("combobox", name="Assign to").select_option(label="Dana Whitfield, billing admin")
        page.get_by_role("button", name="Assign …").click()
        page.get_by_role("heading", name="Assign ").wait_for()
        assert_every_look(page, "queue-told")
        page.get_by_role("button", name="Assign ").click()
        page.wait_for_url("**done=1")
        assert_every_look(page, "queue-done")
        page.get_by_role("button", name="Undo it").click()
        page.wait_for_url("**undone=**")
        assert_every_look(page, "queue-undone")
    for mrn, code in (("A2-Noconsent", "NO_CONSENT"), ("A2-Pending", "TIME_PENDING"), ("A2-Overdue", "CARE_PLAN_REVIEW_OVERDUE")):
        with visit(one(office, mrn, code), mara if code == "TIME_PENDING" else dana) as page:
            assert_every_look(page, f"exception-{code}")
    with visit(one(office, "A2-Noconsent", "NO_CONSENT"), dana) as page:
        page.get_by_role("button", name="Record the consent").click()
        page.wait_for_selector(".summary")
        assert_every_look(page, "exception-refused")


def test_without_scripts_the_queue_is_filtered_and_time_is_approved(visit: Visit, office: Office, mara: Visitor) -> None:
    with visit("/exceptions", mara, scripts=False) as page:
        page.get_by_role("combobox", name="Reason").select_option(label="Time waiting to be put right")
        page.get_by_role("button", name="Show").click()
        page.get_by_role("link", name="Approve time of Castellano-A1, Pending").click()
        page.get_by_role("button", name="Approve 25:00 minutes in my name").click()
        expect(page.get_by_text("It is recorded.")).to_be_visible()
    assert office.value("SELECT count(*) FROM late_entry WHERE kind = 'approved'") == 1
