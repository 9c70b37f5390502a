"""The pages of a vendor's people: who works here, in which role, for which practices; inviting, changing and ending."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate
from sqlalchemy import text

from caretally.errors import CareTallyError
from caretally.identity.accounts import Account, AddressRefused, account_for, account_of
from caretally.identity.memberships import (
    CLIENT_ROLES,
    VENDOR_ROLES,
    Member,
    MembershipRefused,
    add_member,
    change_member,
    end_member,
    member,
    members,
    role_words,
)
from caretally.identity.roles import MATRIX, REACH, Role
from caretally.months import Month
from caretally.sign_in.invite import invitation
from caretally.sign_in.people import place
from caretally.web.access import requires
from caretally.web.edge import after_commit, connection, edge, signed_in
from caretally.web.form import EMPTY, Filled, Form, typed_into, written

pages = Blueprint("people", __name__, template_folder="templates", url_prefix="/people")
ROLES = (*VENDOR_ROLES, *CLIENT_ROLES)
CLIENTS = text("SELECT code, name FROM client WHERE vendor_id = (SELECT tenancy.current_vendor()) ORDER BY lower(name)")


class RoleForm(Form):
    """A role and, for a practice's people, the codes of the clients."""

    role = fields.String(
        required=True, validate=validate.OneOf(ROLES, error="Choose a role."), error_messages={"required": "Choose a role."}
    )
    clients = fields.List(fields.String(), load_default=list)


class InviteForm(RoleForm):
    """A person to invite; an auditor's first and last month."""

    email = written("Write the email address.", longest=320)
    name = written("Write the person's name.", longest=200)
    first_month = fields.String(load_default="")
    last_month = fields.String(load_default="")


@pages.get("")
@requires("manage_people")
def listed() -> ResponseReturnValue:
    """List who works here and for whom, with what each role may do."""
    return render_template(
        "sign_in/people.html", people=members(connection()), role_words=role_words, roles=ROLES, matrix=MATRIX, reach=REACH, Role=Role
    )


@pages.route("/invite", methods=["GET", "POST"])
@requires("manage_people")
def invite() -> ResponseReturnValue:
    """Invite a person by mail into one role."""
    filled = typed_into(InviteForm()) if request.method == "POST" else EMPTY
    if filled.given:
        try:
            return invited(filled.given)
        except AddressRefused as error:
            filled = filled.refused(email=error.message)
        except MembershipRefused as error:
            filled = filled.refused(clients=error.message)
        except CareTallyError as error:
            filled = filled.refused(email=error.message)
    return form_page("sign_in/invite.html", filled)


def invited(given: Any) -> ResponseReturnValue:
    """Add the member; the mail goes out after that is committed."""
    with edge().auth_pool.begin() as accounts:
        account = account_for(accounts, email=given["email"], name=given["name"])
    add_member(connection(), account, given["role"], name=given["name"].strip(), clients=given["clients"], period=period_of(given))
    after_commit(lambda: send(account))
    return redirect(url_for("people.listed"), 303)


def period_of(given: Any) -> tuple[date, date] | None:
    """Return the first and the last day that an auditor may look at, None where neither month was written. Raises `NotAMonth`."""
    if not given["first_month"] and not given["last_month"]:
        return None
    return Month.parse(given["first_month"].strip()).first_day, Month.parse(given["last_month"].strip()).last_day


def send(account: Account) -> None:
    """Mail the invitation."""
    mail, _ = invitation(
        edge().auth_pool,
        account,
        vendor=signed_in().vendor_name,
        address_of=lambda token: url_for("links.set_password_by", token=token, _external=True),
        sign_in=url_for("sign_in.sign_in", _external=True),
        place=place(),
    )
    edge().post(mail)


@pages.post("/<uuid:membership_id>/invite-again")
@requires("manage_people")
def invite_again(membership_id: UUID) -> ResponseReturnValue:
    """Mail the invitation again; the link before it ends."""
    found = member(connection(), membership_id)
    with edge().auth_pool.begin() as accounts:
        account = account_of(accounts, found.account_id)
    after_commit(lambda: send(account))
    return redirect(url_for("people.listed"), 303)


@pages.route("/<uuid:membership_id>", methods=["GET", "POST"])
@requires("manage_people")
def change(membership_id: UUID) -> ResponseReturnValue:
    """Change a person's role or clients; their sessions here must choose anew."""
    found = member(connection(), membership_id)
    filled = typed_into(RoleForm()) if request.method == "POST" else Filled({"role": found.role, "clients": list(found.clients)})
    if filled.given:
        try:
            change_member(connection(), membership_id, filled.given["role"], clients=filled.given["clients"])
            return redirect(url_for("people.listed"), 303)
        except CareTallyError as error:
            filled = filled.refused(role=error.message)
    return form_page("sign_in/change_member.html", filled, found)


@pages.post("/<uuid:membership_id>/end")
@requires("manage_people")
def end(membership_id: UUID) -> ResponseReturnValue:
    """End a membership; whoever works in it is out with their next request."""
    end_member(connection(), membership_id)
    return redirect(url_for("people.listed"), 303)


def form_page(template: str, filled: Filled, found: Member | None = None) -> ResponseReturnValue:
    """Return the page of a form with the roles and clients to choose from."""
    clients: Sequence[Any] = connection().execute(CLIENTS).all()
    own = [role for role in ROLES if found is None or (role in CLIENT_ROLES) is (found.role in CLIENT_ROLES)]
    page = render_template(template, filled=filled, roles=own, clients=clients, role_words=role_words, member=found)
    return page, 422 if filled.wrong else 200
