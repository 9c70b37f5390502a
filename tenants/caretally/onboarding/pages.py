"""The page of a new vendor: what is there, what is missing, what comes next."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from caretally.onboarding.checklist import checklist, standing_of
from caretally.web.access import requires
from caretally.web.edge import connection

pages = Blueprint("onboarding", __name__, template_folder="templates", url_prefix="/setup")


@pages.get("")
@requires("import")
def show() -> ResponseReturnValue:
    """Show the checklist; an empty vendor may be filled with made-up data to try everything on."""
    has = standing_of(connection())
    steps = checklist(has)
    following = next((step for step in steps if step.state != "done"), None)
    return render_template("onboarding/show.html", steps=steps, following=following, is_empty=not has["clients"] and not has["patients"])
