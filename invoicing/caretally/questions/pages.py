"""The pages of questions and disputes: the list, one thread, and what either side says in it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from caretally.audit.chain import append_with_commit
from caretally.db.lists import PAGE_SIZE
from caretally.errors import DependencyDown
from caretally.faults.log import logger
from caretally.money import NotAnAmount, parse_cents
from caretally.questions.ask import AmountRefused, Asked, NothingSaid
from caretally.questions.listed import SHOWN, listed_threads
from caretally.questions.notices import addresses, notice
from caretally.questions.say import SaidMeanwhile, Step, say
from caretally.questions.threads import Thread, thread
from caretally.web.access import requires
from caretally.web.edge import after_commit, connection, edge, signed_in
from caretally.web.form import EMPTY, Filled, Form, typed_into, written
from caretally.web.own_pages import page_of_ours
from caretally.web.queries import page_in_query
from caretally.web.request_log import request_id_now

pages = Blueprint("questions", __name__, template_folder="templates", url_prefix="/questions")
LONGEST = 2000
# Within so many days an answer is asked for at first; whoever asks may choose another day.
DAYS_TO_ANSWER = 14
WHAT = f"Write what you ask or what is wrong, in 1 to {LONGEST} characters."


class AskForm(Form):
    """A question or a dispute about one line: `thread` is made with the page, so that the form sent twice is one thread."""

    thread = fields.UUID(required=True)
    line = fields.UUID(required=True, error_messages={"invalid": "Choose what it is about.", "required": "Choose what it is about."})
    said = written(WHAT, longest=LONGEST)
    amount = fields.String(load_default="")
    answer_by = fields.Date(
        required=True, error_messages={"invalid": "Write a day, as 2026-12-15.", "required": "Write a day, as 2026-12-15."}
    )
    kind = fields.String(required=True, validate=validate.OneOf(("question", "dispute")))


class SayForm(Form):
    """What is said in a thread; `seen` is the number of the last message on the page, `back` where the form stood."""

    said = fields.String(load_default="", validate=validate.Length(max=LONGEST, error=f"Write at most {LONGEST} characters."))
    step = fields.String(required=True, validate=validate.OneOf(("reply", "accept", "withdraw", "answer")))
    seen = fields.Integer(required=True)
    back = fields.String(load_default="")


@pages.get("")
@requires("read_invoices")
def listed() -> ResponseReturnValue:
    """List the threads that are going on, settled, or all."""
    shown, kind = request.args.get("shown", ""), request.args.get("kind", "")
    shown, kind = shown if shown in SHOWN else "going-on", kind if kind in ("question", "dispute") else ""
    page = page_in_query()
    found = listed_threads(connection(), vendor_id=signed_in().vendor_id, shown=shown, kind=kind, page=page)
    append_with_commit(connection(), action="questions.read", detail={"threads": len(found.rows)})
    return render_template("questions/listed.html", found=found, shown=shown, kind=kind, side=side(), size=PAGE_SIZE)


@pages.get("/<uuid:question_id>")
@requires("read_invoices")
def show(question_id: UUID) -> ResponseReturnValue:
    """Show one thread."""
    found = thread(connection(), question_id, vendor_id=signed_in().vendor_id)
    return thread_shown(found, EMPTY)


@pages.post("/<uuid:question_id>/reply")
@requires("ask_questions")
def replied(question_id: UUID) -> ResponseReturnValue:
    """Let the practice reply, accept the line as it is, or withdraw."""
    return said_in(question_id, ("reply", "accept", "withdraw"))


@pages.post("/<uuid:question_id>/answer")
@requires("answer_questions")
def answered(question_id: UUID) -> ResponseReturnValue:
    """Let the vendor answer."""
    return said_in(question_id, ("answer",))


def said_in(question_id: UUID, steps: tuple[Step, ...]) -> ResponseReturnValue:
    """Add what was written; a word that is missing, or said meanwhile by somebody else, shows the thread with the form as it was."""
    filled = typed_into(SayForm())
    step = next((one for one in steps if filled.given.get("step") == one), steps[0])
    said = str(filled.given.get("said", "")).replace("\r\n", "\n").strip()
    if filled.given and not said and step in ("reply", "answer"):
        filled = Filled(filled.typed, {"said": f"Write your {step}."})
    status = 422
    if filled.given:
        who = signed_in()
        try:
            if say(connection(), question_id, step, said, seen=filled.given["seen"], vendor_id=who.vendor_id, name=who.name):
                tell_other_side(question_id)
            return redirect(page_of_ours(filled.given["back"], otherwise=url_for("questions.show", question_id=question_id)), 303)
        except SaidMeanwhile as error:
            filled, status = filled.refused(said=error.message), 412
    found = thread(connection(), question_id, vendor_id=signed_in().vendor_id)
    return thread_shown(found, filled), status


def thread_shown(found: Thread, filled: Filled) -> str:
    """Return the page of a thread, and note in the audit log that it was read."""
    append_with_commit(connection(), action="question.read", detail={"question_id": found.id})
    return render_template("questions/show.html", thread=found, filled=filled, side=side())


def side() -> str:
    """Return on whose side of a thread the visitor is."""
    return "vendor" if signed_in().clients is None else "practice"


def asked_in(given: Any, invoice_id: UUID) -> Asked:
    """Return what a form asks. Raises `AmountRefused` for a dispute whose amount is none, `NothingSaid` for blanks only."""
    disputed = given["kind"] == "dispute"
    try:
        cents = parse_cents(given["amount"]) if disputed else None
    except NotAnAmount as error:
        raise AmountRefused(error.message) from None
    said = given["said"].replace("\r\n", "\n").strip()
    if not said:
        raise NothingSaid(WHAT)
    return Asked(
        id=given["thread"],
        invoice_id=invoice_id,
        invoice_line_id=given["line"],
        kind=given["kind"],
        said=said,
        answer_by=given["answer_by"],
        disputed_cents=cents,
    )


def default_day() -> str:
    """Return the day by which an answer is asked for at first."""
    return (datetime.now(UTC).date() + timedelta(days=DAYS_TO_ANSWER)).isoformat()


def tell_other_side(question_id: UUID) -> None:
    """Mail the other side once this is committed; the mail names the invoice and nothing of what was said."""
    found = thread(connection(), question_id, vendor_id=signed_in().vendor_id)
    other, address = ("practice" if side() == "vendor" else "vendor"), url_for("questions.show", question_id=question_id, _external=True)

    def tell() -> None:
        with edge().auth_pool.begin() as accounts:
            people = addresses(accounts, other, vendor_id=signed_in().vendor_id, client_id=found.client_id)  # type: ignore[arg-type]
        for to in people:
            try:
                edge().post(notice(to, state=found.state, number=found.number, address=address))
            except DependencyDown as error:
                logger().error("mail_not_sent", request_id=request_id_now(), code=error.code)

    after_commit(tell)
