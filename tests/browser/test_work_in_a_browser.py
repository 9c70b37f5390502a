"""Progress moves while it is looked at, with the script and without it, and stands still at the end."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests.browser.conftest import Visit
from tests.builders.databases import TestDatabase
from tests.builders.jobs import work_under_way
from tests.builders.office import new_office
from tests.builders.pages import visitor_of

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")


@pytest.mark.parametrize("scripts", [True, False], ids=["with the script", "without it"])
def test_progress_moves_until_it_has_ended(visit: Visit, database: TestDatabase, *, scripts: bool) -> None:
    office = new_office(database, "A")
    job_id = work_under_way(office)
    with visit(f"/work/{job_id}", visitor_of(office.vendor_id), scripts=scripts) as page:
        page.get_by_text("20 of 60 clients closed").wait_for()
        with office.transaction() as connection:
            ended = "UPDATE job SET status = 'done', done = 60, said = 'All 60 clients are closed.', ended_at = clock_timestamp() WHERE id = :id"
            connection.execute(text(ended), {"id": job_id})
        if not scripts:
            page.get_by_role("link", name="See how far it is now").click()
        page.get_by_text("All 60 clients are closed.").wait_for(timeout=60_000)
        expect(page.get_by_text("60 of 60 clients closed")).to_have_count(1)
        expect(page.get_by_role("link", name="See how far it is now")).to_have_count(0)


def test_what_the_script_asks_for_is_said_to_be_nobodys_press(visit: Visit, database: TestDatabase) -> None:
    office = new_office(database, "A")
    with visit(f"/work/{work_under_way(office)}", visitor_of(office.vendor_id)) as page:
        with page.expect_request(lambda asked: "/work/" in asked.url) as asked:
            pass
        assert asked.value.header_value("X-Polling") == "yes"
