"""A form that cannot be taken as things are, given back with all that was typed so that it can be sent again once they are right."""

import re
from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request

from caretally.web.edge import visitor
from caretally.web.form import Form
from caretally.web.own_forms import FIELD, StaleForm
from caretally.web.own_pages import SIGN_IN
from caretally.web.request_log import request_id_now

OUT = "You were signed out while this form was open, so nothing was changed. Sign in, come back to this page and send it again; what you typed is in it."
ANEW = "This form was opened before you signed in, so nothing was changed yet. What you typed is in it: send it now, or leave it."
PROVE = "This step counts and your second factor is no longer fresh, so nothing was changed. Prove that it is you, come back to this page and send it again."
# What no id, no number and no name of a button has.
WRITTEN = re.compile(r"[\s@:/.]")


@dataclass(frozen=True)
class Kept:
    """What was typed, by field and as often as it came; `way` is the page to open before it is sent again, `step` what is done there."""

    fields: list[tuple[str, str]]
    sentence: str
    way: str = ""
    step: str = ""


def typed_now() -> list[tuple[str, str]] | None:
    """Return what this request's form holds beside its token; None when it holds what is never sent back: a secret or a file."""
    found = [(name, value) for name, value in request.form.items(multi=True) if name != FIELD]
    return None if request.files or secret_here() & {name for name, _ in found} else found


def secret_here() -> set[str]:
    """Return the fields that are never sent back: those that a form of this page's own package says, and whatever is called a password or a secret.

    One package's secret may be another's plain word: a code signs somebody in, and a code is what a service is billed by.
    """
    page = current_app.view_functions.get(request.endpoint or "")
    package = getattr(page, "__module__", "").rpartition(".")[0]
    own = {name for form in every_form(Form) if form.__module__.rpartition(".")[0] == package for name in form.secret}
    return own | {name for name in request.form if "password" in name or "secret" in name}


def every_form(of: type[Form]) -> set[type[Form]]:
    """Return every form that there is below this one."""
    return {of}.union(*(every_form(one) for one in of.__subclasses__()))


def of_stale_form(error: StaleForm) -> tuple[Any, int]:
    """Answer a form whose token has ended with its session: 403, with what was typed to be sent again."""
    fields = typed_now()
    if not fields:
        return given_back(Kept([], error.message), error.status)
    out = visitor() is None
    return given_back(Kept(fields, OUT, SIGN_IN, "Sign in") if out else Kept(fields, ANEW), error.status)


def to_prove(way: str) -> tuple[Any, int] | None:
    """Answer a form for which a fresh second factor is needed; None when nothing was written in it, so that pressing its button anew is all it takes."""
    fields = typed_now() if request.method == "POST" else None
    written = any(WRITTEN.search(value) for _, value in fields or ())
    return given_back(Kept(fields, PROVE, way, "Prove that it is you"), 403) if fields and written else None


def given_back(kept: Kept, status: int) -> tuple[Any, int]:
    """Return the page with the form."""
    page = render_template("web/sent_again.html", kept=kept, to=request.full_path.rstrip("?"), request_id=request_id_now())
    return page, status
