"""What a page shows of background work: how far it is, who asked for it, what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

FIELDS = (
    "SELECT j.id, j.kind, j.payload, j.asked_by, j.asked_at, j.status, j.attempts, j.started_at, j.ended_at, j.done, j.total, j.what, j.said, "
    "(SELECT m.name FROM membership m WHERE m.vendor_id = j.vendor_id AND 'person:' || m.account_id = j.asked_by "
    "ORDER BY m.ended_at DESC NULLS FIRST LIMIT 1) AS asker_name FROM job j WHERE j.vendor_id = (SELECT tenancy.current_vendor()) "
)
ONE = text(f"{FIELDS} AND j.id = :id")
BY_KEY = text(f"{FIELDS} AND j.kind = :kind AND j.job_key = :key")
ABOUT = text(f"{FIELDS} AND j.payload ? 'about' AND j.payload ->> 'about' = :about ORDER BY j.asked_at DESC, j.id DESC LIMIT 1")
DONE_ABOUT = text(
    "SELECT count(*) FROM job WHERE vendor_id = (SELECT tenancy.current_vendor()) AND payload ? 'about' AND payload ->> 'about' = :about AND status = 'done'"
)
NEWEST = text(
    f"{FIELDS} AND (:unfinished IS FALSE OR j.status IN ('waiting', 'running')) ORDER BY j.asked_at DESC, j.id DESC LIMIT :most OFFSET :skipped"
)
# How many jobs of the vendor wait for somebody to look at them.
STUCK = "SELECT count(*) FROM job WHERE vendor_id = :vendor_id AND status = 'quarantined'"
ASKERS = {"scheduler": "the schedule", "operator-cli": "the operator's command line"}


@dataclass(frozen=True)
class JobSeen:
    """A job as a page shows it; `done` of `total` are `what`, moments are UTC."""

    id: UUID
    kind: str
    payload: Mapping[str, Any]
    asked_by: str
    asked_at: datetime
    status: str
    attempts: int
    started_at: datetime | None
    ended_at: datetime | None
    done: int
    total: int | None
    what: str | None
    said: str | None
    asker_name: str | None

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to it by itself."""
        return self.status not in {"waiting", "running"}

    @property
    def asker(self) -> str:
        """Who asked for it, in words."""
        return self.asker_name or ASKERS.get(self.asked_by.partition(":")[0], "somebody who is not of this vendor")

    @property
    def per_mille(self) -> int:
        """How far it is, in thousandths."""
        return 1000 if self.status == "done" else 1000 * self.done // self.total if self.total else 0


def find_job(connection: Connection, job_id: UUID) -> JobSeen | None:
    """Return a job of the current vendor, None when it has none of this id."""
    row = connection.execute(ONE, {"id": job_id}).one_or_none()
    return None if row is None else JobSeen(*row)


def job_of_key(connection: Connection, kind: str, key: str) -> JobSeen | None:
    """Return the job that was asked for under a key, None when there was none."""
    row = connection.execute(BY_KEY, {"kind": kind, "key": key}).one_or_none()
    return None if row is None else JobSeen(*row)


def newest_job_about(connection: Connection, about: UUID) -> JobSeen | None:
    """Return the newest job whose payload names this id under `about`, None when there was none."""
    row = connection.execute(ABOUT, {"about": str(about)}).one_or_none()
    return None if row is None else JobSeen(*row)


def jobs_done_about(connection: Connection, about: UUID) -> int:
    """Return how many jobs about an id came to their end."""
    return int(connection.scalar(DONE_ABOUT, {"about": str(about)}) or 0)


def newest_jobs(connection: Connection, *, unfinished: bool, page: int, size: int) -> list[JobSeen]:
    """Return the vendor's jobs, newest first, one more than the page holds when there are more; `page` counts from 1."""
    values = {"unfinished": unfinished, "most": size + 1, "skipped": (page - 1) * size}
    return [JobSeen(*row) for row in connection.execute(NEWEST, values)]
