"""A job may run twice, its effect happens once: workers, relays and the broker killed with SIGKILL at every place where it could matter."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from caretally.jobs.broker import redis_client
from caretally.jobs.embedded_broker import BrokerPlace, ensure_broker, stop_broker
from caretally.jobs.enqueue import ask_again
from tests.builders.databases import TestDatabase
from tests.builders.jobs import ask, ask_for_many, effects, until, working
from tests.builders.office import Office, new_office

PLACES = [
    "jobs:chosen",
    "jobs:handed",
    "jobs:taken",
    "probe:before-effect",
    "probe:effect-not-committed",
    "probe:effect-committed",
    "jobs:worked",
    "jobs:before-end",
]
# A broker killed more often than a consumer comes back (3 seconds) would only stand still.
MOST_BROKERS = 5
GIVEN_UP_SECONDS = 800
Figure = Callable[[str, object], None]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The home of a broker of the test's own, to be killed."""
    yield tmp_path / "home"
    stop_broker(tmp_path / "home")


@pytest.fixture
def broker(home: Path) -> BrokerPlace:
    return ensure_broker(home)


@pytest.fixture
def environment(fresh_database: TestDatabase, home: Path) -> dict[str, str]:
    return fresh_database.environment(home=home)


def all_done(office: Office) -> bool:
    return bool(office.value("SELECT count(*) FROM job WHERE status <> 'done'") == 0)


def kill_broker(home: Path) -> BrokerPlace:
    """Kill the broker with SIGKILL and start it again, empty."""
    os.kill(ensure_broker(home).pid, signal.SIGKILL)
    return ensure_broker(home)


@pytest.mark.parametrize("place", PLACES)
def test_a_worker_killed_at_any_place_costs_a_lease_and_no_effect_is_lost_or_doubled(
    fresh_database: TestDatabase, broker: BrokerPlace, environment: dict[str, str], place: str
) -> None:
    office = new_office(fresh_database, "A")
    ask(office, jobs=3)
    with working(environment, broker.url, f"{place}=kill") as killed:
        assert killed.wait(60) == -signal.SIGKILL
    with working(environment, broker.url):
        until(lambda: all_done(office), "every job is done")
    assert (effects(office), office.value("SELECT count(*) FROM job_outbox")) == (3, 0)


def test_without_the_key_of_the_effect_a_killed_worker_would_double_it(
    fresh_database: TestDatabase, broker: BrokerPlace, environment: dict[str, str]
) -> None:
    """The planted fault: a worker whose effects are forgotten is seen to have them twice."""
    office = new_office(fresh_database, "A")
    ask(office)
    with working(environment, broker.url, "probe:effect-committed=kill") as killed:
        assert killed.wait(60) == -signal.SIGKILL
    with fresh_database.admin_engine.begin() as owner:
        owner.exec_driver_sql("ALTER TABLE job_effect NO FORCE ROW LEVEL SECURITY")
        owner.exec_driver_sql("DELETE FROM job_effect")
    with working(environment, broker.url):
        until(lambda: all_done(office), "the job is done")
    assert effects(office) == 2


def test_what_the_broker_forgot_is_handed_out_again(
    fresh_database: TestDatabase, broker: BrokerPlace, environment: dict[str, str], home: Path
) -> None:
    office = new_office(fresh_database, "A")
    ask(office, jobs=3)
    with working(environment, broker.url, "jobs:taken=kill") as killed:
        killed.wait(60)
    client = redis_client(kill_broker(home).url)
    client.flushall()
    client.close()
    client.connection_pool.disconnect()
    with working(environment, broker.url):
        until(lambda: all_done(office), "every job is done")
    assert effects(office) == 3


def test_jobs_asked_for_while_the_broker_is_down_are_done_when_it_is_back(
    fresh_database: TestDatabase, broker: BrokerPlace, environment: dict[str, str], home: Path
) -> None:
    office = new_office(fresh_database, "A")
    stop_broker(home)
    with working(environment, broker.url) as worker:
        ask(office, jobs=3)
        until(lambda: bool(office.value("SELECT count(*) FROM job_outbox WHERE handed_at IS NULL") == 3), "they wait")
        assert worker.poll() is None
        assert ensure_broker(home).url == broker.url
        until(lambda: all_done(office), "every job is done")
    assert effects(office) == 3


def run_under_fire(office: Office, environment: dict[str, str], home: Path, *, jobs: int, doomed: int, seed: int) -> str:
    """Do jobs with one sound worker and one after another that kills itself at some place, while the broker is killed too; return the figure.

    A job that was killed three times is quarantined; a person has it tried again, as the page's button does.
    """
    chance, url, brokers, people = random.Random(seed), ensure_broker(home).url, 0, 0
    began = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(working(environment, url))
        dying = [stack.enter_context(working(environment, url, f"{chance.choice(PLACES)}=kill")) for _ in range(doomed)]
        ask_for_many(office, jobs, "add_event_slowly")
        while not all_done(office):
            assert time.monotonic() - began < GIVEN_UP_SECONDS, office.rows("SELECT status, count(*) FROM job GROUP BY 1")
            time.sleep(chance.uniform(1, 4))
            if brokers < MOST_BROKERS:
                kill_broker(home)
                brokers += 1
            for (job_id,) in office.rows("SELECT id FROM job WHERE status = 'quarantined'"):
                with office.transaction() as connection:
                    people += ask_again(connection, job_id)
        killed = sum(worker.poll() == -signal.SIGKILL for worker in dying)
    return (
        f"{jobs} jobs, {effects(office)} effects, {office.value('SELECT sum(attempts) FROM job')} attempts in {time.monotonic() - began:.0f} s; "
        f"{killed} workers with their relays and {brokers} brokers killed, {people} tried again by a person (seed {seed}, lease 2 s)"
    )


def test_jobs_under_fire_have_one_effect_each(
    fresh_database: TestDatabase, environment: dict[str, str], home: Path, record_property: Figure
) -> None:
    office = new_office(fresh_database, "A")
    record_property("figure", run_under_fire(office, environment, home, jobs=40, doomed=3, seed=5))
    assert (effects(office), office.value("SELECT count(*) FROM job_outbox")) == (40, 0)


@pytest.mark.drill
@pytest.mark.timeout(900)
def test_three_hundred_jobs_under_fire_have_three_hundred_effects(
    fresh_database: TestDatabase, environment: dict[str, str], home: Path, record_property: Figure
) -> None:
    office = new_office(fresh_database, "A")
    record_property("figure", run_under_fire(office, environment, home, jobs=300, doomed=8, seed=random.randrange(10**6)))
    different = office.value("SELECT count(DISTINCT detail ->> 'job') FROM audit_event WHERE action = 'probe.effect'")
    assert (effects(office), different) == (300, 300)


def test_another_vendors_job_starts_while_one_has_ten_thousand(
    fresh_database: TestDatabase, broker: BrokerPlace, environment: dict[str, str], record_property: Figure
) -> None:
    large, small = new_office(fresh_database, "A"), new_office(fresh_database, "B")
    ask_for_many(large, 10_000)
    with working(environment, broker.url, threads=8):
        until(lambda: effects(large) > 20, "the large vendor's jobs are under way")
        ask(small, jobs=5)
        until(lambda: all_done(small), "the small vendor's jobs are done")
    waited = small.rows("SELECT (extract(epoch FROM started_at - asked_at) * 1000)::int FROM job ORDER BY 1")
    left = large.value("SELECT count(*) FROM job WHERE status = 'waiting'")
    record_property(
        "figure", f"beside {left:,} waiting jobs of one vendor, five of another started after {', '.join(str(row[0]) for row in waited)} ms"
    )
    assert left > 5_000
