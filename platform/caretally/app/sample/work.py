"""The background work that fills a vendor with the sample."""

from caretally.app.demo.kept import DemoAtWork
from caretally.app.sample.fill import fill_with_sample
from caretally.errors import DependencyDown
from caretally.jobs.at_work import JobAtWork
from caretally.jobs.kinds import Kind
from caretally.web.edge import SCRATCH


def fill_vendor(job: JobAtWork) -> str:
    """Fill the job's vendor; taken up again it goes on where it stopped. Raises `NotEmpty`."""
    told = [0, 1]

    def tell(_step: str, *, steps: int) -> None:
        job.report_progress(min(told[0], steps), steps, "steps")
        told[:] = [told[0] + 1, steps]

    try:
        fill_with_sample(job.vendor_id, job.transaction, scratch=SCRATCH, tell=tell)
    except DemoAtWork as error:
        raise DependencyDown("Another process fills this vendor at this moment.") from error
    job.report_progress(told[1], told[1], "steps")
    return "1 client, 40 patients and 3 months are there, and two of the months are closed."


FILL_SAMPLE = Kind(
    name="fill_sample",
    words="Filling with sample data",
    run=fill_vendor,
    permission="change_settings",
    result=lambda _payload: ("onboarding.show", {}),
)
