"""Error pages: one clear sentence, a way on, and the request's id; the words never depend on whether a foreign row exists."""

from dataclasses import dataclass

from flask import Flask, render_template
from werkzeug.exceptions import HTTPException, SecurityError

from caretally.db.trouble import trouble_of
from caretally.errors import CareTallyError, Conflict, DependencyDown, NothingToDo, UsageMistake
from caretally.faults.log import logger, places
from caretally.web.own_forms import StaleForm
from caretally.web.request_log import request_id_now
from caretally.web.sent_again import of_stale_form

Page = tuple[str, int]


@dataclass(frozen=True)
class Told:
    """The heading and the sentence of an error page."""

    heading: str
    sentence: str


TOLD = {
    400: Told("This request cannot be read", "Something in it is not as a page of ours sends it; go back and try again."),
    403: Told("This page is not for your role", "Ask an administrator of your organisation for access, or choose another page."),
    404: Told(
        "There is no such page", "The address may be mistyped, or what it showed may have been withdrawn; start again from the overview."
    ),
    405: Told("This page cannot be used that way", "Open it from the menu or from the form that belongs to it."),
    409: Told("Something has changed meanwhile", "Load the page again and look at what is there now."),
    413: Told("This is too large", "Send a smaller file or a shorter text; the limit stands beside the form."),
    500: Told("Something failed on our side", "Nothing was changed; try again, and tell support the number below when it happens again."),
    503: Told("A part of CareTally does not answer", "Nothing was changed; try again in a minute."),
}
STATUS_OF: dict[type[CareTallyError], int] = {UsageMistake: 400, NothingToDo: 404, Conflict: 409, DependencyDown: 503}


def install_error_pages(app: Flask) -> None:
    """Answer every error with a page of ours."""
    app.register_error_handler(HTTPException, of_protocol)
    app.register_error_handler(SecurityError, of_unknown_host)
    app.register_error_handler(CareTallyError, of_domain)
    app.register_error_handler(StaleForm, of_stale_form)
    app.register_error_handler(Exception, of_defect)


def of_protocol(error: HTTPException) -> Page:
    """Return the page for an error of the protocol; what the library says of it is not shown."""
    status = error.code or 500
    return page(status, TOLD.get(status, TOLD[500 if status >= 500 else 400]))


def of_unknown_host(_error: SecurityError) -> Page:
    """Answer a request for a host that is not ours in plain words: no address of a page can be built for it."""
    return "CareTally does not answer under this name; open it by its own address.\n", 400


def of_domain(error: CareTallyError) -> Page:
    """Return the page for a state that one sentence explains; the sentence is the error's own."""
    status = getattr(error, "status", None) or next((code for kind, code in STATUS_OF.items() if isinstance(error, kind)), 409)
    return page(status, Told(TOLD.get(status, TOLD[409]).heading, error.message))


def of_defect(error: Exception) -> Page:
    """Return the page for a failed dependency or a defect; the log gets its places and no value."""
    trouble = trouble_of(error)
    if trouble is not None:
        return of_domain(trouble)
    logger().error("defect", request_id=request_id_now(), kind=type(error).__qualname__, places=places(error))
    return page(500, TOLD[500])


def page(status: int, told: Told) -> Page:
    """Return the page of this status."""
    return render_template("web/error.html", status=status, told=told, request_id=request_id_now()), status
