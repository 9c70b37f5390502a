"""The operator's side of break-glass: asking, deciding another operator's request, reading, ending."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate
from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.break_glass.notices import approved_mail, asked_mail
from caretally.break_glass.pages import approves
from caretally.break_glass.requests import (
    MOST_MINUTES,
    NotOpen,
    UnknownRequest,
    administrators_of,
    ask,
    decide,
    end,
    request_of,
    requests_of_all,
)
from caretally.errors import UsageMistake
from caretally.identity.accounts import note
from caretally.identity.sessions import operate
from caretally.sign_in.people import back_to, for_person, person, place
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.access import requires
from caretally.web.edge import after_commit, connection, edge, signed_in
from caretally.web.form import EMPTY, Filled, Form, typed_into, written

pages = Blueprint("operator_break_glass", __name__, template_folder="templates", url_prefix="/operator/break-glass")
HOW_LONG = f"Choose from 1 to {MOST_MINUTES} minutes."
# The vendor of `decide` holds nothing that is ever committed, is nobody's and has no log.
VENDORS = text("SELECT vendor_id, name FROM vendor WHERE slug <> 'decide' ORDER BY lower(name)")
KNOWN = text("SELECT name FROM vendor WHERE vendor_id = :vendor_id AND slug <> 'decide'")


class AskForm(Form):
    """Whose data, why, and for how many minutes."""

    vendor_id = fields.UUID(required=True, error_messages={"required": "Choose a vendor.", "invalid_uuid": "Choose a vendor."})
    reason = written("Say why, in 1 to 500 characters.", longest=500)
    minutes = fields.Integer(
        required=True,
        validate=validate.Range(1, MOST_MINUTES, error=HOW_LONG),
        error_messages={"required": HOW_LONG, "invalid": HOW_LONG},
    )


@contextmanager
def of_vendor(vendor_id: UUID) -> Iterator[Connection]:
    """Open a transaction of the operator's in a vendor's context, whose log keeps what is done. Raises `UnknownRequest` for no vendor."""
    if connection().scalar(KNOWN, {"vendor_id": vendor_id}) is None:
        raise UnknownRequest("There is no such request; the list shows those there are.")
    with tenant_transaction(edge().operator_pool, TenantContext(vendor_id, signed_in().actor), secret=edge().secret) as opened:
        yield opened


@pages.get("")
@requires("request_break_glass")
def listed() -> ResponseReturnValue:
    """List the requests for every vendor's data, with what may be done with each."""
    return render_template("break_glass/operator_listed.html", requests=requests_of_all(connection()), me=signed_in().actor)


@pages.route("/ask", methods=["GET", "POST"])
@requires("request_break_glass")
def asked() -> ResponseReturnValue:
    """Ask to read a vendor's data; its administrators are mailed, and see the request at once."""
    filled = typed_into(AskForm()) if request.method == "POST" else EMPTY
    if filled.given:
        try:
            return made(filled.given["vendor_id"], str(filled.given["reason"]), int(filled.given["minutes"]))
        except UnknownRequest:
            filled = filled.refused(vendor_id="Choose a vendor.")
        except UsageMistake as error:
            filled = filled.refused(reason=error.message)
    return asking_page(filled)


def asking_page(filled: Filled) -> ResponseReturnValue:
    """Return the page of the form with the vendors to choose from."""
    page = render_template("break_glass/ask.html", filled=filled, vendors=connection().execute(VENDORS).all(), most=MOST_MINUTES)
    return page, 422 if filled.wrong else 200


def made(vendor_id: UUID, reason: str, minutes: int) -> ResponseReturnValue:
    """Keep the request in the vendor's context; the mails go out after that is committed."""
    with of_vendor(vendor_id) as opened:
        found = request_of(opened, ask(opened, name=signed_in().name, reason=reason, minutes=minutes))
    after_commit(lambda: tell(found.vendor_id, found.vendor_name, minutes, approved=False))
    return redirect(url_for("operator_break_glass.listed"), 303)


def tell(vendor_id: UUID, vendor: str, minutes: int, *, approved: bool) -> None:
    """Mail a vendor's administrators."""
    with edge().auth_pool.begin() as accounts:
        people = administrators_of(accounts, vendor_id)
    mail_of = approved_mail if approved else asked_mail
    for to in people:
        edge().post(mail_of(to, vendor=vendor, minutes=minutes, address=url_for("break_glass.listed", _external=True)))


@pages.post("/<uuid:vendor_id>/<uuid:request_id>/decide")
@requires("request_break_glass")
def decided(vendor_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """Approve or refuse, as the second operator, what another one asked."""
    approved = approves()
    with of_vendor(vendor_id) as opened:
        decide(opened, request_id, name=signed_in().name, approved=approved)
        found = request_of(opened, request_id)
    if approved:
        after_commit(lambda: tell(vendor_id, found.vendor_name, found.minutes, approved=True))
    return redirect(url_for("operator_break_glass.listed"), 303)


@pages.post("/<uuid:vendor_id>/<uuid:request_id>/end")
@requires("request_break_glass")
def ended(vendor_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """End an access that runs, one's own or another operator's."""
    with of_vendor(vendor_id) as opened:
        end(opened, request_id)
    return redirect(url_for("operator_break_glass.listed"), 303)


@pages.post("/<uuid:vendor_id>/<uuid:request_id>/read")
@requires("request_break_glass")
def read(vendor_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """Begin to read the vendor's data by an access of one's own; the vendor's log keeps it before anything is read."""
    with of_vendor(vendor_id) as opened:
        found = request_of(opened, request_id)
        if found.state != "open" or found.requested_by != signed_in().actor:
            raise NotOpen("This access is not open for you: it runs from its approval to its end, for who asked for it.")
        append_event(opened, action="break-glass.began", detail={"request": request_id, "session": person().id})
    with edge().auth_pool.begin() as accounts:
        token = operate(accounts, person(), vendor_id=vendor_id, break_glass_id=request_id)
        note(accounts, person().account_id, "break_glass_began", place())
    if token is None:
        raise NotOpen("This session cannot read by break-glass; sign in again with your own password and factor.")
    return back_to("/", token)


@pages.post("/leave")
@for_person("an operator who reads by break-glass ends it here")
def leave() -> ResponseReturnValue:
    """Stop reading: the access ends, and the session is at the installation's pages again."""
    now = person()
    if now.break_glass is not None and now.vendor_id is not None:
        context = TenantContext(now.vendor_id, f"person:{now.account_id}")
        with tenant_transaction(edge().operator_pool, context, secret=edge().secret) as opened:
            end(opened, now.break_glass[0])
    with edge().auth_pool.begin() as accounts:
        token = operate(accounts, now)
        note(accounts, now.account_id, "break_glass_left" if token else "entry_refused", place())
    return back_to(url_for("operator_break_glass.listed"), token) if token else redirect("/", 303)
