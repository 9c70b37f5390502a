"""What was logged is taken out after a question, and the week says what happened."""

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.pages import Pages, words
from tests.builders.time_pages import written
from tests.builders.timekeeping import Timekeeping, new_timekeeping


@pytest.fixture
def keeping(database: TestDatabase) -> Timekeeping:
    """A vendor of its own for each test."""
    return new_timekeeping(database)


def test_an_entry_is_taken_out_after_a_question_and_the_week_says_so(pages: Pages, keeping: Timekeeping) -> None:
    address = written(keeping, pages).headers["Location"]
    assert f'href="{address}/take-out"' in keeping.page(pages, address).text
    assert f'action="{address}/take-out"' not in keeping.page(pages, address).text
    asked = keeping.page(pages, f"{address}/take-out")
    assert "Take out 25:00 for Alma Abara? 5 Oct 2026, 10:00–10:25. Called about <readings> & diet." in words(asked)
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 1
    seen = asked.text.split('name="seen" value="')[1][:64]
    done = keeping.send(pages, f"{address}/take-out", seen=seen)
    assert done.headers["Location"] == "/time/week?day=2026-10-05&taken_out=1500"
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 0
    assert "25:00 of time was taken out; the audit log keeps that it was there" in words(keeping.page(pages, done.headers["Location"]))


def test_what_is_approved_changed_or_gone_is_not_taken_out_and_the_page_says_why(pages: Pages, keeping: Timekeeping) -> None:
    address = written(keeping, pages).headers["Location"]
    seen = keeping.page(pages, f"{address}/take-out").text.split('name="seen" value="')[1][:64]
    keeping.send(pages, address, act="confirm", description="Another note.", activity="call", seen=seen)
    stale = keeping.send(pages, f"{address}/take-out", seen=seen)
    assert (stale.status_code, "Another note." in words(stale)) == (412, True)
    assert "This entry was changed after you opened the page" in words(stale)
    approve_all(keeping, pages)
    assert "Supervisor Person approved this time" in words(keeping.page(pages, f"{address}/take-out"))
    assert keeping.page(pages, f"{address}/take-out", "colleague").status_code == 403
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 1


def approve_all(keeping: Timekeeping, pages: Pages) -> None:
    """Approve what waits, as the supervisor."""
    tokens = re.findall(r'name="entry" value="([^"]+)"', keeping.page(pages, "/time/approvals", "supervisor").text)
    keeping.send(pages, "/time/approvals", "supervisor", entry=tokens, act="approve", because="", sure="1")


def test_other_work_is_taken_out_after_a_question_and_the_week_says_so(pages: Pages, keeping: Timekeeping) -> None:
    key = uuid4()
    other: dict[str, Any] = {"key": key, "kind": "training", "day": "2026-10-07", "starts": "09:00", "ends": "10:00", "note": "Course"}
    week = keeping.send(pages, "/time/by-hand/other", **other).headers["Location"]
    assert f'href="/time/other/{key}/take-out"' in keeping.page(pages, week).text
    asked = keeping.page(pages, f"/time/other/{key}/take-out")
    assert "Take out 60:00 of training? 7 Oct 2026, 09:00–10:00. Course" in words(asked)
    done = keeping.send(pages, f"/time/other/{key}/take-out", seen="")
    assert done.headers["Location"] == "/time/week?day=2026-10-07&taken_out=3600"
    assert keeping.office.value("SELECT count(*) FROM other_time") == 0
    assert keeping.page(pages, f"/time/other/{key}/take-out").status_code == 404
