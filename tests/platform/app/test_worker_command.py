"""`caretally worker` and `caretally up` in processes of their own: work is done, what is killed comes back, and the end is clean."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

import psutil
import pytest

from caretally.app import supervisor
from caretally.app.end_with_parent import Lifeline
from caretally.app.supervisor import Kept, Supervisor
from caretally.audit.chain import append_event
from caretally.audit.checkpoints import FOLDER
from caretally.embedded.cluster import postmaster
from caretally.embedded.place import read_place
from caretally.embedded.server import remove_server
from caretally.jobs.broker import broker_answers
from caretally.jobs.embedded_broker import BrokerPlace, ensure_broker, read_broker, stop_broker
from tests.builders.closing import PROGRAM
from tests.builders.databases import TestDatabase
from tests.builders.jobs import ask, state, until
from tests.builders.office import Office, new_office
from tests.builders.program import program
from tests.platform.app.test_serve_command import free_port


@pytest.fixture
def office(database: TestDatabase) -> Office:
    return new_office(database, "A")


@pytest.fixture
def home(caretally_environment: dict[str, str]) -> Iterator[Path]:
    """The home of the program, whose broker is stopped afterwards whatever happened."""
    folder = Path(caretally_environment["CARETALLY_HOME"])
    yield folder
    stop_broker(folder)


@contextmanager
def started(*words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command in another process, and kill it and what it started after the block unless it has ended."""
    process = subprocess.Popen([*PROGRAM, *words], env=os.environ, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        family = [*psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []
        process.kill()
        for one in family:
            one.kill()
        process.wait()


def done(office: Office, *jobs: object) -> bool:
    return all(state(office, job_id)[0] == "done" for job_id in jobs)  # type: ignore[arg-type]


def place_of(home: Path) -> BrokerPlace:
    place = read_broker(home)
    assert place is not None
    return place


def readiness(port: int) -> dict[str, str]:
    """Return what /readyz says, nothing while nobody answers."""
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("GET", "/readyz")
            said: dict[str, str] = json.loads(connection.getresponse().read())
            return said
    except OSError:
        return {}


def test_a_worker_does_what_was_asked_for_heals_its_broker_and_ends_with_it(office: Office, home: Path) -> None:
    with office.transaction() as connection:
        append_event(connection, action="tried", detail={})
    with started("worker", "--threads", "2") as worker:
        (first,) = ask(office, "check_audit_log")
        until(lambda: done(office, first), "the first job is done")
        checkpoints = home / "archive" / FOLDER / str(office.vendor_id)
        until(lambda: list(checkpoints.glob("*.json")) != [], "a checkpoint of the audit log is kept without a command")
        os.kill(place_of(home).pid, signal.SIGKILL)
        (second,) = ask(office, "check_audit_log")
        until(lambda: done(office, second), "the second job is done on a broker that was killed")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    assert not broker_answers(place_of(home).url)


def test_everything_is_up_and_what_is_killed_comes_back(office: Office, home: Path) -> None:
    port = free_port()
    with started("up", "--port", str(port), "--threads", "2") as up:
        until(lambda: readiness(port) == {"status": "ready", "broker": "up"}, "the pages are up and so is the broker", seconds=200)
        (first,) = ask(office, "check_audit_log")
        until(lambda: done(office, first), "the worker works")
        for child in psutil.Process(up.pid).children():
            child.kill()
        (second,) = ask(office, "check_audit_log")
        until(lambda: done(office, second), "a new worker works")
        until(lambda: readiness(port).get("status") == "ready", "the pages are up again")
        up.send_signal(signal.SIGTERM)
        assert up.wait(60) == 0
    assert (readiness(port), broker_answers(place_of(home).url)) == ({}, False)


def test_a_given_valkey_is_used_and_left_running(office: Office, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = ensure_broker(tmp_path / "theirs")
    monkeypatch.setenv("CARETALLY_BROKER_URL", theirs.url.replace("redis", "valkey"))
    try:
        with started("worker", "--threads", "2") as worker:
            (job,) = ask(office, "check_audit_log")
            until(lambda: done(office, job), "the job is done")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(60) == 0
        assert (broker_answers(theirs.url), (home / "broker").exists()) == (True, False)
    finally:
        stop_broker(tmp_path / "theirs")


def test_what_is_killed_itself_leaves_nothing_running_and_the_next_begins_clean(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARETALLY_DATABASE_URL")
    monkeypatch.delenv("CARETALLY_ROLE_PREFIX")
    port, family = free_port(), list[psutil.Process]()
    try:
        for _ in range(2):
            with started("up", "--port", str(port), "--threads", "2") as up:
                until(lambda: readiness(port) == {"status": "ready", "broker": "up"}, "everything is up", seconds=200)
                family = [*psutil.Process(up.pid).children(recursive=True), server_of(home), psutil.Process(place_of(home).pid)]
                assert len(family) >= 6
                up.kill()
                up.wait()
                until(partial(all_ended, family), "all of it has ended")
    finally:
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        remove_server(home)


def all_ended(family: list[psutil.Process]) -> bool:
    """Tell whether none of these processes runs any longer."""
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family)


def server_of(home: Path) -> psutil.Process:
    """Return the first process of the home's embedded PostgreSQL."""
    place = read_place(home)
    assert place is not None
    pid = postmaster(place)
    assert pid is not None
    return psutil.Process(pid)


@pytest.mark.usefixtures("caretally_environment")
@pytest.mark.parametrize("address", ["http://127.0.0.1", "amqp://127.0.0.1:many/name", "amqp://127.0.0.1/name?heartbeat=often"])
def test_a_broker_that_is_none_is_one_sentence(address: str) -> None:
    assert program("worker", CARETALLY_BROKER_URL=address).is_one_sentence(2, "CARETALLY_BROKER_URL")


def test_what_keeps_ending_is_begun_after_ever_longer_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PROGRAM", ("/bin/sh", "-c"))
    kept, pauses = Kept(("exit 3",), Lifeline()), []
    now = 0.0
    for _ in range(7):
        kept.look(now)
        assert kept.process is not None
        kept.process.wait()
        kept.look(now)
        pauses.append(kept.not_before - now)
        now = kept.not_before
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    now = kept.not_before
    kept.look(now)
    assert kept.process is not None
    kept.process.wait()
    kept.look(now + 61)
    assert kept.not_before - (now + 61) == 1


def test_what_does_not_end_in_time_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PROGRAM", ("/bin/sh", "-c"))
    monkeypatch.setattr(supervisor, "DRAIN_SECONDS", 0.2)
    watched, stop = Supervisor([("trap '' TERM; sleep 60 & wait; wait",)]), Event()
    watched.kept[0].look(0)
    process = watched.kept[0].process
    assert process is not None
    stop.set()
    watched.run(stop)
    assert process.poll() is not None
