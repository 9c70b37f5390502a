"""The address of the site itself: it leads to the first page that the visitor may open."""

from typing import cast

from flask import Blueprint, abort, current_app, redirect, url_for
from flask.typing import ResponseReturnValue

from caretally.web.access import open_to_all, sign_in_first
from caretally.web.edge import visitor
from caretally.web.shell import Shell, may

start = Blueprint("start", __name__)


@start.get("/")
@open_to_all("it shows nothing: it sends each visitor to the first page of their own, and everybody else to sign in")
def begin() -> ResponseReturnValue:
    """Send the visitor on."""
    if visitor() is None:
        return sign_in_first()
    shell = cast("Shell", current_app.jinja_env.globals["shell"])
    first = next((entry for entry in shell.entries if may(entry.permission)), None)
    return redirect(url_for(first.endpoint), 303) if first else abort(403)
