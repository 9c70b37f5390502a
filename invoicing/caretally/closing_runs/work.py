"""The kind of background work that works off a run of many clients."""

from uuid import UUID

from caretally.closing_runs.close_clients import close_clients
from caretally.closing_runs.runs import read_run
from caretally.jobs.at_work import JobAtWork
from caretally.jobs.kinds import Kind
from caretally.months import Month


def work_off_run(job: JobAtWork) -> str:
    """Preview or close the clients of a run; taken up again it goes on from where it was, and a client closed already is read back."""
    run_id = UUID(job.payload["run"])
    close_clients(job.transaction, run_id, progress=lambda done, total: job.report_progress(done, total, "clients"))
    with job.transaction() as connection:
        run = read_run(connection, run_id)
    done, parked = len(run.clients) - len(run.of("parked")), len(run.of("parked"))
    act = "previewed" if run.kind == "preview" else "closed"
    return f"{done} of {len(run.clients)} clients {act}{f', {parked} parked, each with its reason' if parked else ''}."


CLOSING_RUN = Kind(
    name="closing_run",
    words="Previewing or closing a month",
    run=work_off_run,
    permission="close_month",
    result=lambda payload: ("closing.run", {"month": Month.parse(str(payload["month"])), "run_id": payload["run"]}),
)
