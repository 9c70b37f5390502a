"""The page of one exception: what is wrong and what fixes it, the work on it, and the forms that fix it on the spot."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, pre_load, validate

from caretally.carelog.approvals import Waiting
from caretally.errors import CareTallyError, UsageMistake
from caretally.identity.memberships import VENDOR_ROLES
from caretally.imports.results import ImportResult
from caretally.imports.typed_fields import said_by_label
from caretally.months import Month
from caretally.settling.acts import person_to_assign
from caretally.settling.chart_forms import way_to_chart
from caretally.settling.fixes import ACKNOWLEDGED, ACTIONS, FORMS, FactRefused, approve_entries, facts_of, record_consent, record_review
from caretally.settling.pages import LONGEST_NOTE, day_field, id_of, note_field, printable
from caretally.settling.read_queue import find_exception
from caretally.settling.sentence import sentence_of
from caretally.settling.work import Work, WorkedOnMeanwhile, change_work
from caretally.settling.worklist import QueueRow, note_read, shown_by, today_in_utc
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in
from caretally.web.form import EMPTY, Filled, Form, typed_into, written
from caretally.web.shell import may

pages = Blueprint("exceptions_fix", __name__, template_folder="templates", url_prefix="/exceptions/<uuid:patient_id>/<month:month>/<code>")
NOTHING: Mapping[str, Filled] = {}
# Columns of the files that the fixes go by, as their forms name them.
LABELS = {
    "obtained_on": "Day of the consent",
    "method": "How it was given",
    "npi": "To care by",
    "program": "Program",
    "obtained_by": "Taken by",
    "document_ref": "Number of the document or recording",
    "plan_version": "Care plan",
    "reviewed_on": "Day of the review",
    "reviewer": "Reviewed by",
    "outcome": "What came of it",
}
WORK_STATES = ("open", "fixed", "settled")


class WorkForm(Form):
    """Who works on the exception until when, and the version of the work that the page was made from."""

    to = fields.String(load_default="")
    on = day_field("Write the day as 2026-11-30.")
    note = note_field()
    state = fields.String(required=True, validate=validate.OneOf(WORK_STATES, error="Choose a state."))
    version = fields.Integer(required=True)

    @pre_load
    def blank_is_none(self, typed: dict[str, Any], **_given: Any) -> dict[str, Any]:
        """Read a day that was left blank as none."""
        return {name: None if name == "on" and value == "" else value for name, value in typed.items()}


class ConsentForm(Form):
    """A consent as its import takes it, but for the four acknowledgements: `all` stands for them together."""

    program = written("Choose the program.", longest=20)
    npi = written("Choose the practitioner.", longest=20)
    method = written("Choose how the consent was given.", longest=20)
    obtained_on = written("Write the day on which the patient agreed.", longest=20)
    obtained_by = fields.String(load_default="", validate=validate.Length(max=200, error="Write at most 200 characters."))
    document_ref = fields.String(load_default="", validate=validate.Length(max=200, error="Write at most 200 characters."))
    acknowledged = fields.List(fields.String(validate=validate.OneOf(("all", *ACKNOWLEDGED))), load_default=list)


class TimeForm(Form):
    """The entries to approve, by their tokens: as the page showed them."""

    entries = fields.List(fields.String(validate=validate.Length(max=100)), load_default=list)


class ReviewForm(Form):
    """The review of a plan version as its import takes it."""

    plan_version = written("Choose the version of the plan.", longest=10)
    reviewed_on = written("Write the day of the review.", longest=20)
    reviewer = written("Write who reviewed the plan.", longest=200)
    outcome = written("Choose what came of it.", longest=20)


@pages.get("")
@requires("settle_exceptions")
def show(patient_id: UUID, month: Month, code: str) -> ResponseReturnValue:
    """Show one exception."""
    return page_of(wanted(patient_id, month, code), NOTHING)


def wanted(patient_id: UUID, month: Month, code: str) -> QueueRow:
    """Return the exception of the address."""
    return find_exception(connection(), patient_id, month, code, vendor_id=signed_in().vendor_id)


def page_of(row: QueueRow, filled: Mapping[str, Filled], *, meanwhile: bool = False) -> ResponseReturnValue:
    """Return the page of an exception, `filled` being what was typed into its forms by their names."""
    facts = facts_of(connection(), row, vendor_id=signed_in().vendor_id)
    sentence = sentence_of(connection(), row, facts.gate, vendor_id=signed_in().vendor_id)
    note_read(connection(), shown_by((row,)), form="exception")
    page = render_template(
        "settling/show.html",
        row=row,
        facts=facts,
        sentence=sentence,
        form=FORMS.get(row.code, ""),
        chart=way_to_chart(row, facts),
        work=filled.get("work", work_now(row)),
        fix=filled.get("fix", EMPTY),
        meanwhile=meanwhile,
        recorded="recorded" in request.args,
        today=today_in_utc(),
        acknowledged=ACKNOWLEDGED,
        actions=ACTIONS,
        states=WORK_STATES,
        longest=LONGEST_NOTE,
    )
    wrong = any(form.wrong for form in filled.values())
    return page, 412 if meanwhile else 422 if wrong else 200


def work_now(row: QueueRow) -> Filled:
    """Return the work on an exception as its form shows it."""
    now = {"to": row.assignee_id or "", "on": row.own_due_on or "", "note": row.note, "state": row.own_state}
    return Filled({name: str(value) for name, value in now.items()})


@pages.post("/work")
@requires("settle_exceptions")
def work(patient_id: UUID, month: Month, code: str) -> ResponseReturnValue:
    """Change who works on the exception until when; what somebody else changed meanwhile is shown beside what was typed."""
    row, filled = wanted(patient_id, month, code), typed_into(WorkForm())
    if not filled.given:
        return page_of(row, {"work": filled})
    given = filled.given
    try:
        to = id_of(given["to"]) if given["to"] else None
        if to is not None and to != row.assignee_id:
            person_to_assign(connection(), to, [str(role) for role in VENDOR_ROLES], vendor_id=signed_in().vendor_id)
        changed = Work(assignee_id=to, due_on=given["on"], note=printable(given["note"]), state=given["state"])
        change_work(connection(), row, changed, vendor_id=signed_in().vendor_id, version=given["version"])
    except WorkedOnMeanwhile as error:
        return page_of(wanted(patient_id, month, code), {"work": filled.refused(state=error.message)}, meanwhile=True)
    except UsageMistake as error:
        return page_of(row, {"work": filled.refused(to=error.message)})
    return redirect(url_for("exceptions_fix.show", patient_id=patient_id, month=month, code=code), 303)


@pages.post("/consent")
@requires("settle_exceptions")
def consent(patient_id: UUID, month: Month, code: str) -> ResponseReturnValue:
    """Record a consent."""

    def recorded(row: QueueRow, given: Mapping[str, Any]) -> ImportResult:
        agreed = set(given["acknowledged"])
        said = {name: "yes" if {name, "all"} & agreed else "no" for name in ACKNOWLEDGED}
        plain = {name: value for name, value in given.items() if name != "acknowledged"}
        return record_consent(connection(), row, plain | said, vendor_id=signed_in().vendor_id)

    return fixed(wanted(patient_id, month, code), typed_into(ConsentForm()), recorded, first="obtained_on")


@pages.post("/time")
@requires("approve_time")
def time(patient_id: UUID, month: Month, code: str) -> ResponseReturnValue:
    """Approve entries that wait."""
    if not may("settle_exceptions"):
        abort(403)

    def recorded(row: QueueRow, given: Mapping[str, Any]) -> Sequence[Waiting]:
        who = signed_in()
        return approve_entries(connection(), row, given["entries"], approved_by=who.name, vendor_id=who.vendor_id)

    filled = typed_into(TimeForm())
    if not filled.wrong and not filled.given.get("entries"):
        filled = filled.refused(entries="Tick at least one entry.")
    return fixed(wanted(patient_id, month, code), filled, recorded, first="entries")


@pages.post("/review")
@requires("settle_exceptions")
def review(patient_id: UUID, month: Month, code: str) -> ResponseReturnValue:
    """Record the review of a care plan."""

    def recorded(row: QueueRow, given: Mapping[str, Any]) -> ImportResult:
        return record_review(connection(), row, dict(given), vendor_id=signed_in().vendor_id)

    return fixed(wanted(patient_id, month, code), typed_into(ReviewForm()), recorded, first="reviewed_on")


def fixed(row: QueueRow, filled: Filled, recorded: Callable[[QueueRow, Mapping[str, Any]], object], *, first: str) -> ResponseReturnValue:
    """Record what a form holds and go back to the exception; what an import would refuse is said by the field, all else at the `first` one."""
    if filled.wrong:
        return page_of(row, {"fix": filled})
    try:
        recorded(row, filled.given)
    except FactRefused as error:
        known = {name: said_by_label(LABELS, name, sentence) for name, sentence in error.wrong.items() if name in filled.typed}
        other = " ".join(sentence for name, sentence in error.wrong.items() if name not in filled.typed)
        return page_of(row, {"fix": filled.refused(**known, **({first: other} if other and first not in known else {}))})
    except CareTallyError as error:
        return page_of(row, {"fix": filled.refused(**{first: error.message})})
    return redirect(url_for("exceptions_fix.show", patient_id=row.patient_id, month=row.month, code=row.code, recorded=1), 303)
