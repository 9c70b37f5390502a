"""One process of background work: threads that work at jobs, one that renews their leases, a relay and a scheduler. As many processes as you like."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from uuid import UUID

import dramatiq
from sqlalchemy import Engine

from caretally.jobs.broker import QUEUE, declare_actor, make_broker, sender
from caretally.jobs.relay import MOST_OF_VENDOR, Relay
from caretally.jobs.run_job import Workshop, run_job
from caretally.jobs.schedule import Scheduler

THREADS = 8
IDLE_MILLISECONDS = 500
# SIGTERM: what runs has so long to come to its next step or its end; what does not is taken up by another worker when its lease is over.
DRAIN_SECONDS = 22
JOIN_SECONDS = 2
RENEWALS_OF_LEASE = 3


@dataclass(frozen=True, repr=False)
class WorkProcess:
    """What a process of background work stands on; `heal` is called when the broker does not answer. It has no repr: its workshop holds a secret."""

    shop: Workshop
    operator_pool: Engine
    broker_url: str
    heal: Callable[[], None] = lambda: None
    threads: int = THREADS

    def run(self, stop: Event) -> None:
        """Work until `stop` is set, then let what runs come to its end, at most 25 seconds in all."""
        broker = make_broker(self.broker_url)
        actor = declare_actor(broker, self._work_at)
        worker = dramatiq.Worker(broker, queues={QUEUE}, worker_timeout=IDLE_MILLISECONDS, worker_threads=self.threads)
        # No more in a worker's hands than it works at, so that what waits can still go to another.
        worker.queue_prefetch = self.threads
        relay = Relay(
            self.operator_pool,
            sender(actor),
            self.heal,
            self.shop.lease_seconds,
            most_of_vendor=min(MOST_OF_VENDOR, max(self.threads - 1, 1)),
        )
        scheduler = Scheduler(self.operator_pool, self.shop.vendor_pool, self.shop.secret, self.shop.kinds)
        ended = Event()
        helpers = [
            Thread(target=relay.run, args=(stop,), name="relay", daemon=True),
            Thread(target=scheduler.run, args=(stop,), name="scheduler", daemon=True),
            Thread(target=self._keep_leases, args=(ended,), name="leases", daemon=True),
        ]
        worker.start()
        for helper in helpers:
            helper.start()
        stop.wait()
        self.shop.draining.set()
        worker.stop(timeout=DRAIN_SECONDS * 1000)
        ended.set()
        for helper in helpers:
            helper.join(JOIN_SECONDS)
        broker.close()

    def _work_at(self, vendor_id: UUID, job_id: UUID) -> None:
        run_job(self.shop, vendor_id, job_id)

    def _keep_leases(self, ended: Event) -> None:
        while not ended.wait(self.shop.lease_seconds / RENEWALS_OF_LEASE):
            self.shop.renew_all()
