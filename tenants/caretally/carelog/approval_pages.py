"""The page on which a supervisor approves time written by hand, or sends it back."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from caretally.audit.chain import append_event
from caretally.carelog.approvals import PAGE_SIZE, Chosen, Waiting, Wanted, approve, chosen_of, send_back, waiting, waiting_choices
from caretally.carelog.forms import ApprovalForm
from caretally.carelog.words import words_of_time
from caretally.errors import CareTallyError, UsageMistake
from caretally.months import Month
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in
from caretally.web.form import EMPTY, Filled, typed_into
from caretally.web.queries import id_in_query, number_in_query, page_in_query

pages = Blueprint("time_approvals", __name__, template_folder="templates", url_prefix="/time/approvals")
pages.context_processor(words_of_time)
# A request's form has at most 500 parts.
MOST_AT_ONCE = 400


@pages.route("", methods=["GET", "POST"])
@requires("approve_time")
def listed() -> ResponseReturnValue:
    """List what waits; show what approving or sending back the chosen would do; do it."""
    filled = typed_into(ApprovalForm()) if request.method == "POST" else EMPTY
    if filled.given:
        try:
            return decided(
                filled, all_shown() if filled.given["act"] == "approve_all" else [Chosen.of(one) for one in filled.given["entry"]]
            )
        except CareTallyError as error:
            filled = filled.refused(entry=error.message)
    return list_page(filled)


def decided(filled: Filled, chosen: Sequence[Chosen]) -> ResponseReturnValue:
    """Do what was chosen, or show first what it would be."""
    returning, because = filled.given["act"] == "return", filled.given["because"].strip()
    if returning and not because:
        return list_page(filled.refused(because="Write why it goes back; the person reads it beside the entry."))
    if not filled.given["sure"] or filled.given["act"] == "approve_all":
        return sure_page(chosen_of(connection(), chosen), filled, chosen=len(chosen))
    name = signed_in().name
    done = send_back(connection(), chosen, because=because, name=name) if returning else approve(connection(), chosen, name=name)
    said = "returned" if returning else "approved"
    told: dict[str, Any] = {said: len(done), "of": len(chosen)}
    return redirect(url_for("time_approvals.listed", **told, **wanted_in_query().address), 303)


def all_shown() -> list[Chosen]:
    """Return what the list would show on all its pages, but the person's own; at most as many as one form holds."""
    found = waiting(connection(), wanted_in_query(), most=MOST_AT_ONCE)
    return [Chosen(one.id, one.version) for one in found if not one.own]


def sure_page(still: Sequence[Waiting], filled: Filled, *, chosen: int) -> ResponseReturnValue:
    """Return the page that says what would happen to how much."""
    note_read(still)
    people: dict[str, list[Waiting]] = {}
    for one in still:
        people.setdefault(one.staff, []).append(one)
    return render_template(
        "carelog/approve_sure.html",
        still=still,
        people=people,
        given=filled.given,
        late=sum(one.closed_month is not None for one in still),
        overlapping=sum(one.overlap is not None for one in still),
        without_note=sum(not one.description.strip() for one in still),
        left=chosen - len(still),
        wanted=wanted_in_query(),
    )


def list_page(filled: Filled) -> ResponseReturnValue:
    """Return the page of what waits."""
    page, wanted = page_in_query(), wanted_in_query()
    found = waiting(connection(), wanted, page=page)
    note_read(found)
    rendered = render_template(
        "carelog/approvals.html",
        found=found,
        choices=waiting_choices(connection()),
        filled=filled,
        page=page,
        size=PAGE_SIZE,
        wanted=wanted,
        told={said: number_in_query(said, otherwise=0) for said in ("approved", "returned", "of")},
    )
    return rendered, 422 if filled.wrong else 200


def wanted_in_query() -> Wanted:
    """Return what of all that waits the address asks for; what it names wrongly is not asked for."""
    oldest_first = request.args.get("order") == "oldest"
    return Wanted(month=month_in_query(), client_id=id_in_query("client"), staff_id=id_in_query("staff"), oldest_first=oldest_first)


def month_in_query() -> Month | None:
    """Return the month that the address names, None for all of them."""
    try:
        return Month.parse(request.args.get("month", ""))
    except UsageMistake:
        return None


def note_read(found: Sequence[Waiting]) -> None:
    """Note in the audit log whose time was read."""
    if found:
        overlapping = {str(one.overlap.patient_id) for one in found if one.overlap}
        patients = sorted({str(one.patient_id) for one in found} | overlapping)
        append_event(connection(), action="time.read", detail={"page": "approvals", "patients": patients})
