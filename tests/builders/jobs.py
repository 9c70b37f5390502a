"""Background work in tests: kinds whose effects can be counted, a workshop, and a worker in a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from caretally.app.commands.worker import stop_on_signals
from caretally.app.installation import Installation
from caretally.audit.chain import append_event
from caretally.db.engines import operator_engine, vendor_engine
from caretally.errors import DependencyDown, UsageMistake
from caretally.faults.failpoints import failpoint
from caretally.jobs.at_work import JobAtWork
from caretally.jobs.enqueue import enqueue
from caretally.jobs.kinds import Kind, Kinds, kinds_of
from caretally.jobs.relay import Relay
from caretally.jobs.run_job import Workshop
from caretally.jobs.work_process import WorkProcess
from tests.builders.databases import TestDatabase
from tests.builders.office import Office

BROKER, LEASE, THREADS = "CARETALLY_TEST_BROKER", "CARETALLY_TEST_LEASE_SECONDS", "CARETALLY_TEST_THREADS"
WORKER = [sys.executable, "-m", "tests.builders.jobs"]
HINT = "UPDATE job_outbox SET handed_at = clock_timestamp(), due_at = clock_timestamp() + interval '1 hour' WHERE handed_at IS NULL"


def add_event(job: JobAtWork) -> str:
    """Have one effect: an event of the vendor's audit log."""
    job.report_progress(0, 2, "steps done")
    failpoint("probe:before-effect")
    with job.transaction() as connection:
        if job.first_time(connection):
            append_event(connection, action="probe.effect", detail={"job": job.id, "attempt": job.attempt})
        failpoint("probe:effect-not-committed")
    failpoint("probe:effect-committed")
    job.report_progress(2, 2, "steps done")
    return "One event was added."


def add_event_slowly(job: JobAtWork) -> str:
    """Have one effect after a third of a second, so that a kill meets a job under way."""
    time.sleep(0.3)
    return add_event(job)


def fail(_job: JobAtWork) -> str:
    """Fail as a defect does, with a patient's name in its mouth."""
    raise ValueError("Alma Abara, born 1941-03-02")


def refuse(_job: JobAtWork) -> str:
    """Fail as a rule does."""
    raise UsageMistake("October 2026 is closed for Lakeside; add an adjustment.")


def lack(_job: JobAtWork) -> str:
    """Fail as a dependency does."""
    raise DependencyDown("The archive does not answer.")


def crawl(job: JobAtWork) -> str:
    """Take a fiftieth of a second for each of a thousand steps."""
    for step in range(1000):
        job.report_progress(step, 1000, "steps done")
        time.sleep(0.02)
    return "A thousand steps were done."


def probe(name: str, run: Callable[[JobAtWork], str], **more: Any) -> Kind:
    """Return a kind of tests."""
    return Kind(name, f"Probe: {name}", run, "probe", **more)


PROBES = kinds_of(probe(run.__name__, run) for run in (add_event, add_event_slowly, fail, refuse, lack, crawl))


def workshop(database: TestDatabase, kinds: Kinds = PROBES, **given: Any) -> Workshop:
    """Return what a worker works with, in this process; a failed job is tried again at once."""
    return Workshop(kinds, database.vendor_engine, database.secret, **{"pauses_seconds": {1: 0, 2: 0}} | given)


def relay(database: TestDatabase, sent: list[tuple[UUID, UUID]] | None = None, **given: Any) -> Relay:
    """Return a relay that writes down what it hands to the broker."""
    taken = [] if sent is None else sent
    return Relay(database.operator_engine, lambda vendor_id, job_id: taken.append((vendor_id, job_id)), **given)


def ask(office: Office, kind: str = "add_event", *, key: str = "", jobs: int = 1) -> list[UUID]:
    """Ask for jobs of a vendor in one transaction."""
    with office.transaction() as connection:
        return [enqueue(connection, kind, {}, key=key or uuid4().hex) for _ in range(jobs)]


def ask_for_many(office: Office, jobs: int, kind: str = "add_event") -> None:
    """Ask for thousands of jobs of a vendor in two statements."""
    with office.transaction() as connection:
        many = (
            "WITH asked AS (INSERT INTO job (vendor_id, kind, job_key, payload) SELECT :vendor_id, :kind, gen_random_uuid()::text, '{}' "
            "FROM generate_series(1, :jobs) RETURNING vendor_id, id) INSERT INTO job_outbox (vendor_id, id) SELECT vendor_id, id FROM asked"
        )
        connection.execute(text(many), {"vendor_id": office.vendor_id, "jobs": jobs, "kind": kind})


def ask_and_hint(office: Office, kind: str = "add_event") -> UUID:
    """Ask for a job and note it as handed out, as the relay does before it tells the broker."""
    (job_id,) = ask(office, kind)
    hint(office)
    return job_id


def work_under_way(office: Office) -> UUID:
    """Return a job that a worker has begun and a third done; the same one each time."""
    (job_id,) = ask(office, "check_audit_log", key="under way")
    with office.transaction() as connection:
        begun = "UPDATE job SET status = 'running', attempts = 1, done = 20, total = 60, what = 'clients closed', started_at = asked_at WHERE id = :id"
        connection.execute(text(begun), {"id": job_id})
    return job_id


def hint(office: Office) -> None:
    """Note every job of the vendor as handed out."""
    with office.transaction() as connection:
        connection.execute(text(HINT))


def state(office: Office, job_id: UUID) -> tuple[str, int]:
    """Return how a job stands and how often it was tried."""
    (row,) = office.rows("SELECT status, attempts FROM job WHERE id = :id", id=job_id)
    return row[0], row[1]


def effects(office: Office) -> int:
    """Return how often a probe had its effect."""
    return int(office.value("SELECT count(*) FROM audit_event WHERE action = 'probe.effect'"))


def until(holds: Callable[[], bool], what: str, *, seconds: int = 90) -> None:
    """Wait until something holds; the test fails with `what` when it never does."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"it never came to pass that {what}")
        time.sleep(0.05)


@contextmanager
def working(
    environment: dict[str, str], broker: str, failpoint_: str = "", *, lease: str = "2", threads: int = 4
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a worker of probes in a process of its own for the block; kill it afterwards unless it has ended."""
    given = {BROKER: broker, LEASE: lease, THREADS: str(threads)} | ({"CARETALLY_FAILPOINT": failpoint_} if failpoint_ else {})
    process = subprocess.Popen(WORKER, env=os.environ | environment | given, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Work at probes until SIGTERM, on the database and the broker of the environment."""
    here, stop = Installation(), Event()
    vendors = vendor_engine(here.url, roles=here.roles, secret=here.secret, pool_size=12)
    operator = operator_engine(here.url, roles=here.roles, secret=here.secret)
    shop = Workshop(PROBES, vendors, here.secret, float(os.environ[LEASE]), {1: 0.1, 2: 0.1})
    stop_on_signals(stop)
    WorkProcess(shop, operator, os.environ[BROKER], partial(time.sleep, 0.2), int(os.environ[THREADS])).run(stop)


if __name__ == "__main__":
    main()
