"""Part 6 of the battery, for jobs: a message with a foreign vendor's id, with none, or with words for one does nothing, and the log says so."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import dramatiq
import pytest

from caretally.jobs.broker import QUEUE, bound_vendor, declare_actor, make_broker
from caretally.jobs.embedded_broker import ensure_broker, stop_broker
from caretally.jobs.run_job import run_job
from tests.builders.databases import TestDatabase
from tests.builders.jobs import ask_and_hint, effects, state, until, workshop
from tests.builders.office import Office, new_office

Send = Callable[..., None]


@pytest.fixture
def ours(database: TestDatabase) -> Office:
    return new_office(database, "A")


@pytest.fixture
def theirs(database: TestDatabase) -> Office:
    return new_office(database, "B")


@pytest.fixture
def worked(database: TestDatabase, tmp_path: Path) -> Iterator[tuple[Send, list[UUID]]]:
    """Return what puts a message into a real broker with a worker behind it, and the vendors that its jobs ran for."""
    shop, ran = workshop(database), list[UUID]()

    def run(vendor_id: UUID, job_id: UUID) -> None:
        ran.append(bound_vendor())
        run_job(shop, vendor_id, job_id)

    broker = make_broker(ensure_broker(tmp_path).url)
    actor = declare_actor(broker, run)
    worker = dramatiq.Worker(broker, queues={QUEUE}, worker_timeout=100, worker_threads=1)
    worker.start()

    def send(job_id: UUID, **options: Any) -> None:
        actor.send_with_options(args=(str(job_id),), **options)

    yield send, ran
    worker.stop(timeout=10_000)
    broker.close()
    stop_broker(tmp_path)


def lines(told: str, event: str) -> list[dict[str, Any]]:
    """Return the lines of the log about an event."""
    found = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    return [line for line in found if line["event"] == event]


def test_a_job_of_another_vendor_is_not_run_and_the_log_says_so(
    database: TestDatabase, ours: Office, theirs: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = ask_and_hint(theirs)
    run_job(workshop(database), ours.vendor_id, job_id)
    assert (state(theirs, job_id), effects(theirs), effects(ours)) == (("waiting", 0), 0, 0)
    (line,) = lines(capsys.readouterr().err, "job_left_alone")
    assert (line["job_id"], line["vendor_id"], line["status"]) == (str(job_id), str(ours.vendor_id), "no such job of this vendor")


def test_a_foreign_id_is_told_in_the_log_as_one_that_does_not_exist(
    database: TestDatabase, ours: Office, theirs: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    for job_id in (ask_and_hint(theirs), uuid4()):
        run_job(workshop(database), ours.vendor_id, job_id)
    foreign, absent = lines(capsys.readouterr().err, "job_left_alone")
    changing = {"job_id", "timestamp"}
    assert {k: v for k, v in foreign.items() if k not in changing} == {k: v for k, v in absent.items() if k not in changing}


@pytest.mark.parametrize("options", [{}, {"vendor_id": None}, {"vendor_id": "everybody"}, {"vendor_id": "*"}], ids=str)
def test_a_message_without_a_vendor_is_not_worked_at_and_the_next_one_is(
    worked: tuple[Send, list[UUID]], ours: Office, capsys: pytest.CaptureFixture[str], options: dict[str, Any]
) -> None:
    send, ran = worked
    without, good = ask_and_hint(ours), ask_and_hint(ours)
    send(without, **options)
    send(good, vendor_id=str(ours.vendor_id))
    until(lambda: state(ours, good)[0] == "done", "the good message is worked at")
    assert (state(ours, without), ran) == (("waiting", 0), [ours.vendor_id])
    assert len(lines(capsys.readouterr().err, "job_without_vendor")) == 1


def test_each_message_binds_its_own_vendor_and_the_next_never_the_one_before(
    worked: tuple[Send, list[UUID]], ours: Office, theirs: Office
) -> None:
    send, ran = worked
    jobs = [(office, ask_and_hint(office)) for office in (ours, theirs, ours)]
    for office, job_id in jobs:
        send(job_id, vendor_id=str(office.vendor_id))
    until(lambda: all(state(office, job_id)[0] == "done" for office, job_id in jobs), "all are done")
    assert ran == [ours.vendor_id, theirs.vendor_id, ours.vendor_id]
    assert (effects(ours), effects(theirs)) == (2, 1)


def test_outside_a_message_no_vendor_is_bound() -> None:
    with pytest.raises(LookupError):
        bound_vendor()


def test_a_job_runs_in_the_name_of_who_asked_and_never_of_another_vendor(database: TestDatabase, ours: Office, theirs: Office) -> None:
    asker = Office(database, theirs.vendor_id, "person:of-theirs")
    job_id = ask_and_hint(asker)
    run_job(workshop(database), theirs.vendor_id, job_id)
    assert theirs.rows("SELECT actor FROM audit_event WHERE action = 'probe.effect'") == [("person:of-theirs",)]
    assert ours.value("SELECT count(*) FROM audit_event WHERE actor = 'person:of-theirs'") == 0
