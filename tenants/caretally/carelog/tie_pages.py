"""The page on which a vendor's administrator says who of the staff each person who signs in is."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from caretally.carelog.forms import TieForm
from caretally.carelog.staff_ties import people_who_log, staff_members, tie
from caretally.errors import CareTallyError
from caretally.web.access import requires
from caretally.web.edge import connection
from caretally.web.form import EMPTY, typed_into

pages = Blueprint("staff_ties", __name__, template_folder="templates", url_prefix="/staff-ties")


@pages.route("", methods=["GET", "POST"])
@requires("manage_people")
def listed() -> ResponseReturnValue:
    """List who logs time and who of the staff each is; change one."""
    filled = typed_into(TieForm()) if request.method == "POST" else EMPTY
    if filled.given:
        try:
            tie(connection(), filled.given["account"], staff_of(filled.given["staff"]))
            return redirect(url_for("staff_ties.listed", tied=filled.given["account"]), 303)
        except CareTallyError as error:
            filled = filled.refused(staff=error.message)
    page = render_template(
        "carelog/ties.html",
        people=people_who_log(connection()),
        staff=staff_members(connection()),
        filled=filled,
        tied=request.args.get("tied", ""),
    )
    return page, 422 if filled.wrong else 200


def staff_of(typed: str) -> UUID | None:
    """Return who was chosen; an id that is none is of nobody who works here."""
    try:
        return UUID(typed) if typed else None
    except ValueError:
        return UUID(int=0)
