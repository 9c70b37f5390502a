"""The lease of a job: taken with the attempt counted first, renewed while the work goes on, given back with what came of it.

Each statement names the lease, so a worker that was silent for too long changes nothing of a job that somebody else holds by now.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

SECONDS = 30
MOST_ATTEMPTS = 3
MINE = "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id AND lease = :lease AND status = 'running'"
OF_OUTBOX = "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id"
TAKE = text(
    "UPDATE job SET attempts = attempts + 1, status = 'running', lease = :lease, locked_until = clock_timestamp() + make_interval(secs => :seconds), "
    "started_at = coalesce(started_at, clock_timestamp()) "
    "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id AND status IN ('waiting', 'running') AND attempts < :most "
    "AND (locked_until IS NULL OR locked_until < clock_timestamp()) "
    "AND EXISTS (SELECT FROM job_outbox o WHERE o.vendor_id = job.vendor_id AND o.id = job.id AND o.handed_at IS NOT NULL) "
    "RETURNING kind, payload, asked_by, attempts"
)
WORN_OUT = text(
    "UPDATE job SET status = 'quarantined', said = :said, lease = NULL, locked_until = NULL, ended_at = clock_timestamp() "
    "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id AND status IN ('waiting', 'running') AND attempts >= :most "
    "AND (locked_until IS NULL OR locked_until < clock_timestamp())"
)
KNOWN = text("SELECT status FROM job WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id")
RENEW = text(f"UPDATE job SET locked_until = clock_timestamp() + make_interval(secs => :seconds) {MINE}")
PUT_OFF = text(f"UPDATE job_outbox SET due_at = clock_timestamp() + make_interval(secs => :seconds) {OF_OUTBOX}")
END = text(f"UPDATE job SET status = :status, said = :said, lease = NULL, locked_until = NULL, ended_at = clock_timestamp() {MINE}")
FORGET = text(f"DELETE FROM job_outbox {OF_OUTBOX}")
BACK = text(f"UPDATE job SET status = 'waiting', said = :said, lease = NULL, locked_until = NULL, attempts = attempts - :uncounted {MINE}")
AGAIN = text(f"UPDATE job_outbox SET handed_at = NULL, due_at = clock_timestamp() + make_interval(secs => :seconds) {OF_OUTBOX}")
NEVER_ENDED = f"It was begun {MOST_ATTEMPTS} times and never came to its end, so it waits for a person."


@dataclass(frozen=True)
class Taken:
    """A job whose lease was taken; `attempt` counts from 1 and this one is counted already."""

    lease: UUID
    kind: str
    payload: dict[str, Any]
    asked_by: str
    attempt: int


def take(connection: Connection, job_id: UUID, *, seconds: float = SECONDS) -> Taken | None:
    """Take the lease of a job of the current vendor, or return None: it is held, ended, unknown here, or tried too often and quarantined now."""
    lease = uuid4()
    row = connection.execute(TAKE, {"id": job_id, "lease": lease, "seconds": seconds, "most": MOST_ATTEMPTS}).one_or_none()
    if row is None:
        if connection.execute(WORN_OUT, {"id": job_id, "most": MOST_ATTEMPTS, "said": NEVER_ENDED}).rowcount:
            connection.execute(FORGET, {"id": job_id})
        return None
    connection.execute(PUT_OFF, {"id": job_id, "seconds": seconds})
    return Taken(lease, row.kind, row.payload, row.asked_by, row.attempts)


def status_of(connection: Connection, job_id: UUID) -> str | None:
    """Return how a job of the current vendor stands, None when it has none of this id."""
    found: str | None = connection.scalar(KNOWN, {"id": job_id})
    return found


def renew(connection: Connection, job_id: UUID, lease: UUID, *, seconds: float = SECONDS) -> bool:
    """Hold the lease for longer; False when it is lost."""
    if connection.execute(RENEW, {"id": job_id, "lease": lease, "seconds": seconds}).rowcount == 0:
        return False
    connection.execute(PUT_OFF, {"id": job_id, "seconds": seconds})
    return True


def end(connection: Connection, job_id: UUID, lease: UUID, *, status: str, said: str) -> bool:
    """Write how the job ended, for good; False when the lease was lost."""
    if connection.execute(END, {"id": job_id, "lease": lease, "status": status, "said": said}).rowcount == 0:
        return False
    connection.execute(FORGET, {"id": job_id})
    return True


def give_back(connection: Connection, job_id: UUID, lease: UUID, *, said: str | None, after_seconds: float, counted: bool) -> bool:
    """Let the job be taken again after a while; False when the lease was lost. An attempt that is not the job's own fault is not counted."""
    values = {"id": job_id, "lease": lease, "said": said, "uncounted": 0 if counted else 1}
    if connection.execute(BACK, values).rowcount == 0:
        return False
    connection.execute(AGAIN, {"id": job_id, "seconds": after_seconds})
    return True
