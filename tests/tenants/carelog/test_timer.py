"""One running timer a person, by the server's clock: two tabs, double clicks and idle time leave one effect and nothing unsaid."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from caretally.carelog.desk import Desk, NotTied, desk_of_actor, read_desk
from caretally.carelog.logged import find_logged
from caretally.carelog.timer import (
    AnsweredAlready,
    For,
    IdleUnanswered,
    NoSuchMoment,
    NotThisTimer,
    Stopped,
    TimerOfAnother,
    TimerRuns,
    answer,
    go_on,
    moment_in_gap,
    pause,
    see,
    start,
    stop,
    switch,
)
from caretally.errors import UsageMistake
from tests.builders.databases import TestDatabase
from tests.builders.timekeeping import Timekeeping, new_timekeeping


@pytest.fixture
def keeping(database: TestDatabase) -> Timekeeping:
    """A vendor of its own for each test."""
    return new_timekeeping(database)


def started(keeping: Timekeeping, *, mrn: str = "1001", who: str = "nurse", key: UUID | None = None) -> UUID:
    """Start a person's timer for a patient's call."""
    timer_id = key or uuid4()
    with keeping.transaction(who) as connection:
        start(connection, timer_id, For("call", keeping.patients[mrn]))
    return timer_id


def desk(keeping: Timekeeping, who: str = "nurse") -> Desk:
    """Return where a person stands."""
    with keeping.transaction(who) as connection:
        return desk_of_actor(connection)


def stopped(keeping: Timekeeping, timer_id: UUID) -> Stopped:
    """Stop the nurse's timer."""
    with keeping.transaction() as connection:
        return stop(connection, timer_id)


def entries(keeping: Timekeeping) -> list[int]:
    """Return the seconds of each entry that was kept."""
    return [row[0] for row in keeping.office.rows("SELECT (ended_second - started_second)::int FROM time_entry ORDER BY started_at")]


def test_a_stopped_timer_leaves_an_entry_under_the_source_timer_for_its_staff_and_patient(keeping: Timekeeping) -> None:
    timer_id = started(keeping)
    keeping.turn_back(600)
    left = stopped(keeping, timer_id)
    [row] = keeping.office.rows(
        "SELECT source, external_id, staff_id, patient_id, program, activity, approved_by, entered_at IS NOT NULL FROM time_entry"
    )
    assert row == ("timer", f"{timer_id}:1", keeping.office.staff["rn"], keeping.patients["1001"], "CCM", "call", "", True)
    assert entries(keeping) == [left.seconds]
    assert 600 <= left.seconds < 660


def test_a_timer_is_read_from_the_database_and_so_survives_a_reload(keeping: Timekeeping) -> None:
    timer_id = started(keeping)
    keeping.turn_back(300)
    found = desk(keeping)
    assert found.timer is not None
    assert (found.timer.id, found.timer.patient, found.timer.mrn) == (timer_id, "Alma Abara", "1001")
    assert found.timer.seconds(found.now) >= 300


def test_the_same_start_sent_twice_starts_one_timer(keeping: Timekeeping) -> None:
    key = started(keeping)
    assert started(keeping, key=key) == key
    assert keeping.office.value("SELECT count(*) FROM timer") == 1


def test_a_second_timer_of_the_same_person_is_refused_and_says_what_runs(keeping: Timekeeping) -> None:
    started(keeping)
    with pytest.raises(TimerRuns, match="Your timer is on since") as refused:
        started(keeping, mrn="1002")
    assert "Abara" not in str(refused.value)
    started(keeping, mrn="1002", who="colleague")
    assert keeping.office.value("SELECT count(*) FROM timer WHERE ended_at IS NULL") == 2


def test_a_program_that_the_patient_is_not_in_is_refused_without_their_name(keeping: Timekeeping) -> None:
    with keeping.transaction() as connection, pytest.raises(UsageMistake, match="The patient is not enrolled") as refused:
        start(connection, uuid4(), For("call", keeping.patients["1001"], "TCM"))
    assert "Abara" not in str(refused.value)


def test_the_id_of_another_persons_timer_starts_nothing_and_stops_nothing(keeping: Timekeeping) -> None:
    theirs, mine = started(keeping, who="colleague"), started(keeping)
    with keeping.transaction() as connection, pytest.raises(TimerOfAnother, match="somebody else's timer"):
        switch(connection, mine, to=theirs, what=For("call", keeping.patients["1002"]))
    now = desk(keeping).timer
    assert now is not None
    assert now.id == mine
    stopped(keeping, mine)
    with pytest.raises(TimerOfAnother, match="open the page again"):
        started(keeping, key=theirs)
    assert keeping.office.value("SELECT count(*) FROM timer") == 2


def test_two_tabs_that_start_at_once_leave_one_timer(keeping: Timekeeping) -> None:
    def begin(mrn: str) -> str:
        try:
            started(keeping, mrn=mrn)
        except TimerRuns:
            return "refused"
        return "started"

    with ThreadPoolExecutor(2) as tabs:
        assert sorted(tabs.map(begin, ("1001", "1002"))) == ["refused", "started"]
    assert keeping.office.value("SELECT count(*) FROM timer") == 1


def test_two_tabs_that_stop_at_once_leave_one_entry_and_the_second_is_told_when(keeping: Timekeeping) -> None:
    timer_id = started(keeping)
    keeping.turn_back(600)

    def end(_tab: int) -> str:
        try:
            stopped(keeping, timer_id)
        except NotThisTimer as error:
            return error.message[:31]
        return "stopped"

    with ThreadPoolExecutor(2) as tabs:
        assert sorted(tabs.map(end, range(2))) == ["This timer was stopped already,", "stopped"]
    assert len(entries(keeping)) == 1


def test_a_pause_is_left_out_and_each_stretch_is_an_entry(keeping: Timekeeping) -> None:
    timer_id = started(keeping)
    keeping.turn_back(120)
    with keeping.transaction() as connection:
        pause(connection, timer_id)
        pause(connection, timer_id)
    move = "UPDATE timer_piece SET started_at = started_at - interval '10 minutes', ended_at = ended_at - interval '10 minutes'"
    with keeping.office.transaction() as connection:
        connection.execute(text(move))
    with keeping.transaction() as connection:
        go_on(connection, timer_id)
    keeping.turn_back(60)
    left = stopped(keeping, timer_id)
    assert [seconds // 60 for seconds in entries(keeping)] == [2, 1]
    assert sum(entries(keeping)) == left.seconds
    with keeping.transaction() as connection:
        assert left.logged_id is not None
        assert len(find_logged(connection, left.logged_id).hours) == 2


def test_a_switch_stops_one_and_starts_the_other_and_sent_twice_does_so_once(keeping: Timekeeping) -> None:
    timer_id, to = started(keeping), uuid4()
    keeping.turn_back(300)
    for _ in range(2):
        with keeping.transaction() as connection:
            switch(connection, timer_id, to=to, what=For("call", keeping.patients["1002"]))
    found = desk(keeping).timer
    assert found is not None
    assert (found.id, found.mrn) == (to, "1002")
    assert len(entries(keeping)) == 1


def test_a_timer_of_less_than_a_second_keeps_nothing(keeping: Timekeeping) -> None:
    timer_id = started(keeping)
    with keeping.office.transaction() as connection:
        connection.execute(text("UPDATE timer SET running_since = date_trunc('second', clock_timestamp()) + interval '1 minute'"))
    assert stopped(keeping, timer_id).logged_id is None
    assert entries(keeping) == []


def test_other_work_has_no_patient_and_is_no_entry_of_care(keeping: Timekeeping) -> None:
    timer_id = uuid4()
    with keeping.transaction() as connection:
        start(connection, timer_id, For("meeting"))
    keeping.turn_back(300)
    assert stopped(keeping, timer_id).logged_id is None
    assert entries(keeping) == []
    assert keeping.office.value("SELECT kind FROM other_time WHERE ended_at - started_at >= interval '5 minutes'") == "meeting"


def test_after_a_gap_nothing_is_stopped_paused_or_switched_before_the_person_said_whether_they_worked(keeping: Timekeeping) -> None:
    timer_id = started(keeping)
    keeping.turn_back(35 * 60)
    with keeping.transaction() as connection, pytest.raises(IdleUnanswered, match=r"whether you were working from \d\d:\d\d to \d\d:\d\d"):
        stop(connection, timer_id)
    with keeping.transaction() as connection, pytest.raises(IdleUnanswered):
        pause(connection, timer_id)
    with keeping.transaction() as connection, pytest.raises(IdleUnanswered):
        switch(connection, timer_id, to=uuid4(), what=For("call", keeping.patients["1002"]))
    assert entries(keeping) == []
    with keeping.transaction() as connection:
        see(connection, desk_of_actor(connection))
    assert desk(keeping).gap is not None


@pytest.mark.parametrize(("said", "minutes"), [("worked", 35), ("idle", 0), ("until", 10)])
def test_only_what_the_person_says_they_worked_is_kept(keeping: Timekeeping, said: str, minutes: int) -> None:
    timer_id = started(keeping)
    keeping.turn_back(35 * 60)
    gap = desk(keeping).gap
    assert gap is not None
    with keeping.transaction() as connection:
        until = gap[0] + timedelta(minutes=10)
        answer(connection, timer_id, said, gap=gap, until=until, run_on=False)  # type: ignore[arg-type]
    left = stopped(keeping, timer_id)
    assert left.seconds // 60 == minutes
    assert sum(entries(keeping)) == left.seconds


def test_a_gap_is_answered_once_in_two_tabs(keeping: Timekeeping) -> None:
    timer_id = started(keeping)
    keeping.turn_back(35 * 60)
    gap = desk(keeping).gap
    assert gap is not None
    with keeping.transaction() as connection:
        answer(connection, timer_id, "idle", gap=gap, run_on=True)
    with keeping.transaction() as connection, pytest.raises(AnsweredAlready):
        answer(connection, timer_id, "worked", gap=gap, run_on=True)
    found = desk(keeping)
    assert found.timer is not None
    assert found.timer.seconds(found.now) < 60


def test_a_time_outside_the_gap_is_no_answer(keeping: Timekeeping) -> None:
    timer_id = started(keeping)
    keeping.turn_back(35 * 60)
    gap = desk(keeping).gap
    assert gap is not None
    for until in (None, gap[0] - timedelta(minutes=1), gap[1] + timedelta(minutes=1)):
        with keeping.transaction() as connection, pytest.raises(NoSuchMoment, match=r"Write a time from \d\d:\d\d to"):
            answer(connection, timer_id, "until", gap=gap, until=until, run_on=True)
    assert moment_in_gap("25:00", gap, "America/New_York") is None
    within = (gap[0] + timedelta(minutes=9)).astimezone(ZoneInfo("America/New_York"))
    assert moment_in_gap(f"{within:%H:%M}", gap, "America/New_York") == within.replace(second=0)


def test_nobody_claims_more_than_24_hours_in_one_stretch(keeping: Timekeeping) -> None:
    timer_id = started(keeping)
    keeping.turn_back(25 * 3600)
    gap = desk(keeping).gap
    assert gap is not None
    with keeping.transaction() as connection, pytest.raises(NoSuchMoment, match="at most 24 hours"):
        answer(connection, timer_id, "worked", gap=gap, run_on=True)


def test_who_is_tied_to_nobody_of_the_staff_logs_no_time(keeping: Timekeeping) -> None:
    with keeping.office.transaction() as connection:
        assert read_desk(connection) is None
        with pytest.raises(NotTied, match="ask your administrator"):
            start(connection, uuid4(), For("call", keeping.patients["1001"]))


def test_a_timer_of_another_vendor_is_no_timer(keeping: Timekeeping, database: TestDatabase) -> None:
    theirs = new_timekeeping(database)
    timer_id = started(theirs)
    with keeping.transaction() as connection, pytest.raises(NotThisTimer, match="no such timer"):
        stop(connection, timer_id)
    assert keeping.office.value("SELECT count(*) FROM timer") == 0
