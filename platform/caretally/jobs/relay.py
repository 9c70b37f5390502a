"""The relay: hands "run job …" to the broker for every job whose turn it is; woken by the database, and looking by itself once a second."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from uuid import UUID

import psycopg
from psycopg import Connection as PsycopgConnection
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from caretally.db.roles import psycopg_connection
from caretally.faults.failpoints import failpoint
from caretally.faults.log import logger
from caretally.jobs.broker import BROKER_TROUBLE
from caretally.jobs.lease import SECONDS

POLL_SECONDS = 1
# The share of one vendor: less than the threads of a worker, so that a vendor with thousands of jobs leaves room for the others.
MOST_OF_VENDOR = 4
MOST_AT_ONCE = 64
# One relay hands out at a time, so that two never give a vendor more than its share; a killed one lets go by dying.
ONLY_ONE = text("SELECT pg_try_advisory_xact_lock(7030001)")
HAND_OUT = text((Path(__file__).parent / "hand_out.sql").read_text(encoding="utf-8"))
PUT_BACK = text(
    "UPDATE job_outbox o SET handed_at = NULL, due_at = clock_timestamp() FROM unnest(CAST(:vendors AS uuid[]), CAST(:jobs AS uuid[])) b (vendor_id, id) "
    "WHERE o.vendor_id = b.vendor_id AND o.id = b.id AND o.handed_at IS NOT NULL"
)
Handed = tuple[UUID, UUID]


@dataclass(frozen=True)
class Relay:
    """One relay: the operator's pool, which sees whose turn it is and nothing of the jobs, and what sends a vendor's id and a job's to the broker.

    `heal` is called when the broker does not answer, before the next try.
    """

    operator_pool: Engine
    send: Callable[[UUID, UUID], None]
    heal: Callable[[], None] = lambda: None
    again_seconds: float = SECONDS
    most_of_vendor: int = MOST_OF_VENDOR
    most_at_once: int = MOST_AT_ONCE

    def run(self, stop: Event) -> None:
        """Hand out until `stop` is set; a database that is away is asked again each second."""
        while not stop.is_set():
            try:
                with listening(self.operator_pool) as raw:
                    self.hand_while(raw, stop)
            except (SQLAlchemyError, psycopg.Error) as error:
                logger().warning("relay_without_database", trouble=type(error).__name__)
                stop.wait(POLL_SECONDS)

    def hand_while(self, raw: PsycopgConnection, stop: Event) -> None:
        """Hand out, then wait for a word of the database or a second."""
        while not stop.is_set():
            if self.hand_out() == 0:
                for _word in raw.notifies(timeout=POLL_SECONDS, stop_after=1):
                    pass

    def hand_out(self) -> int:
        """Hand out every job whose turn it is and return how many the broker took.

        The rows say so first and the broker is told after the commit, so a relay that dies between the two costs one lease and loses nothing.
        """
        handed = self.chosen()
        failpoint("jobs:chosen")
        for place, (vendor_id, job_id) in enumerate(handed):
            try:
                self.send(vendor_id, job_id)
            except BROKER_TROUBLE as error:
                logger().warning("broker_down", trouble=type(error).__name__, put_back=len(handed) - place)
                self.put_back(handed[place:])
                self.heal()
                return 0
            failpoint("jobs:handed")
        return len(handed)

    def chosen(self) -> list[Handed]:
        """Return the vendor and the job of each whose turn it is, noted as handed out; none when another relay is at it."""
        with self.operator_pool.begin() as connection:
            if not connection.scalar(ONLY_ONE):
                return []
            shares = {"most_of_vendor": self.most_of_vendor, "most_at_once": self.most_at_once, "again_seconds": self.again_seconds}
            return [(row.vendor_id, row.id) for row in connection.execute(HAND_OUT, shares)]

    def put_back(self, handed: list[Handed]) -> None:
        """Let jobs that the broker did not take wait for their turn again."""
        with self.operator_pool.begin() as connection:
            vendors, jobs = zip(*handed, strict=True)
            connection.execute(PUT_BACK, {"vendors": list(vendors), "jobs": list(jobs)})


@contextmanager
def listening(pool: Engine) -> Iterator[PsycopgConnection]:
    """Yield a connection of its own that hears the database's word; what was said before is heard by looking."""
    with pool.connect() as connection:
        raw = psycopg_connection(connection)
        raw.autocommit = True
        try:
            raw.execute("LISTEN caretally_jobs")
            yield raw
        finally:
            if not raw.closed:
                raw.autocommit = False
