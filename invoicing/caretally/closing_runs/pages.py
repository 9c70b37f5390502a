"""The pages of previewing, closing and reopening a month: what would be closed, the question before it, how far it is, the way back."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate
from sqlalchemy import Connection, text

from caretally.close.close_month import Transaction, clients_to_close
from caretally.close.four_eyes import SeenPreview
from caretally.close.month_words import month_words
from caretally.close.pages import link_to_exceptions
from caretally.close.reopen import ClosedAgainMeanwhile, reopen_month
from caretally.closing_runs.candidates import Candidate, candidates, reason_differences, to_preview, wants_four_eyes
from caretally.closing_runs.close_clients import close_clients
from caretally.closing_runs.runs import Run, Wanted, ask_for_run, read_run
from caretally.closing_runs.work import CLOSING_RUN
from caretally.errors import UsageMistake
from caretally.jobs.enqueue import enqueue
from caretally.jobs.read import job_of_key
from caretally.months import Month
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.access import requires
from caretally.web.edge import after_commit, connection, edge, signed_in
from caretally.web.form import EMPTY, Form, typed_into, written

pages = Blueprint("closing", __name__, template_folder="templates", url_prefix="/months/<month:month>")
# How long the request that asks for a run works it off; the rest is a job's.
IN_REQUEST_MILLISECONDS = 1_500
# How long one press of "Go on" does, where no worker runs.
BY_HAND_MILLISECONDS = 20_000
# More clients than these are background work from the start; fewer are done while the browser waits.
MOST_IN_REQUEST = 5
# After so many seconds nobody has begun, and the page offers to go on by hand.
PATIENCE_SECONDS = 10


class ChosenForm(Form):
    """The clients ticked in a month's table, and what to do with them; none ticked are all."""

    act = fields.String(required=True, validate=validate.OneOf(("preview", "close")))
    run = fields.UUID(load_default=uuid4)
    client = fields.List(fields.UUID(), load_default=list)
    acknowledged = fields.List(fields.UUID(), load_default=list)


class CloseForm(Form):
    """The previews that the question showed, as `Candidate.seen` writes them, and the totals that somebody checked."""

    run = fields.UUID(required=True)
    seen = fields.List(fields.String(validate=validate.Length(max=150)), required=True)
    acknowledged = fields.List(fields.UUID(), load_default=list)


class ReopenForm(Form):
    """Why a month is reopened, and the revision that the page showed."""

    seen = fields.UUID(required=True, error_messages=dict.fromkeys(("required", "invalid_uuid"), "Open this page again and send its form."))
    reason = written("Write why, in 1 to 500 characters; the practice will read it.", longest=500)


TODAY = text("SELECT (now() AT TIME ZONE timezone)::date FROM vendor WHERE vendor_id = (SELECT tenancy.current_vendor())")


@pages.get("/preview")
@requires("settle_exceptions")
def previewed(month: Month) -> ResponseReturnValue:
    """Show what would be closed, client by client, beside the month before."""
    found = candidates(connection(), month)
    return render_template(
        "closing_runs/preview.html",
        month=month,
        found=[one for one in found if one.summary],
        without=[one for one in found if not one.summary],
        reasons=reason_differences,
        words=month_words(connection()),
        link_to_exceptions=partial(link_to_exceptions, month),
        run=uuid4(),
    )


@pages.post("/chosen")
@requires("close_month")
def chosen(month: Month) -> ResponseReturnValue:
    """Preview the chosen clients, or lead to the question before they are closed."""
    given = typed_into(ChosenForm()).given
    if not given:
        raise UsageMistake("Nothing was chosen that can be done; go back to the month and press one of its buttons.")
    if given["act"] == "close":
        return redirect(url_for("closing.confirm", month=month, client=given["client"]), 303)
    found = to_preview(candidates(connection(), month, clients=given["client"]))
    wanted = [Wanted(client_id=one.client_id, acknowledged=one.client_id in given["acknowledged"]) for one in found]
    return begun(month, given["run"], "preview", wanted)


@pages.route("/close", methods=["GET", "POST"])
@requires("close_month")
def confirm(month: Month) -> ResponseReturnValue:
    """Ask before the close, with counts and money; close exactly what was shown, or say what is different."""
    filled = typed_into(CloseForm()) if request.method == "POST" else EMPTY
    seen = list(filled.given.get("seen", ()))
    wished = clients_of(seen) if seen else ids_in_query()
    found = candidates(connection(), month, clients=wished)
    changed = [one for one in found if seen and one.seen not in seen]
    unchecked = [one for one in found if seen and one.acknowledged and one.client_id not in filled.given["acknowledged"]]
    if seen and found and not changed and not unchecked:
        return begun(month, filled.given["run"], "close", [as_seen(one) for one in found])
    if unchecked and not changed:
        filled = filled.refused(acknowledged="Tick each total that stands out once you have checked it.")
    wanted = four_eyes()
    page = render_template(
        "closing_runs/confirm.html",
        month=month,
        filled=filled,
        changed=changed,
        was={one.partition(":")[0]: one.rpartition(":")[2] for one in seen},
        run=filled.typed.get("run") or uuid4(),
        ready=[one for one in found if why_not(one, wants_four_eyes=wanted) is None],
        waiting=[(one, why) for one in found if (why := why_not(one, wants_four_eyes=wanted)) is not None],
        not_over=month.last_day >= connection().execute(TODAY).scalar_one(),
    )
    return page, 412 if changed else 422 if filled.wrong else 200


@pages.route("/runs/<uuid:run_id>", methods=["GET", "POST"])
@requires("close_month")
def run(month: Month, run_id: UUID) -> ResponseReturnValue:
    """Show how far a run is and what each client came to; go on with it."""
    found = read_run(connection(), run_id)
    if found.month != month:
        abort(404)
    if request.method == "POST":
        go_on(run_id)
        return redirect(url_for("closing.run", month=month, run_id=run_id), 303)
    return render_template(
        "closing_runs/run.html",
        month=month,
        found=found,
        under_way=is_under_way(found),
        again=uuid4(),
        link_to_exceptions=partial(link_to_exceptions, month),
    )


@pages.route("/clients/<uuid:client_id>/reopen", methods=["GET", "POST"])
@requires("void_invoice")
def reopen(month: Month, client_id: UUID) -> ResponseReturnValue:
    """Reopen a client's closed month for a reason: its draft becomes void and keeps its number."""
    found = candidates(connection(), month, clients=[client_id])
    if not found or (request.method == "GET" and found[0].status != "closed"):
        abort(404)
    filled, status = typed_into(ReopenForm()) if request.method == "POST" else EMPTY, 200
    if filled.given:
        [client] = clients_to_close(connection(), [found[0].code])
        try:
            reopen_month(connection(), client, month, reason=filled.given["reason"], seen=filled.given["seen"])
            return redirect(url_for("months.show", month=month, reopened=found[0].code), 303)
        except UsageMistake as error:
            filled = filled.refused(reason=error.message)
        except ClosedAgainMeanwhile as error:
            filled, status = filled.refused(reason=error.message), error.status
            found = candidates(connection(), month, clients=[client_id])
    page = render_template("closing_runs/reopen.html", month=month, client=found[0], filled=filled)
    return page, 422 if filled.wrong and status == 200 else status


def begun(month: Month, run_id: UUID, kind: str, wanted: Collection[Wanted]) -> ResponseReturnValue:
    """Write a run down, work it off once that is committed, and lead to its page; a form sent twice leads to the same."""
    if not wanted:
        raise UsageMistake(f"There is nothing to {kind}: every client's month is closed. Open the month to see their invoices.")
    if ask_for_run(connection(), run_id, month, kind=kind, wanted=wanted):
        if len(wanted) > MOST_IN_REQUEST:
            ask_for_job(connection(), run_id, month)
        else:
            begin(run_id, month)
    return redirect(url_for("closing.run", month=month, run_id=run_id), 303)


def is_under_way(found: Run) -> bool:
    """Tell whether background work is at a run, or will be in a moment."""
    job = job_of_key(connection(), CLOSING_RUN.name, str(found.id))
    if job is None or job.ended or not found.of("waiting"):
        return False
    return job.status == "running" or (datetime.now(UTC) - job.asked_at).total_seconds() < PATIENCE_SECONDS


def ask_for_job(of_vendor: Connection, run_id: UUID, month: Month) -> None:
    """Ask for a run to be worked off, or to be gone on with, in the background."""
    enqueue(of_vendor, CLOSING_RUN.name, {"run": run_id, "month": str(month)}, key=str(run_id))


def begin(run_id: UUID, month: Month) -> None:
    """Work off a run after this request's transaction for a moment; what is not done by then goes on in the background."""
    transaction = transaction_of_visitor()

    def act() -> None:
        if not close_clients(transaction, run_id, milliseconds=IN_REQUEST_MILLISECONDS):
            with transaction() as of_vendor:
                ask_for_job(of_vendor, run_id, month)

    after_commit(act)


def go_on(run_id: UUID) -> None:
    """Go on with a run after this request's transaction, for as long as a request may."""
    transaction = transaction_of_visitor()

    def act() -> None:
        close_clients(transaction, run_id, milliseconds=BY_HAND_MILLISECONDS)

    after_commit(act)


def transaction_of_visitor() -> Transaction:
    """Return what opens further transactions in the visitor's name."""
    who, of = signed_in(), edge()
    return partial(tenant_transaction, of.pool_of(who), who.context, secret=of.secret)


def as_seen(one: Candidate) -> Wanted:
    """Return a client as somebody asks to close it, having looked at its preview."""
    shown = SeenPreview(bytes(one.input_hash or b""), one.preview_cents or 0)
    return Wanted(client_id=one.client_id, acknowledged=one.acknowledged, shown=shown)


def why_not(one: Candidate, *, wants_four_eyes: bool) -> str | None:
    """Return why a client cannot be closed now, in one sentence, None when it can; the close itself asks again."""
    if one.status == "closed":
        return "It is closed already."
    if one.status != "previewed":
        return one.parked_reason or "It has no preview yet; preview it, look at it, then close it."
    if one.parked_reason:
        return one.parked_reason
    if wants_four_eyes and one.previewed_by == signed_in().actor:
        return "You previewed it last, and your vendor wants four eyes: somebody else closes it."
    return None


def four_eyes() -> bool:
    """Tell whether the visitor's vendor wants four eyes."""
    return wants_four_eyes(connection())


def clients_of(seen: Iterable[str]) -> list[UUID]:
    """Return the clients of previews as a form sent them back, without what is none."""
    return as_ids(one.partition(":")[0] for one in seen)


def ids_in_query() -> list[UUID]:
    """Return the clients that an address names, without what is none."""
    return as_ids(request.args.getlist("client"))


def as_ids(written_ids: Iterable[str]) -> list[UUID]:
    """Return the ids among some texts."""
    found = []
    for one in written_ids:
        try:
            found.append(UUID(one))
        except ValueError:
            continue
    return found
