"""Time by hand waits for a supervisor, time for a closed month waits beside it, and nobody changes what is not theirs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from caretally.carelog.approvals import Chosen, NothingChosen, OwnTime, Waiting, approve, send_back, waiting
from caretally.carelog.desk import desk_of_actor, patient_of
from caretally.carelog.entries import Work, keep_written, overlaps
from caretally.carelog.logged import ChangedMeanwhile, Locked, Logged, Note, NotYours, change_hours, confirm_note, find_logged, take_out
from caretally.carelog.typed_moments import time_of_day
from caretally.carelog.written_hours import HoursRefused, local_hours, patient_hours
from caretally.files.printed_words import long_date
from tests.builders.databases import TestDatabase
from tests.builders.timekeeping import Timekeeping, new_timekeeping

AT_TWO = datetime(2026, 10, 5, 14, tzinfo=UTC)
NOTE = Note("Medication: reviewed.", "call", "live", within_em=False, checklist={"medication": "reviewed"})


@pytest.fixture
def keeping(database: TestDatabase) -> Timekeeping:
    """A vendor of its own for each test."""
    return new_timekeeping(database)


def written(
    keeping: Timekeeping, *, who: str = "nurse", starts: datetime = AT_TWO, minutes: int = 25, mrn: str = "1001", **changes: Any
) -> UUID:
    """Write an entry by hand, with a note, and return its id."""
    with keeping.transaction(who) as connection:
        work = Work(
            client_id=keeping.office.clients["A1"],
            patient_id=keeping.patients[mrn],
            staff_id=desk_of_actor(connection).staff_id,
            program="CCM",
            activity="call",
            pieces=[(starts, starts + timedelta(minutes=minutes))],
            description="Called about readings.",
        )
        made = keep_written(connection, work, key=changes.get("key", uuid4()), reason="Out of the office.")
    assert made is not None
    return made


def found(keeping: Timekeeping, logged_id: UUID, who: str = "nurse") -> Logged:
    """Return what was logged."""
    with keeping.transaction(who) as connection:
        return find_logged(connection, logged_id)


def waits(keeping: Timekeeping, who: str = "supervisor") -> list[Waiting]:
    """Return what waits for approval."""
    with keeping.transaction(who) as connection:
        return waiting(connection)


def chosen(keeping: Timekeeping, who: str = "supervisor") -> list[Chosen]:
    """Choose all that waits."""
    return [Chosen.of(one.token) for one in waits(keeping, who)]


def approved(keeping: Timekeeping) -> int:
    """Approve all that waits, as the supervisor."""
    all_of_it = chosen(keeping)
    with keeping.transaction("supervisor") as connection:
        return len(approve(connection, all_of_it, name="Supervisor Person"))


def outcome(keeping: Timekeeping) -> tuple[str, int]:
    """Preview October and return the one patient's outcome with counted seconds."""
    keeping.office.close()
    row = keeping.office.rows("SELECT outcome, clinical_seconds FROM patient_month WHERE mrn = '1001'")
    return tuple(row[0])


def test_time_by_hand_does_not_count_before_it_is_approved(keeping: Timekeeping) -> None:
    written(keeping)
    assert outcome(keeping) == ("held", 0)


def test_approved_time_by_hand_counts_under_the_name_of_who_approved_it(keeping: Timekeeping) -> None:
    logged_id = written(keeping)
    assert approved(keeping) == 1
    assert found(keeping, logged_id).approved_by == "Supervisor Person"
    assert outcome(keeping) == ("billable", 1500)
    assert waits(keeping) == []


def test_a_form_sent_twice_keeps_one_entry(keeping: Timekeeping) -> None:
    key = uuid4()
    assert written(keeping, key=key) == written(keeping, key=key)
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 1


def test_time_is_sent_back_with_a_reason_waits_no_more_and_waits_again_once_put_right(keeping: Timekeeping) -> None:
    logged_id = written(keeping)
    all_of_it = chosen(keeping)
    with keeping.transaction("supervisor") as connection:
        send_back(connection, all_of_it, because="Which call?", name="Supervisor Person")
    one = found(keeping, logged_id)
    assert (one.state, one.returned_because, waits(keeping)) == ("returned", "Which call?", [])
    with keeping.transaction() as connection:
        confirm_note(connection, logged_id, NOTE, seen=one.version)
    assert [one.id for one in waits(keeping)] == [found(keeping, logged_id).hours[0].id]


def test_nobody_approves_their_own_time(keeping: Timekeeping) -> None:
    written(keeping, who="supervisor")
    own = chosen(keeping)
    with keeping.transaction("supervisor") as connection, pytest.raises(OwnTime, match="another supervisor decides"):
        approve(connection, own, name="Supervisor Person")
    assert keeping.office.value("SELECT approved_by FROM time_entry") == ""


def test_what_changed_after_the_list_was_opened_is_not_approved_unseen(keeping: Timekeeping) -> None:
    logged_id = written(keeping)
    seen = chosen(keeping)
    with keeping.transaction() as connection:
        confirm_note(connection, logged_id, NOTE, seen=find_logged(connection, logged_id).version)
    with keeping.transaction("supervisor") as connection, pytest.raises(NothingChosen, match="as you saw it"):
        approve(connection, seen, name="Supervisor Person")


def test_manual_time_of_an_import_is_approved_in_the_same_list(keeping: Timekeeping) -> None:
    keeping.office.add_time("A1", keeping.patients["1001"], "rn", source="manual")
    assert [(one.reason, one.logged_id) for one in waits(keeping)] == [("", None)]
    assert approved(keeping) == 1
    assert keeping.office.value("SELECT approved_by FROM time_entry") == "Supervisor Person"


def test_approved_time_and_another_persons_time_are_not_changed(keeping: Timekeeping) -> None:
    logged_id = written(keeping)
    version = found(keeping, logged_id).version
    with keeping.transaction("colleague") as connection, pytest.raises(NotYours, match="the time of Tia Rivers"):
        confirm_note(connection, logged_id, NOTE, seen=version)
    approved(keeping)
    with keeping.transaction() as connection, pytest.raises(NotYours, match="Supervisor Person approved this"):
        take_out(connection, logged_id, seen=found(keeping, logged_id).version)


def test_a_change_of_another_tab_is_told_of_and_not_written_over(keeping: Timekeeping) -> None:
    logged_id = written(keeping)
    version = found(keeping, logged_id).version
    with keeping.transaction() as connection:
        confirm_note(connection, logged_id, NOTE, seen=version)
    with keeping.transaction() as connection, pytest.raises(ChangedMeanwhile):
        change_hours(connection, logged_id, hours=(AT_TWO, AT_TWO + timedelta(minutes=5)), program="CCM", reason="x", seen=version)


def test_corrected_hours_wait_for_approval_anew(keeping: Timekeeping) -> None:
    logged_id = written(keeping)
    with keeping.transaction() as connection:
        span = (AT_TWO, AT_TWO + timedelta(minutes=5))
        change_hours(connection, logged_id, hours=span, program="CCM", reason="Shorter.", seen=find_logged(connection, logged_id).version)
    one = found(keeping, logged_id)
    assert (one.seconds, one.reason, one.state) == (300, "Shorter.", "waiting")


def test_time_that_is_taken_out_is_gone_and_the_log_keeps_that_it_was_there(keeping: Timekeeping) -> None:
    logged_id = written(keeping)
    with keeping.transaction() as connection:
        take_out(connection, logged_id, seen=find_logged(connection, logged_id).version)
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 0
    detail = keeping.office.value("SELECT detail FROM audit_event WHERE action = 'time.taken_out'")
    assert detail == {"logged": str(logged_id), "seconds": 1500, "entries": 1}


def test_time_for_a_closed_month_is_a_late_entry_and_the_month_stays_as_it_is(keeping: Timekeeping) -> None:
    keeping.office.close()
    before = keeping.office.rows("SELECT * FROM patient_month ORDER BY id")
    logged_id = written(keeping)
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 0
    [late] = keeping.office.rows(
        "SELECT kind, to_char(month, 'YYYY-MM'), source, fields ->> 'description', fields ->> 'approved_by' FROM late_entry"
    )
    assert tuple(late) == ("new", "2026-10", "manual", "Called about readings.", "")
    assert found(keeping, logged_id).late is not None
    assert approved(keeping) == 1
    assert keeping.office.value("SELECT fields ->> 'approved_by' FROM late_entry") == "Supervisor Person"
    assert keeping.office.rows("SELECT * FROM patient_month ORDER BY id") == before


def test_an_entry_that_a_close_took_is_approved_and_noted_beside_the_month(keeping: Timekeeping) -> None:
    logged_id = written(keeping)
    keeping.office.close()
    with keeping.transaction() as connection, pytest.raises(Locked, match="October 2026 is closed for Practice A1"):
        take_out(connection, logged_id, seen=find_logged(connection, logged_id).version)
    assert approved(keeping) == 1
    assert keeping.office.rows("SELECT kind, fields ->> 'approved_by' FROM late_entry") == [("approved", "Supervisor Person")]
    with keeping.transaction() as connection:
        confirm_note(connection, logged_id, NOTE, seen=find_logged(connection, logged_id).version)
    assert keeping.office.rows("SELECT kind, fields ->> 'description' FROM late_entry") == [("corrected", NOTE.description)]
    assert keeping.office.value("SELECT approved_by || description FROM time_entry") == "Called about readings."


@pytest.mark.parametrize(
    ("day", "starts", "ends", "field", "said"),
    [
        ("2026-03-08", "02:30", "03:10", "starts", "2026-03-08 02:30 does not exist at this client"),
        ("2025-11-02", "00:30", "01:30", "ends", "2025-11-02 01:30 happens twice at this client"),
        ("2026-10-05", "10:20", "10:20", "ends", "at or before its start"),
        ("2126-10-05", "10:20", "10:40", "day", "5 Oct 2126 lies ahead"),
        ("5 October", "10:20", "10:40", "day", "“5 October” is not a day; write it as 2026-10-31 or 10/31/2026"),
        ("2/29/2026", "10:20", "10:40", "day", "“2/29/2026” is not a day"),
        ("0005-10-05", "10:20", "10:40", "day", "“0005-10-05” is not a day"),
        ("2026-10-05", "25:20", "10:40", "starts", "“25:20” is not a time of day; write it as 09:30 or 9:30 am"),
        ("2026-10-05", "10:20", "13:40 pm", "ends", "“13:40 pm” is not a time of day"),
    ],
)
def test_local_hours_that_never_were_are_refused_with_one_sentence(
    keeping: Timekeeping, *, day: str, starts: str, ends: str, field: str, said: str
) -> None:
    with keeping.transaction() as connection, pytest.raises(HoursRefused, match=said) as refused:
        local_hours(connection, day=day, starts=starts, ends=ends, zone="America/New_York")
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("day", "starts", "ends"),
    [
        ("2026-10-05", "09:30", "21:50"),
        (" 10/5/2026 ", "9:30 am", "9:50 pm"),
        ("10/05/2026", "9.30 AM", "9.50 p.m."),
        ("2026-10-05", "9.30", "21:50:00"),
    ],
)
def test_a_day_and_times_are_read_as_people_in_america_write_them(keeping: Timekeeping, day: str, starts: str, ends: str) -> None:
    with keeping.transaction() as connection:
        span = local_hours(connection, day=day, starts=starts, ends=ends, zone="America/Chicago")
    assert span == (datetime(2026, 10, 5, 14, 30, tzinfo=UTC), datetime(2026, 10, 6, 2, 50, tzinfo=UTC))


@pytest.mark.parametrize(
    ("typed", "hour"), [("12 am", 0), ("12 pm", 12), ("9 am", 9), ("9pm", 21), ("0 am", None), ("9", None), ("٩:30", None)]
)
def test_a_full_hour_needs_am_or_pm_and_twelve_is_midnight_or_noon(typed: str, hour: int | None) -> None:
    found = time_of_day(typed)
    assert (found.hour if found else None) == hour


def test_today_is_no_day_ahead_but_its_hours_may_be(keeping: Timekeeping) -> None:
    zone = "UTC" if datetime.now(UTC).hour < 22 else "Etc/GMT+6"
    today = datetime.now(ZoneInfo(zone)).date()
    with keeping.transaction() as connection, pytest.raises(HoursRefused, match="23:59 lies ahead") as refused:
        local_hours(connection, day=str(today), starts="00:00", ends="23:59", zone=zone)
    assert refused.value.field == "ends"


def in_month(keeping: Timekeeping, months_ago: int, day: int = 1) -> date:
    """Return a day of the month that began so many months ago where the client is."""
    query = "SELECT (date_trunc('month', now() AT TIME ZONE 'America/New_York') - make_interval(months => :months))::date + :more"
    return date.fromisoformat(str(keeping.office.value(query, months=months_ago, more=day - 1)))


def hours_of_patient(keeping: Timekeeping, day: date) -> tuple[datetime, datetime]:
    """Return twenty minutes of a day for the patient born on 1 March 1941."""
    with keeping.transaction() as connection:
        patient = patient_of(connection, keeping.patients["1001"])
        return patient_hours(connection, patient, day=str(day), starts="10:00", ends="10:20")


def test_time_before_the_patient_was_born_is_refused_with_the_day_of_birth(keeping: Timekeeping) -> None:
    with pytest.raises(HoursRefused, match="1 Jan 1900 is before Alma Abara was born, on 1 Mar 1941") as refused:
        hours_of_patient(keeping, date(1900, 1, 1))
    assert refused.value.field == "day"


def test_time_of_a_month_for_which_no_claim_can_be_filed_any_more_is_refused(keeping: Timekeeping) -> None:
    oldest = in_month(keeping, 12)
    with pytest.raises(HoursRefused, match="a claim is filed within 12 months") as refused:
        hours_of_patient(keeping, oldest - timedelta(days=1))
    assert refused.value.field == "day"
    assert f"{long_date(oldest)} or later" in str(refused.value)
    assert hours_of_patient(keeping, oldest)[0].astimezone(ZoneInfo("America/New_York")).date() == oldest


def test_how_far_back_time_is_taken_is_the_dated_tables_to_say(fresh_database: TestDatabase) -> None:
    keeping = new_timekeeping(fresh_database)
    with fresh_database.admin_engine.begin() as connection:
        connection.execute(text("UPDATE program_limit SET amount = 24 WHERE name = 'filing_months'"))
    assert hours_of_patient(keeping, in_month(keeping, 24))
    with pytest.raises(HoursRefused, match="within 24 months"):
        hours_of_patient(keeping, in_month(keeping, 25))


def test_hours_are_those_of_the_clients_zone(keeping: Timekeeping) -> None:
    with keeping.transaction() as connection:
        span = local_hours(connection, day="2026-10-05", starts="10:00", ends="10:25", zone="America/Chicago")
    assert span == (datetime(2026, 10, 5, 15, tzinfo=UTC), datetime(2026, 10, 5, 15, 25, tzinfo=UTC))


def test_an_overlap_of_staff_or_patient_is_told_of_and_not_refused(keeping: Timekeeping) -> None:
    written(keeping)
    other = written(keeping, mrn="1002", starts=AT_TWO + timedelta(minutes=10))
    third = written(keeping, who="colleague", starts=AT_TWO + timedelta(minutes=20), minutes=10)
    for logged_id, expected in ((other, [(True, False)]), (third, [(False, True)])):
        one = found(keeping, logged_id)
        with keeping.transaction() as connection:
            shared = overlaps(connection, one.work, but=[hours.id for hours in one.hours])
        assert [(overlap.same_staff, overlap.same_patient) for overlap in shared] == expected
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 3


def test_time_that_is_kept_while_its_month_closes_becomes_a_late_entry_and_no_error(keeping: Timekeeping) -> None:
    close = (
        "INSERT INTO client_month (vendor_id, client_id, month, revision, status, starts_at, ends_at, closed_by, closed_at) VALUES "
        "(:vendor_id, :client_id, '2026-10-01', 1, 'closed', '2026-10-01T04:00Z', '2026-11-01T04:00Z', 'tester', now())"
    )
    key = {"vendor_id": keeping.office.vendor_id, "client_id": keeping.office.clients["A1"]}
    with ThreadPoolExecutor(1) as other, keeping.office.transaction() as closing:
        closing.execute(text("SELECT 1 FROM client_lock WHERE client_id = :client_id FOR UPDATE"), key)
        kept = other.submit(written, keeping)
        while not closing.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
            assert not kept.done()
        closing.execute(text(close), key)
        closing.commit()
        logged_id = kept.result()
    assert found(keeping, logged_id).late is not None
    assert keeping.office.value("SELECT count(*) FROM time_entry") == 0


def test_time_that_its_owner_is_just_changing_is_not_approved_unseen(keeping: Timekeeping) -> None:
    logged_id = written(keeping)
    with ThreadPoolExecutor(1) as other, keeping.transaction() as owner:
        version = find_logged(owner, logged_id).version
        all_of_it = chosen(keeping)
        confirm_note(owner, logged_id, NOTE, seen=version)
        deciding = other.submit(approve_these, keeping, all_of_it)
        while not owner.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
            assert not deciding.done()
        owner.commit()
        with pytest.raises(NothingChosen):
            deciding.result()
    assert keeping.office.value("SELECT approved_by FROM time_entry") == ""


def approve_these(keeping: Timekeeping, these: list[Chosen]) -> None:
    """Approve entries as the supervisor."""
    with keeping.transaction("supervisor") as connection:
        approve(connection, these, name="Supervisor Person")
