"""What is due is asked for once, however many schedulers there are and however long nobody looked."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from caretally.jobs.kinds import kinds_of
from caretally.jobs.schedule import Scheduler
from tests.builders.databases import TestDatabase
from tests.builders.jobs import add_event, probe
from tests.builders.office import Office, new_office

DAILY = kinds_of([probe("nightly", add_event, every_minutes=1440)])


@pytest.fixture
def office(database: TestDatabase) -> Office:
    return new_office(database, "A")


@pytest.fixture
def scheduler(database: TestDatabase) -> Scheduler:
    return Scheduler(database.operator_engine, database.vendor_engine, database.secret, DAILY)


def make_due(office: Office, *, since: str = "1 minute") -> None:
    with office.transaction() as connection:
        connection.execute(text(f"UPDATE job_schedule SET next_at = clock_timestamp() - interval '{since}'"))


def jobs(office: Office) -> int:
    return int(office.value("SELECT count(*) FROM job"))


def test_every_vendor_gets_a_schedule_once_and_it_is_not_due_at_once(office: Office, scheduler: Scheduler) -> None:
    scheduler.plan()
    scheduler.plan()
    assert office.rows("SELECT kind, every_minutes, next_at > now() + interval '23 hours' FROM job_schedule") == [("nightly", 1440, True)]
    scheduler.ask_due()
    assert jobs(office) == 0


def test_schedulers_that_look_at_once_ask_once(office: Office, scheduler: Scheduler) -> None:
    scheduler.plan()
    make_due(office)
    with ThreadPoolExecutor(6) as pool:
        asked = sum(pool.map(lambda _: scheduler.ask_due(), range(12)))
    assert (asked, jobs(office)) == (1, 1)
    assert office.rows("SELECT kind, asked_by FROM job") == [("nightly", "scheduler")]


def test_what_nobody_looked_at_for_days_is_done_once_and_keeps_its_hour(office: Office, scheduler: Scheduler) -> None:
    scheduler.plan()
    make_due(office, since="3 days 2 hours")
    scheduler.ask_due()
    scheduler.ask_due()
    assert jobs(office) == 1
    assert (
        office.value("SELECT next_at BETWEEN now() + interval '21 hours 59 minutes' AND now() + interval '22 hours' FROM job_schedule")
        is True
    )


def test_a_schedule_of_another_vendor_is_not_touched(office: Office, scheduler: Scheduler, database: TestDatabase) -> None:
    other = new_office(database, "B")
    scheduler.plan()
    make_due(other)
    scheduler.ask_due()
    assert (jobs(office), jobs(other)) == (0, 1)
