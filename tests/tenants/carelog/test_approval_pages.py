"""The page of what waits for approval: what it lists, what it warns of, and what approving or sending back would do."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.builders.databases import TestDatabase
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.time_pages import written
from tests.builders.timekeeping import Timekeeping, new_timekeeping

AT_TWO = datetime(2026, 10, 5, 14, tzinfo=UTC)


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


def entries_of(page: TestResponse) -> list[str]:
    """Return the hours of the entries listed, in their order."""
    return re.findall(r'<td class="nowrap">[^<]*<small>(\d\d:\d\d)–', page.text)


def test_the_list_shows_the_newest_first_and_is_narrowed_by_month_client_and_staff_in_the_address(
    pages: Pages, keeping: Timekeeping
) -> None:
    written(keeping, pages, day="2026-09-05", starts="08:00", ends="08:10")
    written(keeping, pages, starts="09:00", ends="09:10")
    written(keeping, pages, who="colleague", starts="10:00", ends="10:10")
    client, colleague = keeping.office.clients["A1"], keeping.office.staff["rn2"]
    shown = {
        query: entries_of(keeping.page(pages, f"/time/approvals{query}", "supervisor"))
        for query in ("", "?order=oldest", "?month=2026-09", f"?month=2026-10&staff={colleague}", f"?client={client}", f"?client={uuid4()}")
    }
    assert list(shown.values()) == [
        ["10:00", "09:00", "08:00"],
        ["08:00", "09:00", "10:00"],
        ["08:00"],
        ["10:00"],
        ["10:00", "09:00", "08:00"],
        [],
    ]
    page = keeping.page(pages, "/time/approvals?month=2026-09", "supervisor")
    assert '<option value="2026-09" selected>September 2026, 1 entry</option>' in page.text
    assert "1 entry written by hand waits of the 3 in all" in words(page)


def test_a_list_narrowed_stays_so_through_the_question_and_the_answer(pages: Pages, keeping: Timekeeping) -> None:
    written(keeping, pages, day="2026-09-05")
    written(keeping, pages)
    path = "/time/approvals?month=2026-09&order=oldest"
    shown = keeping.send(pages, path, "supervisor", act="approve_all", because="")
    assert "Approve 1 entry, 25:00 minutes" in words(shown)
    assert 'action="/time/approvals?month=2026-09&amp;order=oldest"' in shown.text
    tokens = re.findall(r'name="entry" value="([^"]+)"', shown.text)
    done = keeping.send(pages, path, "supervisor", entry=tokens, act="approve", because="", sure="1")
    assert done.headers["Location"] == "/time/approvals?approved=1&of=1&month=2026-09&order=oldest"


def test_a_page_lists_fifty_entries_at_most(pages: Pages, keeping: Timekeeping) -> None:
    for minute in range(51):
        keeping.office.add_time(
            "A1", keeping.patients["1001"], "rn", starts=AT_TWO + timedelta(minutes=minute), seconds=60, source="manual"
        )
    path = f"/time/approvals?client={keeping.office.clients['A1']}"
    page = keeping.page(pages, path, "supervisor")
    assert (len(entries_of(page)), "Page 1 of 2" in words(page)) == (50, True)
    assert f'href="{path}&amp;page=2"' in page.text
    assert len(entries_of(keeping.page(pages, f"{path}&page=2", "supervisor"))) == 1


def test_an_entry_that_overlaps_says_with_whose_time_before_and_while_it_is_approved(pages: Pages, keeping: Timekeeping) -> None:
    written(keeping, pages)
    written(keeping, pages, who="colleague", starts="10:20", ends="10:40")
    keeping.office.add_time("A1", keeping.patients["1002"], "rn2", starts=AT_TWO + timedelta(minutes=35), seconds=600)
    written(keeping, pages, starts="11:00", ends="11:05")
    page = keeping.page(pages, "/time/approvals", "supervisor")
    said = words(page)
    assert "Overlaps 10:20–10:25 with Omar Diaz for this patient" in said
    assert "Overlaps 10:20–10:25 with Tia Rivers for this patient, and 1 other entry" in said
    assert said.count("Overlaps") == 2
    tokens = re.findall(r'name="entry" value="([^"]+)"', page.text)
    sure = words(keeping.send(pages, "/time/approvals", "supervisor", entry=tokens, act="approve", because=""))
    assert "2 of them overlap other time; shared seconds count once or not at all" in sure


def test_an_overlap_with_another_patient_names_them_and_the_log_keeps_that_they_were_read(pages: Pages, keeping: Timekeeping) -> None:
    written(keeping, pages)
    keeping.office.add_time("A1", keeping.patients["1002"], "rn", starts=AT_TWO + timedelta(minutes=20), seconds=600)
    assert "Overlaps 10:20–10:25 with Tia Rivers for Bela Brandt" in words(keeping.page(pages, "/time/approvals", "supervisor"))
    detail = keeping.office.value("SELECT detail FROM audit_event WHERE action = 'time.read' ORDER BY seq DESC LIMIT 1")
    assert detail["patients"] == sorted(str(one) for one in keeping.patients.values())


def test_late_time_overlaps_as_other_time_does(pages: Pages, keeping: Timekeeping) -> None:
    keeping.office.close()
    written(keeping, pages)
    written(keeping, pages, who="colleague", starts="10:20", ends="10:40")
    assert words(keeping.page(pages, "/time/approvals", "supervisor")).count("Overlaps 10:20–10:25 with") == 2


def test_an_entry_without_a_note_is_marked_before_and_while_it_is_approved(pages: Pages, keeping: Timekeeping) -> None:
    keeping.office.add_time("A1", keeping.patients["1001"], "rn", starts=AT_TWO, seconds=600, source="manual", description="")
    page = keeping.page(pages, "/time/approvals", "supervisor")
    assert "No note: it does not count before it has one" in words(page)
    tokens = re.findall(r'name="entry" value="([^"]+)"', page.text)
    sure = words(keeping.send(pages, "/time/approvals", "supervisor", entry=tokens, act="approve", because=""))
    assert "1 of them has no note and does not count before it has one" in sure
