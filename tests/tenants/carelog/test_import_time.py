"""Time entries come in exactly as they were worked, or are refused with the reason."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from caretally.carelog.approvals import Chosen, send_back, waiting
from caretally.carelog.entries import Work, keep_clocked, keep_written
from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk, outcome, rules

HEADER = "external_id,client,mrn,staff,started_at,ended_at,duration,program,activity,description,source,entered_at,approved_by"


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def row(
    started: str, *, ended: str = "", duration: str = "", name: str = "e1", client: str = "LFM", program: str = "CCM", staff: str = "rn"
) -> str:
    return f"{name},{client},1,{staff},{started},{ended},{duration},{program},call,medication review,dialer,,"


def refusal(desk: Desk, line: str) -> list[tuple[int, str, str]]:
    return rules(desk.imports("time", f"{HEADER}\n{line}\n"))


def times(desk: Desk) -> list[tuple[str, int]]:
    return [(f"{start:%Y-%m-%d %H:%M:%S%z}", int(seconds)) for start, seconds in desk.office.rows(
        "SELECT started_at, extract(epoch FROM ended_at - started_at) FROM time_entry ORDER BY started_at")]  # fmt: skip


def test_a_local_time_is_that_of_the_client(desk: Desk) -> None:
    desk.imports("time", f"{HEADER}\n{row('2026-10-05T09:00', duration='20')}\n")
    assert times(desk) == [("2026-10-05 13:00:00+0000", 1200)]


def test_an_offset_overrides_the_client_s_own(desk: Desk) -> None:
    desk.imports("time", f"{HEADER}\n{row('2026-10-05T09:00:00-07:00', ended='2026-10-05T16:20:00Z')}\n")
    assert times(desk) == [("2026-10-05 16:00:00+0000", 1200)]


@pytest.mark.parametrize(
    ("written", "seconds"), [("20", 1200), ("20:00", 1200), ("00:20:00", 1200), ("1200s", 1200), ("1:05", 65), ("01:00:01", 3601)]
)
def test_a_duration_is_read_as_minutes_minutes_and_seconds_hours_or_seconds(desk: Desk, written: str, seconds: int) -> None:
    desk.imports("time", f"{HEADER}\n{row('2026-10-05T09:00', duration=written)}\n")
    assert [found for _, found in times(desk)] == [seconds]


def test_a_time_that_the_clocks_skip_is_refused(desk: Desk) -> None:
    assert refusal(desk, row("2026-03-08T02:30", duration="20")) == [(2, "started_at", "local_time_nonexistent")]


def test_a_time_that_happens_twice_is_refused(desk: Desk) -> None:
    assert refusal(desk, row("2026-11-01T01:30", duration="20")) == [(2, "started_at", "local_time_ambiguous")]


def test_the_same_time_with_an_offset_is_taken(desk: Desk) -> None:
    desk.imports("time", f"{HEADER}\n{row('2026-11-01T01:30:00-05:00', duration='20')}\n")
    assert times(desk) == [("2026-11-01 06:30:00+0000", 1200)]


def test_an_entry_over_the_change_of_the_clocks_has_its_true_seconds(desk: Desk) -> None:
    desk.imports("time", f"{HEADER}\n{row('2026-11-01T00:50', ended='2026-11-01T02:10')}\n")
    assert times(desk) == [("2026-11-01 04:50:00+0000", 8400)]


def test_the_day_before_and_after_the_change_are_ordinary_days(desk: Desk) -> None:
    body = "\n".join(row(f"2026-{day}T01:30", duration="20", name=day) for day in ("03-07", "03-09", "10-31", "11-02"))
    assert outcome(desk.imports("time", f"{HEADER}\n{body}\n")) == {"new": 4}


@pytest.mark.parametrize(
    ("line", "column", "rule"),
    [
        (row("yesterday", duration="20"), "started_at", "moment"),
        (row("2026-02-30T09:00", duration="20"), "started_at", "moment"),
        (row("2026-10-05T09:00", duration="a while"), "duration", "duration"),
        (row("2026-10-05T09:00"), "ended_at", "no_end"),
        (row("2026-10-05T09:00", ended="2026-10-05T09:21", duration="20"), "duration", "duration_contradicts"),
        (row("2026-10-05T09:00", ended="2026-10-05T08:59"), "ended_at", "ended_before_started"),
        (row("2026-10-05T09:00", duration="0"), "ended_at", "ended_before_started"),
        (row("2026-10-05T09:00", ended="2026-10-06T09:01"), "ended_at", "over_24_hours"),
        (row("2026-10-05T09:00", duration="20", staff="nobody"), "staff", "unknown_staff"),
        (row("2026-10-05T09:00", duration="20", program="CCC"), "program", "word"),
        (row("2026-10-05T09:00", duration="20", client="HIL"), "mrn", "unknown_patient"),
        (row("2026-10-05T09:00", duration="20", name=""), "external_id", "required"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_by_name(desk: Desk, line: str, column: str, rule: str) -> None:
    assert refusal(desk, line) == [(2, column, rule)]


def test_an_end_that_fits_its_duration_is_taken(desk: Desk) -> None:
    assert outcome(desk.imports("time", f"{HEADER}\n{row('2026-10-05T09:00', ended='2026-10-05T09:20', duration='20:00')}\n")) == {"new": 1}


def test_an_entry_is_named_by_client_source_and_number(desk: Desk) -> None:
    first = row("2026-10-05T09:00", duration="20")
    second = first.replace("dialer", "tablet").replace("T09", "T11")
    assert outcome(desk.imports("time", f"{HEADER}\n{first}\n{second}\n")) == {"new": 2}


def test_a_manual_entry_needs_no_more_than_any_other(desk: Desk) -> None:
    manual = row("2026-10-05T09:00", duration="20").replace("dialer", "manual")
    assert outcome(desk.imports("time", f"{HEADER}\n{manual}\n")) == {"new": 1}


def logged(desk: Desk) -> list[str]:
    """Log an entry by hand and one with a timer, and return them as the files that would approve them."""
    [[client_id, patient_id]] = desk.office.rows("SELECT client_id, id FROM patient WHERE mrn = '1'")
    staff_id = desk.office.value("SELECT id FROM staff WHERE code = 'rn'")
    hours = [(datetime(2026, 10, 5, hour, tzinfo=UTC), datetime(2026, 10, 5, hour, 20, tzinfo=UTC)) for hour in (13, 15)]
    by_hand, timed = (
        Work(client_id=client_id, patient_id=patient_id, staff_id=staff_id, program="CCM", activity="call", pieces=[one], description="x")
        for one in hours
    )
    with desk.office.transaction() as connection:
        keep_written(connection, by_hand, key=uuid4(), reason="Out of the office.")
        keep_clocked(connection, timed, timer_id=uuid4())
    found = desk.office.rows("SELECT external_id, source FROM time_entry ORDER BY started_at")
    return [f"{name},LFM,1,rn,2026-10-05T09:00,,20,CCM,call,medication review,{source},,Dr X" for name, source in found]


def test_no_file_approves_what_was_logged_on_a_page(desk: Desk) -> None:
    for line in logged(desk):
        assert refusal(desk, line) == [(2, "approved_by", "logged_here")]
    assert desk.office.rows("SELECT DISTINCT approved_by FROM time_entry") == [("",)]


def test_a_file_goes_on_to_approve_the_time_of_its_own_system_also_once_somebody_decided_on_it(desk: Desk) -> None:
    line = "e7,LFM,1,rn,2026-10-05T09:00,,20,CCM,call,medication review,manual,,"
    desk.imports("time", f"{HEADER}\n{line}\n")
    with desk.office.transaction() as connection:
        send_back(connection, [Chosen.of(one.token) for one in waiting(connection)], because="Which call?", name="Ines Ferro")
    assert refusal(desk, f"{line}Dr X") == []
    assert desk.office.value("SELECT approved_by FROM time_entry") == "Dr X"
