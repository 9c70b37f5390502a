"""The schedule: what each vendor's kinds ask for again and again. The database says what is due, so two schedulers do it once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event
from uuid import UUID

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from caretally.faults.failpoints import failpoint
from caretally.faults.log import logger
from caretally.jobs.enqueue import enqueue
from caretally.jobs.kinds import Kinds
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction

POLL_SECONDS = 1
SCHEDULER = "scheduler"
UNPLANNED = text(
    "SELECT v.vendor_id FROM vendor v WHERE NOT EXISTS (SELECT FROM job_schedule s WHERE s.vendor_id = v.vendor_id AND s.kind = :kind)"
)
PLAN = text(
    "INSERT INTO job_schedule (vendor_id, kind, every_minutes, next_at) VALUES ((SELECT tenancy.current_vendor()), :kind, :minutes, "
    "clock_timestamp() + make_interval(mins => :minutes)) ON CONFLICT (vendor_id, kind) DO NOTHING"
)
DUE = text("SELECT vendor_id, id FROM job_schedule WHERE next_at <= clock_timestamp() ORDER BY next_at LIMIT 100")
# The next time lies ahead of now, however long nobody looked: what was missed is done once.
STEP = text(
    "UPDATE job_schedule s SET next_at = d.next_at + make_interval(mins => s.every_minutes * "
    "(1 + floor(extract(epoch FROM clock_timestamp() - d.next_at) / 60 / s.every_minutes)::int)) "
    "FROM (SELECT vendor_id, id, next_at FROM job_schedule WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id "
    "AND next_at <= clock_timestamp() FOR UPDATE SKIP LOCKED) d WHERE s.vendor_id = d.vendor_id AND s.id = d.id RETURNING s.kind, d.next_at"
)


@dataclass(frozen=True, repr=False)
class Scheduler:
    """One scheduler: the operator's pool, which sees what is due, and the vendors' pool, in which each vendor's own is asked for."""

    operator_pool: Engine
    vendor_pool: Engine
    secret: bytes
    kinds: Kinds

    def run(self, stop: Event) -> None:
        """Ask once a second until `stop` is set."""
        while not stop.wait(POLL_SECONDS):
            try:
                self.plan()
                self.ask_due()
            except SQLAlchemyError as error:
                logger().warning("scheduler_without_database", trouble=type(error).__name__)

    def plan(self) -> None:
        """Give each vendor a row for each kind that is done again and again."""
        for kind in self.kinds.by_name.values():
            if kind.every_minutes is not None:
                with self.operator_pool.connect() as connection:
                    unplanned = connection.scalars(UNPLANNED, {"kind": kind.name}).all()
                for vendor_id in unplanned:
                    with self._transaction(vendor_id) as own:
                        own.execute(PLAN, {"kind": kind.name, "minutes": kind.every_minutes})

    def ask_due(self) -> int:
        """Ask for everything that is due, each in a transaction of its vendor, and return how many were asked for here."""
        with self.operator_pool.connect() as connection:
            due = connection.execute(DUE).all()
        return sum(ask_for(self._transaction, vendor_id, schedule_id) for vendor_id, schedule_id in due)

    def _transaction(self, vendor_id: UUID) -> AbstractContextManager[Connection]:
        return tenant_transaction(self.vendor_pool, TenantContext(vendor_id, SCHEDULER), secret=self.secret)


def ask_for(transaction: Callable[[UUID], AbstractContextManager[Connection]], vendor_id: UUID, schedule_id: UUID) -> bool:
    """Ask for one scheduled job, and set its next time, in one transaction; False when another scheduler was first."""
    with transaction(vendor_id) as connection:
        stepped = connection.execute(STEP, {"id": schedule_id}).one_or_none()
        if stepped is None:
            return False
        enqueue(connection, stepped.kind, {}, key=f"scheduled {stepped.next_at.isoformat()}")
        failpoint("jobs:scheduled")
    return True
