"""The page where a vendor sees who asked to read its data, and decides or ends it."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from caretally.break_glass.requests import decide, end, requests_of_vendor
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in
from caretally.web.form import Form, NotThisForm, typed_into

pages = Blueprint("break_glass", __name__, template_folder="templates", url_prefix="/break-glass")


class DecisionForm(Form):
    """Whether a request is approved."""

    decision = fields.String(required=True, validate=validate.OneOf(("approve", "refuse")))


@pages.get("")
@requires("read_break_glass")
def listed() -> ResponseReturnValue:
    """List who asked to read this vendor's data, why, who decided, and what runs now."""
    return render_template("break_glass/listed.html", requests=requests_of_vendor(connection()))


@pages.post("/<uuid:request_id>/decide")
@requires("approve_break_glass")
def decided(request_id: UUID) -> ResponseReturnValue:
    """Approve or refuse a request."""
    decide(connection(), request_id, name=signed_in().name, approved=approves())
    return redirect(url_for("break_glass.listed"), 303)


@pages.post("/<uuid:request_id>/end")
@requires("read_break_glass")
def ended(request_id: UUID) -> ResponseReturnValue:
    """End an access that runs; it asks for no fresh factor, since it only takes away."""
    end(connection(), request_id)
    return redirect(url_for("break_glass.listed"), 303)


def approves() -> bool:
    """Return what the buttons of a request say. Raises `NotThisForm` when it is neither."""
    given = typed_into(DecisionForm()).given
    if not given:
        raise NotThisForm("A request is approved or refused by its buttons, so nothing was changed; use those on the page.")
    return str(given["decision"]) == "approve"
