"""Where a person finds background work again: what runs, what came of what ended, and another try for what failed."""

from typing import cast
from uuid import UUID

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.db.lists import PAGE_SIZE
from caretally.errors import Conflict
from caretally.jobs.check_audit_log import CHECK_AUDIT_LOG
from caretally.jobs.enqueue import ask_again, enqueue
from caretally.jobs.kinds import Kinds
from caretally.jobs.read import JobSeen, find_job, newest_jobs
from caretally.web.access import requires, step_up_first
from caretally.web.edge import connection, signed_in
from caretally.web.form import Form, typed_into
from caretally.web.queries import page_in_query

pages = Blueprint("jobs", __name__, template_folder="templates", url_prefix="/work")
EXTENSION = "caretally.jobs"
STATUS_WORDS = {"waiting": "Waiting", "running": "Running", "done": "Done", "refused": "Not done", "quarantined": "Needs a look"}


class AskedForm(Form):
    """The newest work that the asker saw: the same button pressed twice names the same, so it asks once."""

    after = fields.UUID()


class NotQuarantined(Conflict):
    """Only what failed three times is tried again by hand."""

    code = "not_quarantined"


def install_kinds(app: Flask, kinds: Kinds) -> None:
    """Let the pages call each kind of work by its words, and macros link to its results."""
    app.extensions[EXTENSION] = kinds
    app.jinja_env.globals.update(work_words=kinds.words, work_status=STATUS_WORDS.__getitem__, work_result=result_address)


def kinds_here() -> Kinds:
    """Return the kinds of the running application."""
    return cast("Kinds", current_app.extensions[EXTENSION])


def result_address(job: JobSeen) -> str:
    """Return the address of the page that shows what a job came to, empty when there is none."""
    kind = kinds_here().by_name.get(job.kind)
    if kind is None or kind.result is None or job.status != "done" or kind.permission not in signed_in().permissions:
        return ""
    endpoint, values = kind.result(job.payload)
    return url_for(endpoint, **dict(values))


def may_ask_again(job: JobSeen) -> bool:
    """Tell whether the visitor may have a job tried again: who may ask for its kind may."""
    kind = kinds_here().by_name.get(job.kind)
    who = signed_in()
    return job.status == "quarantined" and kind is not None and kind.permission in who.permissions


@pages.get("")
@requires("read_work")
def listed() -> ResponseReturnValue:
    """List the vendor's jobs, newest first; `show=unfinished` leaves out what has ended."""
    unfinished, page = request.args.get("show") == "unfinished", page_in_query()
    found = newest_jobs(connection(), unfinished=unfinished, page=page, size=PAGE_SIZE)
    return render_template("jobs/listed.html", jobs=found[:PAGE_SIZE], more=len(found) > PAGE_SIZE, page=page, unfinished=unfinished)


@pages.get("/<uuid:job_id>")
@requires("read_work")
def show(job_id: UUID) -> ResponseReturnValue:
    """Show how far a job is and what came of it."""
    job = find_job(connection(), job_id)
    if job is None:
        abort(404)
    return render_template("jobs/show.html", job=job, may_ask_again=may_ask_again(job))


@pages.post("/<uuid:job_id>/again")
@requires("read_work")
def again(job_id: UUID) -> ResponseReturnValue:
    """Have a job tried again that failed three times, as strictly as its kind is asked for. Raises `NotQuarantined`."""
    job = find_job(connection(), job_id)
    kind = kinds_here().by_name.get(job.kind) if job else None
    if job is None:
        abort(404)
    if kind is None or kind.permission not in signed_in().permissions:
        abort(403)
    if kind.permission in signed_in().must_step_up:
        return step_up_first()
    if not ask_again(connection(), job_id):
        raise NotQuarantined("This work is not waiting for a person, so nothing was started again; load its page to see how it stands.")
    return redirect(url_for("jobs.show", job_id=job_id), 303)


@pages.post("/audit-log-check")
@requires("read_audit_log")
def check_audit_log() -> ResponseReturnValue:
    """Ask for a check of the audit log; the same form sent twice is one check."""
    after = typed_into(AskedForm()).given.get("after", "nothing")
    job_id = enqueue(connection(), CHECK_AUDIT_LOG.name, {}, key=f"by {signed_in().actor} after {after}")
    return redirect(url_for("jobs.show", job_id=job_id), 303)
