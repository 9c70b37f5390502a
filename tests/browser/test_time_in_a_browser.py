"""Time in a real browser: every state of its pages under axe, the timer with and without scripts, a call from the search to the confirmed note."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import expect

from caretally.carelog.desk import desk_of_actor
from caretally.carelog.entries import Work, keep_written
from caretally.carelog.timer import For, start
from caretally.web.visitor import Visitor
from tests.browser.conftest import Visit
from tests.browser.looks import assert_every_look, violations
from tests.builders.databases import TestDatabase
from tests.builders.pages import visitor_of
from tests.builders.timekeeping import Timekeeping, new_timekeeping

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
WORKED = datetime(2026, 11, 23, 15, tzinfo=UTC)
PAGES = {
    "time": ("nurse", "/time"),
    "time and patients found": ("nurse", "/time?q=a"),
    "time and nobody found": ("nurse", "/time?q=nobody"),
    "time with a question": ("colleague", "/time"),
    "time by nobody of the staff": ("stranger", "/time"),
    "week": ("nurse", "/time/week?day=2026-11-23"),
    "empty week": ("nurse", "/time/week?day=2026-08-03"),
    "entry": ("nurse", "/time/entries/{entry}"),
    "entry of another person": ("colleague", "/time/entries/{entry}"),
    "late entry": ("nurse", "/time/entries/{late}"),
    "closed entry": ("nurse", "/time/entries/{closed}"),
    "hours": ("nurse", "/time/entries/{entry}/hours"),
    "taking out": ("nurse", "/time/entries/{entry}/take-out"),
    "after taking out": ("nurse", "/time/week?day=2026-11-23&taken_out=600"),
    "by hand": ("nurse", "/time/by-hand?q=a"),
    "write": ("nurse", "/time/by-hand/{patient}"),
    "other work": ("nurse", "/time/by-hand/other"),
    "approvals": ("supervisor", "/time/approvals"),
    "no approvals": ("supervisor", "/time/approvals?page=9"),
    "patient": ("nurse", "/time/patients/{patient}/2026-11"),
    "patient in a closed month": ("nurse", "/time/patients/{patient}/2026-10"),
    "patient without time": ("nurse", "/time/patients/{patient}/2026-08"),
    "ties": ("admin", "/staff-ties"),
}


def write(keeping: Timekeeping, starts: datetime, minutes: int, *, who: str = "nurse", mrn: str = "1001") -> UUID:
    """Write an entry by hand and return its id."""
    with keeping.transaction(who) as connection:
        work = Work(
            client_id=keeping.office.clients["A1"],
            patient_id=keeping.patients[mrn],
            staff_id=desk_of_actor(connection).staff_id,
            program="CCM",
            activity="call",
            pieces=[(starts, starts + timedelta(minutes=minutes))],
            description="Medication: taking all as prescribed.\nReadings: 132/84, 128/80.",
        )
        made = keep_written(connection, work, key=uuid4(), reason="The call came in while I was on the road.")
    assert made is not None
    return made


def begin(keeping: Timekeeping, who: str, mrn: str) -> None:
    """Start a person's timer."""
    with keeping.transaction(who) as connection:
        start(connection, uuid4(), For("call", keeping.patients[mrn]))


@pytest.fixture(scope="module")
def keeping(database: TestDatabase) -> Timekeeping:
    """A vendor whose October is closed, with time in every state and a colleague whose timer ran on for 35 minutes."""
    made = new_timekeeping(database)
    write(made, datetime(2026, 10, 6, 14, tzinfo=UTC), 30)
    made.office.close()
    for day, minutes in ((0, 14), (1, 23), (2, 9)):
        made.office.add_time("A1", made.patients["1001"], "rn", starts=WORKED + timedelta(days=day), seconds=60 * minutes)
    begin(made, "colleague", "1001")
    made.turn_back(35 * 60)
    begin(made, "nurse", "1001")
    made.visitors["stranger"] = visitor_of(made.office.vendor_id, permissions=frozenset({"log_time"}))
    made.visitors["admin"] = visitor_of(made.office.vendor_id)
    return made


@pytest.fixture(scope="module")
def ids(keeping: Timekeeping) -> dict[str, UUID]:
    """The ids that the addresses of pages name."""
    query = "SELECT id FROM logged_time ORDER BY id LIMIT 1"
    closed = UUID(str(keeping.office.value(query)))
    late = write(keeping, datetime(2026, 10, 7, 14, tzinfo=UTC), 10)
    entry = write(keeping, WORKED + timedelta(minutes=5), 20)
    write(keeping, WORKED + timedelta(hours=2), 20, who="colleague")
    return {"closed": closed, "late": late, "entry": entry, "patient": keeping.patients["1001"]}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_the_pages_of_time_and_nothing_lies_beside_the_screen(
    visit: Visit, keeping: Timekeeping, ids: dict[str, UUID], name: str
) -> None:
    who, path = PAGES[name]
    with visit(path.format(**ids), keeping.visitors[who]) as page:
        assert_every_look(page, name)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_call_goes_from_the_search_to_the_confirmed_note(visit: Visit, database: TestDatabase, *, scripts: bool) -> None:
    keeping = new_timekeeping(database)
    with visit("/time", keeping.visitors["nurse"], scripts=scripts) as page:
        page.get_by_label("Name or record number").fill("brandt")
        page.get_by_role("button", name="Find").click()
        page.get_by_role("button", name="Start for Bela Brandt").click()
        page.get_by_text("running since").wait_for()
        keeping.turn_back(600)
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("checkbox", name="Medication").check()
        page.get_by_role("button", name="Draft the note").click()
        note = page.get_by_label("Note", exact=True)
        expect(note).to_have_value("Medication: reviewed, no change reported.")
        note.fill("Medication: metformin as before.")
        page.get_by_role("button", name="Confirm the note").click()
        page.get_by_text("The note is kept").wait_for()
    assert keeping.office.value("SELECT description FROM time_entry") == "Medication: metformin as before."


def test_the_seconds_run_where_scripts_run_and_stand_still_without_them(visit: Visit, database: TestDatabase) -> None:
    keeping = new_timekeeping(database)
    begin(keeping, "nurse", "1001")
    with visit("/time", keeping.visitors["nurse"]) as page:
        first = page.locator("output").inner_text()
        page.wait_for_function("first => document.querySelector('output').textContent !== first", arg=first)
        assert re.fullmatch(r"\d+:\d\d", page.locator("output").inner_text())
    with visit("/time", keeping.visitors["nurse"], scripts=False) as page:
        assert re.fullmatch(r"\d+:\d\d", page.locator("output").inner_text())


def test_a_note_refused_in_a_browser_keeps_what_was_typed_and_has_the_focus_on_what_is_wrong(
    visit: Visit, keeping: Timekeeping, ids: dict[str, UUID]
) -> None:
    with visit(f"/time/entries/{ids['late']}", keeping.visitors["nurse"]) as page:
        page.get_by_label("Readings: what you found").fill("132/84")
        page.get_by_label("Note", exact=True).fill("  ")
        page.get_by_role("button", name="Confirm the note").click()
        page.wait_for_selector(".summary:focus")
        expect(page.get_by_label("Readings: what you found")).to_have_value("132/84")
        assert violations(page) == []


def test_a_double_click_on_start_starts_one_timer(visit: Visit, database: TestDatabase) -> None:
    keeping = new_timekeeping(database)
    who: Visitor = keeping.visitors["nurse"]
    with visit("/time?q=1001", who) as page:
        page.get_by_role("button", name="Start for Alma Abara").dblclick()
        page.get_by_text("running since").wait_for()
    assert keeping.office.value("SELECT count(*) FROM timer") == 1


def test_the_back_button_leads_to_the_page_as_it_is_now(visit: Visit, database: TestDatabase) -> None:
    keeping = new_timekeeping(database)
    with visit("/time?q=1001", keeping.visitors["nurse"]) as page:
        page.get_by_role("button", name="Start for Alma Abara").click()
        page.get_by_text("running since").wait_for()
        page.go_back()
        page.get_by_text("running since").wait_for()
        expect(page.get_by_role("button", name="Start for Alma Abara")).to_have_count(0)
    assert keeping.office.value("SELECT count(*) FROM timer") == 1


def test_a_approves_the_chosen_entry(visit: Visit, database: TestDatabase) -> None:
    keeping = new_timekeeping(database)
    write(keeping, WORKED, 20)
    with visit("/time/approvals", keeping.visitors["supervisor"]) as page:
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.keyboard.press("a")
        page.get_by_role("heading", name="Approve 1 entry").wait_for()
