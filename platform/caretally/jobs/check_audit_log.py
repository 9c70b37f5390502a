"""The kind that checks a vendor's audit log from its first event to its head, and writes into it what it found."""

from caretally.audit.chain import append_event, verify_chain
from caretally.jobs.at_work import JobAtWork
from caretally.jobs.kinds import Kind

A_DAY_MINUTES = 24 * 60


def check_audit_log(job: JobAtWork) -> str:
    """Recompute every hash of the vendor's chain; what was found is one event, whoever runs the job and however often."""
    job.report_progress(0, 1, "audit logs checked")
    with job.transaction() as connection:
        state = verify_chain(connection)
    with job.transaction() as connection:
        if job.first_time(connection):
            broken_at = state.broken_at.seq if state.broken_at else None
            append_event(connection, action="audit-log.checked", detail={"job": job.id, "events": state.events, "broken_at": broken_at})
    job.report_progress(1, 1, "audit logs checked")
    if state.broken_at:
        return f"The audit log does not hold at event {state.broken_at.seq:,}: {state.broken_at.reason}"
    return f"All {state.events:,} events of the audit log follow from one another; none was changed, added or removed."


CHECK_AUDIT_LOG = Kind(
    name="check_audit_log",
    words="Check of the audit log",
    run=check_audit_log,
    permission="read_audit_log",
    every_minutes=A_DAY_MINUTES,
    result=lambda _payload: ("audit.listed", {"action": "audit-log.checked"}),
)
