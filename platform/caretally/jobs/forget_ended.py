"""The kind that forgets what has ended long ago, with the keys of its effects; what waits for a person stays however old it is."""

from sqlalchemy import text

from caretally.audit.chain import append_event
from caretally.config.settings import read_settings
from caretally.jobs.at_work import JobAtWork
from caretally.jobs.kinds import Kind

A_DAY_MINUTES = 24 * 60
# In one transaction; a vendor of thousands of jobs is worked off in steps.
MOST_AT_ONCE = 1_000
# The database refuses what has not ended (guard.job_forgotten); the effects' keys go with their job.
FORGET = text(
    "DELETE FROM job WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id IN (SELECT id FROM job "
    "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND status IN ('done', 'refused') AND ended_at < clock_timestamp() - make_interval(days => :days) "
    "ORDER BY ended_at LIMIT :most)"
)


def forget_ended(job: JobAtWork) -> str:
    """Forget the vendor's jobs that ended longer ago than the setting says."""
    days, forgotten = read_settings().jobs_kept_days, 0
    while True:
        with job.transaction() as connection:
            gone = connection.execute(FORGET, {"days": days, "most": MOST_AT_ONCE}).rowcount
            if gone:
                append_event(connection, action="jobs.forgotten", detail={"job": job.id, "jobs": gone, "days": days})
        forgotten += gone
        job.report_progress(forgotten, forgotten + (gone == MOST_AT_ONCE), "jobs forgotten")
        if gone < MOST_AT_ONCE:
            return f"{forgotten:,} jobs that ended more than {days:,} days ago were forgotten."


FORGET_ENDED = Kind(
    name="forget_ended_jobs", words="Clearing away of old work", run=forget_ended, permission="read_audit_log", every_minutes=A_DAY_MINUTES
)
