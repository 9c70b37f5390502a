"""The page on which a supervisor approves time written by hand, or sends it back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from caretally.audit.chain import append_event
from caretally.carelog.approvals import PAGE_SIZE, Chosen, Waiting, approve, chosen_of, send_back, waiting
from caretally.carelog.forms import ApprovalForm
from caretally.carelog.words import words_of_time
from caretally.errors import CareTallyError
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in
from caretally.web.form import EMPTY, Filled, typed_into
from caretally.web.queries import number_in_query, page_in_query

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
    return redirect(f"{url_for('time_approvals.listed')}?{said}={len(done)}&of={len(chosen)}", 303)


def all_shown() -> list[Chosen]:
    """Return what the list would show on all its pages, but the person's own; at most as many as one form holds."""
    found = waiting(connection(), staff_id=staff_in_query(), most=MOST_AT_ONCE)
    return [Chosen(one.id, one.version) for one in found if not one.own]


def sure_page(still: Sequence[Waiting], filled: Filled, *, chosen: int) -> ResponseReturnValue:
    """Return the page that says what would happen to how much."""
    note_read(still)
    people: dict[str, list[Waiting]] = {}
    for one in still:
        people.setdefault(one.staff, []).append(one)
    late = sum(one.closed_month is not None for one in still)
    return render_template("carelog/approve_sure.html", still=still, people=people, given=filled.given, late=late, left=chosen - len(still))


def list_page(filled: Filled) -> ResponseReturnValue:
    """Return the page of what waits."""
    page = page_in_query()
    found = waiting(connection(), staff_id=staff_in_query(), page=page)
    note_read(found)
    told = {said: number_in_query(said, otherwise=0) for said in ("approved", "returned", "of")}
    rendered = render_template(
        "carelog/approvals.html", found=found, filled=filled, page=page, size=PAGE_SIZE, staff_id=staff_in_query(), told=told
    )
    return rendered, 422 if filled.wrong else 200


def staff_in_query() -> UUID | None:
    """Return the staff member whose time alone is asked for, None for everybody's."""
    try:
        return UUID(request.args.get("staff", ""))
    except ValueError:
        return None


def note_read(found: Sequence[Any]) -> None:
    """Note in the audit log whose time was read."""
    if found:
        append_event(
            connection(), action="time.read", detail={"page": "approvals", "patients": sorted({str(one.patient_id) for one in found})}
        )
