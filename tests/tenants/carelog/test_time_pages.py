"""The pages of time: start, pause, stop, note, week and approvals, in plain forms; what is typed is never lost and nothing is done twice."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from caretally.carelog.call_protocol import POINTS
from caretally.carelog.desk import desk_of_actor
from caretally.identity.roles import Role
from tests.builders.accounts import give_role, new_signer, submit
from tests.builders.databases import TestDatabase
from tests.builders.pages import HERE, Pages, form_token, statements_of, visitor_of, words
from tests.builders.time_pages import started, stopped, written
from tests.builders.timekeeping import Timekeeping, new_timekeeping


@pytest.fixture
def keeping(database: TestDatabase) -> Timekeeping:
    """A vendor of its own for each test."""
    return new_timekeeping(database)


def test_the_search_finds_a_patient_by_name_or_record_number_and_starts_a_timer_that_a_reload_still_shows(
    pages: Pages, keeping: Timekeeping
) -> None:
    assert "Alma Abara" in words(keeping.page(pages, "/time?q=abar"))
    assert "Bela Brandt" in words(keeping.page(pages, "/time?q=1002"))
    assert "No patient has" in words(keeping.page(pages, "/time?q=nobody"))
    started(keeping, pages)
    keeping.turn_back(300)
    page = keeping.page(pages, "/time")
    assert "data-running" in page.text
    assert int(re.findall(r'data-seconds="(\d+)"', page.text)[0]) >= 300


def test_a_running_timer_shows_the_month_of_its_patient_beside_the_codes_and_what_a_call_goes_through(
    pages: Pages, keeping: Timekeeping
) -> None:
    with keeping.transaction() as connection:
        today = desk_of_actor(connection).today
    started(keeping, pages, mrn="1002")
    assert "0:00 logged in" in words(keeping.page(pages, "/time"))
    begun = datetime.combine(today.replace(day=1), datetime.min.time(), ZoneInfo("America/New_York"))
    for minutes, day in ((7, begun), (30, begun - timedelta(days=1)), (5, begun + timedelta(minutes=10))):
        keeping.office.add_time("A1", keeping.patients["1002"], "rn2", starts=day, seconds=60 * minutes)
    page = keeping.page(pages, "/time")
    assert f"12:00 logged in {today:%B %Y} before this timer" in words(page)
    assert "99490 at 20, 99439 at 40, 99439 at 60 minutes" in words(page)
    panel = page.text.partition('aria-label="Timer"')[2].partition("</section>")[0]
    assert int(re.findall(r'<b data-seconds="(\d+)" data-running', panel)[0]) >= 720
    assert panel.count('class="tickmark"') == 3
    assert re.findall(r"<li>([^<]*)</li>", panel) == [label for label, _ in POINTS.values()]


def test_a_timer_for_other_work_shows_no_month_and_no_call(pages: Pages, keeping: Timekeeping) -> None:
    keeping.send(pages, "/time", to="/time/start", key=uuid4(), activity="training")
    page = keeping.page(pages, "/time")
    assert ("<details" in page.text.partition('aria-label="Timer"')[2].partition("</section>")[0], "tickmark" in page.text) == (
        False,
        False,
    )


def own_patients(keeping: Timekeeping, pages: Pages, who: str = "nurse") -> list[tuple[str, str]]:
    """Return the patients that the page of time calls one's own, with the full minutes that it says are logged so far."""
    table = keeping.page(pages, "/time", who).text.partition('aria-label="Your patients"')[2].partition("</table>")[0]
    # a timer counts the second or two that its test takes as well
    return re.findall(r'class="row" href="[^"]*">([^<]*)</a>.*?<td class="n">(\d+):\d\d</td>', table)


def test_ones_own_patients_stand_ready_with_what_anybody_logged_this_month_the_least_first(pages: Pages, keeping: Timekeeping) -> None:
    assert own_patients(keeping, pages) == []
    for mrn, minutes, who in (("1001", 7, "nurse"), ("1002", 3, "nurse"), ("1002", 2, "colleague")):
        timer_id = str(uuid4())
        keeping.send(pages, "/time", who, to="/time/start", key=timer_id, patient=keeping.patients[mrn], activity="call")
        keeping.turn_back(minutes * 60)
        keeping.send(pages, "/time", who, to=f"/time/{timer_id}/act", act="stop")
    assert own_patients(keeping, pages) == [("Bela Brandt", "5"), ("Alma Abara", "7")]
    assert own_patients(keeping, pages, "colleague") == [("Bela Brandt", "5")]
    with keeping.office.transaction() as connection:
        connection.exec_driver_sql("UPDATE enrolment SET valid_to = '2026-01-31' FROM patient p WHERE p.id = patient_id AND p.mrn = '1002'")
    assert own_patients(keeping, pages) == [("Alma Abara", "7")]


def test_a_timer_is_stopped_noted_and_confirmed_and_the_note_is_drafted_from_what_was_ticked(pages: Pages, keeping: Timekeeping) -> None:
    timer_id = started(keeping, pages)
    keeping.turn_back(600)
    address = stopped(keeping, pages, timer_id)
    page = keeping.page(pages, address)
    seen = page.text.split('name="seen" value="')[1][:64]
    ticked: dict[str, Any] = {
        "gone_through": ["medication", "readings"],
        "readings": "132/84",
        "activity": "call",
        "contact": "live",
        "seen": seen,
    }
    drafted = keeping.send(pages, address, act="draft", **ticked)
    assert "Medication: reviewed, no change reported.\nReadings: 132/84.</textarea>" in drafted.text
    assert keeping.office.value("SELECT description FROM time_entry") == ""
    note = "Medication: as before.\r\nReadings: 132/84."
    assert keeping.send(pages, address, act="confirm", description=note, **ticked).status_code == 303
    assert keeping.office.rows("SELECT description, contact FROM time_entry") == [("Medication: as before.\nReadings: 132/84.", "live")]
    assert keeping.office.value("SELECT checklist FROM logged_time") == {"medication": "", "readings": "132/84"}


def test_what_is_written_beside_a_point_that_is_not_ticked_stands_in_the_draft_and_ticks_it(pages: Pages, keeping: Timekeeping) -> None:
    timer_id = started(keeping, pages)
    keeping.turn_back(600)
    address = stopped(keeping, pages, timer_id)
    seen = keeping.page(pages, address).text.split('name="seen" value="')[1][:64]
    typed: dict[str, Any] = {
        "gone_through": ["medication"],
        "symptoms": " dizzy on standing ",
        "visits": " ",
        "activity": "call",
        "seen": seen,
    }
    drafted = keeping.send(pages, address, act="draft", **typed)
    assert "Medication: reviewed, no change reported.\nSymptoms: dizzy on standing.</textarea>" in drafted.text
    assert re.findall(r'value="(\w+)" checked', drafted.text) == ["medication", "symptoms"]
    keeping.send(pages, address, act="confirm", description="Dizzy.", **typed)
    assert keeping.office.value("SELECT checklist FROM logged_time") == {"medication": "", "symptoms": "dizzy on standing"}


def test_a_note_of_a_stale_page_is_shown_beside_what_is_kept_and_nothing_typed_is_lost(pages: Pages, keeping: Timekeeping) -> None:
    timer_id = started(keeping, pages)
    keeping.turn_back(600)
    address = stopped(keeping, pages, timer_id)
    seen = keeping.page(pages, address).text.split('name="seen" value="')[1][:64]
    typed: dict[str, Any] = {"act": "confirm", "activity": "call", "seen": seen}
    keeping.send(pages, address, description="First tab.", **typed)
    answer = keeping.send(pages, address, description="Second tab.", **typed)
    assert answer.status_code == 412
    assert "Second tab.</textarea>" in answer.text
    assert "What is kept now: Activity call Note First tab." in words(answer)


def test_stopping_a_stopped_timer_says_what_happened_and_a_second_timer_says_what_runs(pages: Pages, keeping: Timekeeping) -> None:
    timer_id = started(keeping, pages)
    keeping.turn_back(60)
    stopped(keeping, pages, timer_id)
    again = keeping.send(pages, "/time", to=f"/time/{timer_id}/act", act="stop")
    assert again.status_code == 409
    assert "This timer was stopped already, at" in words(again)
    started(keeping, pages)
    second = keeping.send(pages, "/time", to="/time/start", key=uuid4(), patient=keeping.patients["1002"], activity="call")
    assert second.status_code == 409
    assert "Your timer is on since" in words(second)
    assert "Alma Abara" in words(second)


def test_after_a_gap_the_page_asks_and_the_answer_does_what_had_to_wait(pages: Pages, keeping: Timekeeping) -> None:
    timer_id = started(keeping, pages)
    keeping.turn_back(35 * 60)
    asked = keeping.send(pages, "/time", to=f"/time/{timer_id}/act", act="stop")
    assert re.search(r"Were you working from \d\d:\d\d to \d\d:\d\d\?", words(asked))
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 0
    first, last = (re.findall(rf'name="{name}" value="(\d+)"', asked.text)[0] for name in ("first", "last"))
    answer = keeping.send(pages, "/time", to=f"/time/{timer_id}/answer", said="worked", first=first, last=last, until="", then="stop")
    assert answer.headers["Location"].startswith("/time/entries/")
    assert keeping.office.value("SELECT (ended_second - started_second)::int / 60 FROM time_entry") == 35


def test_a_switch_is_one_click_and_a_program_that_is_not_the_patients_stops_nothing(pages: Pages, keeping: Timekeeping) -> None:
    timer_id = started(keeping, pages)
    keeping.turn_back(60)
    refused = keeping.send(
        pages, "/time", to="/time/start", key=uuid4(), patient=keeping.patients["1002"], activity="call", program="BHI", running=timer_id
    )
    assert refused.status_code == 409
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 0
    started(keeping, pages, mrn="1002", running=timer_id)
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 1


def test_time_by_hand_is_kept_for_approval_and_told_of_at_once_when_it_overlaps(pages: Pages, keeping: Timekeeping) -> None:
    address = written(keeping, pages).headers["Location"]
    assert "Waits for approval" in words(keeping.page(pages, address))
    assert keeping.office.rows("SELECT source, approved_by FROM time_entry") == [("manual", "")]
    other = written(keeping, pages, who="colleague", starts="10:20", ends="10:40").headers["Location"]
    page = words(keeping.page(pages, other, "colleague"))
    assert "1 overlap with other time" in page
    assert "10:20–10:25: Tia Rivers with this patient too" in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reason": ""}, "Why by hand: Write in 1 to 500 characters why"),
        ({"description": ""}, "Note: Write in 1 to 4,000 characters what was done"),
        ({"day": "2026-03-08", "starts": "02:30"}, "does not exist at this client"),
        ({"ends": "09:00"}, "ends at or before its start"),
        ({"program": "BHI"}, "never enrolled in such a program"),
        ({"day": "2126-10-05"}, "Day: 5 Oct 2126 lies ahead"),
        ({"day": "1900-01-01"}, "Day: 1 Jan 1900 is before Alma Abara was born, on 1 Mar 1941"),
        ({"day": "1999-12-31"}, "Day: 31 Dec 1999 is too far back"),
        ({"day": "5 October"}, "Day: “5 October” is not a day"),
        ({"starts": "noon"}, "From: “noon” is not a time of day"),
    ],
)
def test_a_refused_entry_keeps_what_was_typed_and_nothing_else(
    pages: Pages, keeping: Timekeeping, changed: dict[str, str], said: str
) -> None:
    answer = written(keeping, pages, **changed)
    assert answer.status_code == 422
    assert said in words(answer)
    kept = "Called about &lt;readings&gt; &amp; diet.</textarea>"
    assert kept in answer.text or "description" in changed
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 0


def test_a_day_and_times_have_pickers_and_what_no_picker_holds_stands_as_it_was_typed(pages: Pages, keeping: Timekeeping) -> None:
    def fields(text: str) -> dict[str, tuple[str, str]]:
        found = re.findall(r'<input id="(day|starts|ends)" name="\w+" type="(\w+)" value="([^"]*)"', text)
        return {name: (kind, value) for name, kind, value in found}

    blank = fields(keeping.page(pages, f"/time/by-hand/{keeping.patients['1001']}").text)
    assert [kind for kind, _ in blank.values()] == ["date", "time", "time"]
    refused = fields(written(keeping, pages, day="10/5/2026", starts="9:30 am", ends="09:00").text)
    assert refused == {"day": ("text", "10/5/2026"), "starts": ("text", "9:30 am"), "ends": ("time", "09:00")}


def test_time_and_other_work_are_taken_as_people_in_america_write_them(pages: Pages, keeping: Timekeeping) -> None:
    address = written(keeping, pages, day="10/5/2026", starts="9:30 am", ends="9.50 am").headers["Location"]
    assert "09:30–09:50" in words(keeping.page(pages, address))
    other: dict[str, Any] = {"key": uuid4(), "kind": "training", "day": "10/7/2026", "starts": "1 pm", "ends": "2 pm", "note": ""}
    assert keeping.send(pages, "/time/by-hand/other", **other).headers["Location"] == "/time/week?day=2026-10-07"
    hours = {"day": "10/5/2026", "starts": "9:30 am", "ends": "9:40 am", "program": "CCM", "reason": "Shorter."}
    seen = keeping.page(pages, f"{address}/hours").text.split('name="seen" value="')[1][:64]
    assert keeping.send(pages, f"{address}/hours", **hours, seen=seen).status_code == 303
    assert keeping.send(pages, f"{address}/hours", **{**hours, "day": "1999-12-31"}, seen=seen).status_code == 422


def test_until_when_somebody_worked_is_taken_with_am_or_pm(pages: Pages, keeping: Timekeeping) -> None:
    timer_id = started(keeping, pages)
    keeping.turn_back(35 * 60)
    asked = keeping.page(pages, "/time")
    first, last = (int(re.findall(rf'name="{name}" value="(\d+)"', asked.text)[0]) for name in ("first", "last"))
    until = datetime.fromtimestamp(first + 10 * 60, ZoneInfo("America/New_York"))
    typed: dict[str, Any] = {"said": "until", "first": first, "last": last, "until": f"{until:%I:%M %p}", "then": "stop"}
    assert keeping.send(pages, "/time", to=f"/time/{timer_id}/answer", **typed).status_code == 303


def test_the_week_shows_each_day_with_its_sum_and_what_waits(pages: Pages, keeping: Timekeeping) -> None:
    written(keeping, pages)
    written(keeping, pages, day="2026-10-06", ends="10:05")
    other: dict[str, Any] = {"key": uuid4(), "kind": "training", "day": "2026-10-07", "starts": "09:00", "ends": "10:00", "note": "Course"}
    assert keeping.send(pages, "/time/by-hand/other", **other).headers["Location"] == "/time/week?day=2026-10-07"
    page = words(keeping.page(pages, "/time/week?day=2026-10-07"))
    assert "For patients 30:00 2 entries this week Other work 60:00 not billable Waits for approval 2" in page
    assert "Monday, 5 Oct 2026 25:00" in page
    assert "Tuesday, 6 Oct 2026 5:00" in page
    assert "Wednesday, 7 Oct 2026 60:00" in page


def test_an_entry_of_a_closed_month_has_its_lock_with_the_reason(pages: Pages, keeping: Timekeeping) -> None:
    address = written(keeping, pages).headers["Location"]
    keeping.office.close()
    page = words(keeping.page(pages, address))
    assert "October 2026 was closed for Practice A1 on" in page
    assert "Take these" not in page
    late = keeping.page(pages, written(keeping, pages, starts="15:00", ends="15:10").headers["Location"])
    assert "this is a late entry: it changes nothing on the invoice that was made" in words(late)


def test_the_administrator_ties_a_person_to_one_of_the_staff_and_one_staff_member_to_one_person(pages: Pages, keeping: Timekeeping) -> None:
    signer, admin = new_signer(keeping.office.database, name="New Nurse"), visitor_of(keeping.office.vendor_id)
    give_role(keeping.office.database, signer, keeping.office.vendor_id, Role.CLINICAL_STAFF)
    assert "New Nurse cannot log time yet" in words(pages.get("/staff-ties", admin))
    newcomer = visitor_of(keeping.office.vendor_id, permissions=frozenset({"log_time"}), actor=f"person:{signer.id}")
    assert "not tied to anybody of the staff" in words(pages.get("/time", newcomer))
    taken = submit(pages.client(admin), "/staff-ties", account=signer.id, staff=keeping.office.staff["rn"])
    assert taken.status_code == 422
    assert "Nurse Person signs in as this staff member already" in words(taken)
    own = keeping.office.add_staff("rn3", given_name="Ana", family_name="Costa")
    assert submit(pages.client(admin), "/staff-ties", account=signer.id, staff=own).status_code == 303
    assert "Ana Costa" in words(pages.get("/time", newcomer))
    detail = keeping.office.rows("SELECT detail FROM audit_event WHERE action = 'staff.tied' ORDER BY seq DESC LIMIT 1")[0][0]
    assert detail == {"account": str(signer.id), "staff": str(own)}


def test_a_staff_member_of_another_vendor_is_nobody_here(pages: Pages, keeping: Timekeeping, database: TestDatabase) -> None:
    theirs, admin = new_timekeeping(database), visitor_of(keeping.office.vendor_id)
    for staff in (theirs.office.staff["rn"], uuid4(), "nonsense"):
        answer = submit(pages.client(admin), "/staff-ties", account=keeping.accounts["nurse"], staff=staff)
        assert "There is no such staff member here any more" in words(answer)
    assert keeping.office.value("SELECT count(*) FROM staff_account") == 3


def test_times_and_patients_of_another_vendor_answer_as_if_there_were_none(
    pages: Pages, keeping: Timekeeping, database: TestDatabase
) -> None:
    theirs = new_timekeeping(database)
    timer_id = started(theirs, pages)
    theirs.turn_back(60)
    address = stopped(theirs, pages, timer_id)
    client = pages.client(keeping.visitors["nurse"])
    token = form_token(client.get("/time"))
    for path in (
        address,
        f"{address}/hours",
        f"/time/by-hand/{theirs.patients['1001']}",
        f"/time/patients/{theirs.patients['1001']}/2026-11",
    ):
        assert client.get(path).status_code == 404
    typed = {"form_token": token, "seen": "x"}
    assert client.post(f"{address}/take-out", data=typed, headers={"Origin": HERE}).status_code == 404
    begun = {"form_token": token, "key": str(uuid4()), "patient": str(theirs.patients["1001"]), "activity": "call"}
    assert client.post("/time/start", data=begun, headers={"Origin": HERE}).status_code == 409
    assert theirs.office.value("SELECT count(*) FROM time_entry") == 1


def test_reading_time_stands_in_the_audit_log_with_whose_it_was(pages: Pages, keeping: Timekeeping) -> None:
    keeping.page(pages, "/time?q=abara")
    [(detail,)] = keeping.office.rows("SELECT detail FROM audit_event WHERE action = 'time.read'")
    assert detail == {"page": "time", "patients": [str(keeping.patients["1001"])]}


FRAME = 2  # what every page asks: its context, and the numbers of its rail


def test_a_page_of_time_asks_the_database_a_handful_of_times_however_much_there_is(pages: Pages, keeping: Timekeeping) -> None:
    address = written(keeping, pages).headers["Location"]
    paths = {"nurse": ["/time?q=a", "/time/week?day=2026-10-05", address, "/time/by-hand?q=a"], "supervisor": ["/time/approvals"]}
    few = {path: statements_of(pages, path, keeping.visitors[who]) for who, of_person in paths.items() for path in of_person}
    for minute in range(10):
        written(keeping, pages, starts=f"12:{minute:02d}", ends=f"12:{minute + 1:02d}")
    many = {path: statements_of(pages, path, keeping.visitors[who]) for who, of_person in paths.items() for path in of_person}
    assert few == many
    started(keeping, pages)
    many["/time"] = statements_of(pages, "/time", keeping.visitors["nurse"])
    assert max(many.values()) - FRAME <= 6


def test_no_name_and_no_record_number_stands_in_any_address_of_a_page_of_time(pages: Pages, keeping: Timekeeping) -> None:
    written(keeping, pages)
    for path in ("/time?q=abara", "/time/week?day=2026-10-05"):
        addresses = re.findall(r'(?:href|action)="([^"]*)"', keeping.page(pages, path).text)
        assert [one for one in addresses if "1001" in one or "bara" in one.lower()] == []


def test_a_key_that_is_no_id_starts_nothing(pages: Pages, keeping: Timekeeping) -> None:
    answer = keeping.send(pages, "/time", to="/time/start", key="1; DROP", patient=keeping.patients["1001"], activity="call")
    assert (answer.status_code, keeping.office.value("SELECT count(*) FROM timer")) == (422, 0)
