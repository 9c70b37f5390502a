"""The page of what waits for approval: what it lists, what it warns of, and what approving or sending back would do."""

import re

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.time_pages import written
from tests.builders.timekeeping import Timekeeping, new_timekeeping


@pytest.fixture
def keeping(database: TestDatabase) -> Timekeeping:
    """A vendor of its own for each test."""
    return new_timekeeping(database)


def test_a_supervisor_sees_how_many_entries_and_minutes_before_all_are_approved(pages: Pages, keeping: Timekeeping) -> None:
    written(keeping, pages)
    written(keeping, pages, who="colleague", starts="11:00", ends="11:10")
    page = keeping.page(pages, "/time/approvals", "supervisor")
    tokens = re.findall(r'name="entry" value="([^"]+)"', page.text)
    shown = keeping.send(pages, "/time/approvals", "supervisor", entry=tokens, act="approve", because="")
    assert "Approve 2 entries, 35:00 minutes" in words(shown)
    assert keeping.office.value("SELECT count(*) FROM time_entry WHERE approved_by <> ''") == 0
    done = keeping.send(pages, "/time/approvals", "supervisor", entry=tokens, act="approve", because="", sure="1")
    assert done.headers["Location"] == "/time/approvals?approved=2&of=2"
    again = keeping.send(pages, "/time/approvals", "supervisor", entry=tokens, act="approve", because="", sure="1")
    assert "None of what you chose waits any more" in words(again)
    assert keeping.office.value("SELECT count(*) FROM time_entry WHERE approved_by = 'Supervisor Person'") == 2


def test_all_that_waits_of_one_person_is_approved_after_its_count_was_shown(pages: Pages, keeping: Timekeeping) -> None:
    for minute in (0, 10, 20):
        written(keeping, pages, starts=f"10:{minute:02d}", ends=f"10:{minute + 5:02d}")
    written(keeping, pages, who="colleague", starts="11:00", ends="11:10")
    written(keeping, pages, who="supervisor", starts="12:00", ends="12:10")
    path = f"/time/approvals?staff={keeping.office.staff['rn']}"
    shown = keeping.send(pages, path, "supervisor", act="approve_all", because="")
    assert "Approve 3 entries, 15:00 minutes" in words(shown)
    everybodys = keeping.send(pages, "/time/approvals", "supervisor", act="approve_all", because="")
    assert "Approve 4 entries, 25:00 minutes" in words(everybodys)
    tokens = re.findall(r'name="entry" value="([^"]+)"', shown.text)
    keeping.send(pages, path, "supervisor", to="/time/approvals", entry=tokens, act="approve", because="", sure="1")
    assert keeping.office.value("SELECT count(*) FROM time_entry WHERE approved_by <> ''") == 3


def test_time_is_sent_back_with_a_reason_only_and_its_person_reads_it(pages: Pages, keeping: Timekeeping) -> None:
    address = written(keeping, pages).headers["Location"]
    tokens = re.findall(r'name="entry" value="([^"]+)"', keeping.page(pages, "/time/approvals", "supervisor").text)
    silent = keeping.send(pages, "/time/approvals", "supervisor", entry=tokens, act="return", because=" ")
    assert "Write why it goes back" in words(silent)
    keeping.send(pages, "/time/approvals", "supervisor", entry=tokens, act="return", because="Which call?", sure="1")
    assert "sent it back: Which call?" in words(keeping.page(pages, address))
    assert "Sent back: Which call?" in words(keeping.page(pages, "/time/week?day=2026-10-05"))


@pytest.mark.parametrize("because", ["Which call.", "Which call", "Which call?"])
def test_the_reason_of_what_was_sent_back_ends_in_one_stop(pages: Pages, keeping: Timekeeping, because: str) -> None:
    address = written(keeping, pages).headers["Location"]
    tokens = re.findall(r'name="entry" value="([^"]+)"', keeping.page(pages, "/time/approvals", "supervisor").text)
    keeping.send(pages, "/time/approvals", "supervisor", entry=tokens, act="return", because=because, sure="1")
    whole = because if because[-1] in ".?" else f"{because}."
    assert f"sent it back: {whole} Put it right" in words(keeping.page(pages, address))


def test_who_may_not_approve_meets_a_closed_door_and_nobody_logs_time_without_the_right(pages: Pages, keeping: Timekeeping) -> None:
    assert keeping.page(pages, "/time/approvals").status_code == 403
    assert pages.get("/time", visitor_of(keeping.office.vendor_id, permissions=frozenset({"read_months"}))).status_code == 403
