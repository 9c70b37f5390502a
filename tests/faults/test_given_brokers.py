"""A given broker: jobs over a RabbitMQ and a Valkey of somebody else's come to their end, each with one effect, though the broker is killed."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from caretally.jobs.broker import broker_answers
from tests.builders.databases import TestDatabase
from tests.builders.jobs import ask, ask_for_many, effects, state, until, working
from tests.builders.office import Office, new_office
from tests.builders.rabbit import Rabbit, rabbit
from tests.faults.test_killed_jobs import all_done
from tests.platform.app.test_serve_command import free_port, serving
from tests.platform.app.test_worker_command import readiness, started

Figure = Callable[[str, object], None]
pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("rabbit")]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rabbit]:
    with rabbit(tmp_path_factory.mktemp("rabbit") / "node") as begun:
        yield begun


@contextmanager
def hanging(node: Rabbit) -> Iterator[None]:
    """Stop the node for the block: it holds its port and its connections and says nothing."""
    node.hang(signal.SIGSTOP)
    try:
        yield
    finally:
        node.hang(signal.SIGCONT)


@pytest.fixture
def office(fresh_database: TestDatabase) -> Office:
    return new_office(fresh_database, "A")


def test_jobs_over_rabbitmq_have_one_effect_each_though_it_is_killed(
    office: Office, fresh_database: TestDatabase, node: Rabbit, tmp_path: Path, record_property: Figure
) -> None:
    environment, began = fresh_database.environment(home=tmp_path / "home"), time.monotonic()
    with working(environment, node.url), working(environment, node.url, "probe:effect-committed=kill") as doomed:
        ask_for_many(office, 40, "add_event_slowly")
        assert doomed.wait(60) == -signal.SIGKILL
        for _ in range(2):
            until(lambda: effects(office) > 0, "jobs are under way")
            node.kill()
            ask(office, jobs=5)
            node.begin()
        until(lambda: all_done(office), "every job is done")
    attempts = office.value("SELECT sum(attempts) FROM job")
    record_property("figure", f"{effects(office)} effects of 50 jobs, {attempts} attempts, in {time.monotonic() - began:.0f} s")
    assert (effects(office), office.value("SELECT count(*) FROM job_outbox")) == (50, 0)


def test_a_rabbitmq_that_hangs_counts_as_down_and_jobs_go_on_when_it_does(
    office: Office, fresh_database: TestDatabase, node: Rabbit, tmp_path: Path
) -> None:
    with working(fresh_database.environment(home=tmp_path / "home"), node.url):
        ask(office, jobs=3)
        until(lambda: all_done(office), "the first jobs are done")
        with hanging(node):
            ask(office, jobs=3)
            assert not broker_answers(node.url)
            until(lambda: bool(office.value("SELECT count(*) FROM job_outbox WHERE handed_at IS NULL") == 3), "they wait")
        until(lambda: all_done(office), "every job is done")
    assert effects(office) == 6


def test_a_rabbitmq_that_does_not_know_the_password_does_not_count_as_up(node: Rabbit) -> None:
    assert broker_answers(node.url)
    assert not broker_answers(node.url.replace(":guest@", ":wrong@"))
    assert not broker_answers(node.url.replace("/%2F", "/unknown"))


def test_the_worker_and_the_health_check_use_the_given_rabbitmq_and_end_without_it(
    office: Office, fresh_database: TestDatabase, node: Rabbit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = fresh_database.environment(home=tmp_path / "home") | {"CARETALLY_BROKER_URL": node.url}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    port = free_port()
    with started("worker", "--threads", "2") as worker, serving(port):
        (job,) = ask(office, "check_audit_log")
        until(lambda: state(office, job)[0] == "done", "the job is done")
        assert readiness(port) == {"status": "ready", "broker": "up"}
        node.kill()
        assert readiness(port) == {"status": "ready", "broker": "down"}
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    node.begin()
    assert not (tmp_path / "home" / "broker").exists()
