"""A job while it is worked at: what it was asked for, the vendor's transactions, its progress, and whether its effect has happened."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction

LONGEST_QUIET_SECONDS = 0.25
PROGRESS = text(
    "UPDATE job SET done = :done, total = :total, what = :what "
    "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id AND lease = :lease AND status = 'running'"
)
FIRST = text(
    "INSERT INTO job_effect (vendor_id, job_id, effect_key) VALUES ((SELECT tenancy.current_vendor()), :id, :key) "
    "ON CONFLICT (vendor_id, effect_key) DO NOTHING"
)


class LeaseLost(Exception):
    """Somebody else works at this job now, since this process was silent for too long: it stops here and writes nothing more."""


class Draining(Exception):
    """The worker is being ended: the job stops at this step and goes back, and the attempt is not counted."""


@dataclass(frozen=True, repr=False)
class JobAtWork:
    """One job in the hands of a worker; every transaction is one of its vendor, in the name of who asked for it.

    It has no repr: it holds a secret. `payload` is what it was asked for with, `attempt` counts from 1.
    """

    id: UUID
    vendor_id: UUID
    kind: str
    payload: Mapping[str, Any]
    asked_by: str
    attempt: int
    lease: UUID
    vendor_pool: Engine
    secret: bytes
    draining: Event = field(default_factory=Event)
    _told_at: list[float] = field(default_factory=list)

    def transaction(self) -> AbstractContextManager[Connection]:
        """Open a transaction of the job's vendor; it is committed with the end of the block."""
        return tenant_transaction(self.vendor_pool, TenantContext(self.vendor_id, self.asked_by), secret=self.secret)

    def report_progress(self, done: int, total: int, what: str) -> None:
        """Let every page show how far it is, as in 3 of 60, "clients closed"; call it between two transactions, as often as you like.

        `what` holds no patient's data. Raises `LeaseLost` and `Draining`, which the work lets through: what is committed stands, and the job is taken up
        again later.
        """
        if self.draining.is_set() and done < total:
            raise Draining
        now = time.monotonic()
        if self._told_at and now - self._told_at[-1] < LONGEST_QUIET_SECONDS and done < total:
            return
        self._told_at[:] = [now]
        with self.transaction() as connection:
            values = {"done": done, "total": total, "what": what, "id": self.id, "lease": self.lease}
            if connection.execute(PROGRESS, values).rowcount == 0:
                raise LeaseLost

    def first_time(self, connection: Connection, key: str = "") -> bool:
        """Tell, in the transaction of an effect, whether it is the first; when it is not, leave it out.

        `key` tells several effects of one job apart. The answer is committed or rolled back together with the effect.
        """
        values = {"id": self.id, "key": f"{self.id}:{key}"}
        return connection.execute(FIRST, values).rowcount == 1
