"""Works at one job: lease, work, end. Whatever goes wrong becomes a state of the row and a line of the log, never an exception for the broker."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any
from uuid import UUID

from dramatiq.middleware import Interrupt
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from caretally.db.trouble import trouble_of
from caretally.errors import CareTallyError, DependencyDown
from caretally.faults.failpoints import failpoint
from caretally.faults.log import logger, places
from caretally.jobs.at_work import Draining, JobAtWork, LeaseLost
from caretally.jobs.kinds import Kinds
from caretally.jobs.lease import MOST_ATTEMPTS, SECONDS, Taken, end, give_back, renew, status_of, take
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction

WORKER = "worker"
# How long a failed job waits for its next attempt, by the attempts that it had.
PAUSES_SECONDS: Mapping[int, int] = {1: 5, 2: 30}


@dataclass(repr=False)
class Workshop:
    """What a worker works with: the kinds, the vendors' pool, the secret, how long a lease lasts. It has no repr: it holds a secret.

    `held` are the leases of this process, for whoever renews them; `draining` is set when the process is being ended.
    """

    kinds: Kinds
    vendor_pool: Engine
    secret: bytes
    lease_seconds: float = SECONDS
    pauses_seconds: Mapping[int, float] = field(default_factory=lambda: PAUSES_SECONDS)
    draining: Event = field(default_factory=Event)
    held: dict[UUID, JobAtWork] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def transaction(self, vendor_id: UUID) -> AbstractContextManager[Connection]:
        """Open a transaction of a vendor in the name of the worker itself."""
        return tenant_transaction(self.vendor_pool, TenantContext(vendor_id, WORKER), secret=self.secret)

    def renew_all(self) -> None:
        """Renew every lease that this process holds; one that cannot be renewed now runs out, and somebody else takes the job."""
        with self.lock:
            held = list(self.held.values())
        for job in held:
            try:
                with self.transaction(job.vendor_id) as connection:
                    renew(connection, job.id, job.lease, seconds=self.lease_seconds)
            except SQLAlchemyError as error:
                tell("lease_not_renewed", job, kind=type(error).__name__)


def run_job(shop: Workshop, vendor_id: UUID, job_id: UUID) -> None:
    """Work at a job of this vendor, unless it is held, ended or not this vendor's: then do nothing and say so in the log."""
    try:
        with shop.transaction(vendor_id) as connection:
            taken = take(connection, job_id, seconds=shop.lease_seconds)
            status = status_of(connection, job_id) if taken is None else None
    except SQLAlchemyError as error:
        logger().error("job_not_taken", job_id=str(job_id), vendor_id=str(vendor_id), trouble=type(error).__name__)
        return
    if taken is None:
        logger().info("job_left_alone", job_id=str(job_id), vendor_id=str(vendor_id), status=status or "no such job of this vendor")
        return
    failpoint("jobs:taken")
    work(shop, job_at_work(shop, vendor_id, job_id, taken))


def job_at_work(shop: Workshop, vendor_id: UUID, job_id: UUID, taken: Taken) -> JobAtWork:
    """Return the job as its kind gets it."""
    return JobAtWork(
        id=job_id,
        vendor_id=vendor_id,
        kind=taken.kind,
        payload=taken.payload,
        asked_by=taken.asked_by,
        attempt=taken.attempt,
        lease=taken.lease,
        vendor_pool=shop.vendor_pool,
        secret=shop.secret,
        draining=shop.draining,
    )


def work(shop: Workshop, job: JobAtWork) -> None:
    """Do the work of a job whose lease is held, and write what came of it."""
    kind = shop.kinds.by_name.get(job.kind)
    if kind is None:
        tell("job_of_unknown_kind", job)
        back(shop, job, said=None, after_seconds=shop.lease_seconds, counted=False)
        return
    with shop.lock:
        shop.held[job.id] = job
    try:
        said = kind.run(job)
        failpoint("jobs:worked")
        finish(shop, job, status="done", said=said)
    except LeaseLost:
        tell("lease_lost", job)
    except Draining:
        back(shop, job, said=None, after_seconds=0, counted=False)
    except Interrupt as error:
        failed(shop, job, sentence="It took longer than a job may.", error=error)
    except Exception as error:  # noqa: BLE001 - the edge: what went wrong becomes the state of the job
        broke(shop, job, error)
    finally:
        with shop.lock:
            shop.held.pop(job.id, None)


def broke(shop: Workshop, job: JobAtWork, error: Exception) -> None:
    """Tell a rule's refusal, which trying again would not change, from a dependency that failed and from a defect of ours."""
    trouble = error if isinstance(error, CareTallyError) else trouble_of(error)
    if trouble is None:
        failed(shop, job, sentence=f"It failed on our side ({type(error).__name__}).", error=error)
    elif isinstance(trouble, DependencyDown) or trouble is not error:
        failed(shop, job, sentence=trouble.message, error=error)
    else:
        tell("job_refused", job, code=trouble.code)
        finish(shop, job, status="refused", said=trouble.message)


def failed(shop: Workshop, job: JobAtWork, *, sentence: str, error: BaseException) -> None:
    """Let a failed job be tried again after a pause, or quarantine it after its last attempt; the log gets the places and no value."""
    tell("job_failed", job, trouble=type(error).__qualname__, places=places(error))
    if job.attempt >= MOST_ATTEMPTS:
        finish(shop, job, status="quarantined", said=f"{sentence} It was tried {MOST_ATTEMPTS} times and waits for a person.")
    else:
        back(shop, job, said=sentence, after_seconds=shop.pauses_seconds[job.attempt], counted=True)


def finish(shop: Workshop, job: JobAtWork, *, status: str, said: str) -> None:
    """Write how the job ended; if the database is away, the lease runs out and the job is taken again."""
    try:
        with shop.transaction(job.vendor_id) as connection:
            held = end(connection, job.id, job.lease, status=status, said=said)
            failpoint("jobs:before-end")
        tell("job_ended" if held else "lease_lost", job, status=status)
    except SQLAlchemyError as error:
        tell("job_end_not_written", job, trouble=type(error).__name__)


def back(shop: Workshop, job: JobAtWork, *, said: str | None, after_seconds: float, counted: bool) -> None:
    """Give a job back; if the database is away, the lease runs out."""
    try:
        with shop.transaction(job.vendor_id) as connection:
            give_back(connection, job.id, job.lease, said=said, after_seconds=after_seconds, counted=counted)
    except SQLAlchemyError as error:
        tell("job_not_given_back", job, trouble=type(error).__name__)


def tell(what: str, job: JobAtWork, **more: Any) -> None:
    """Log one line about a job: ids and codes only."""
    logger().info(what, job_id=str(job.id), vendor_id=str(job.vendor_id), job_kind=job.kind, attempt=job.attempt, **more)
