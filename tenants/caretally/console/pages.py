"""The pages of an operator: vendors, a new vendor, health."""

from importlib.metadata import version

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields
from sqlalchemy import text

from caretally.console.overview import state_of_server, vendors_of_installation
from caretally.errors import CareTallyError
from caretally.identity.accounts import AddressRefused, account_for, plain_address
from caretally.identity.memberships import add_member
from caretally.identity.roles import Role
from caretally.mail.message import Mail
from caretally.sign_in.invite import invitation
from caretally.sign_in.people import place
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.vendors.create import NewVendor, create_vendor
from caretally.web.access import requires
from caretally.web.edge import after_commit, connection, edge, signed_in
from caretally.web.form import EMPTY, Filled, Form, typed_into, written
from caretally.web.health import reached

pages = Blueprint("console", __name__, template_folder="templates", url_prefix="/operator")
TIMEZONES = text(
    "SELECT name FROM pg_timezone_names WHERE name LIKE 'US/%' OR name LIKE 'America/%' OR name = 'Pacific/Honolulu' ORDER BY name"
)


class VendorForm(Form):
    """A new vendor, and the person who will administer it."""

    name = written("Write the vendor's name.", longest=200)
    slug = fields.String(load_default="")
    timezone = written("Choose the time zone.", longest=100)
    administrator = written("Write the name of the person who will administer it.", longest=200)
    email = written("Write that person's email address.", longest=320)


@pages.get("/vendors")
@requires("manage_vendors")
def vendors() -> ResponseReturnValue:
    """List the vendors with their counts."""
    return render_template("console/vendors.html", vendors=vendors_of_installation(connection()))


@pages.route("/vendors/new", methods=["GET", "POST"])
@requires("manage_vendors")
def new_vendor() -> ResponseReturnValue:
    """Make a vendor and invite its first administrator."""
    filled = typed_into(VendorForm()) if request.method == "POST" else EMPTY
    if filled.given:
        filled, made = made_of(filled)
        if made is not None:
            return redirect(url_for("console.vendors"), 303)
    page = render_template("console/new_vendor.html", filled=filled, timezones=connection().scalars(TIMEZONES).all())
    return page, 422 if filled.wrong else 200


def made_of(filled: Filled) -> tuple[Filled, NewVendor | None]:
    """Return the form with what is wrong, or the vendor that was made with its administrator, who is mailed afterwards."""
    given = filled.given
    try:
        email = plain_address(given["email"])
    except AddressRefused as error:
        return filled.refused(email=error.message), None
    who = signed_in().actor
    wanted = {"name": given["name"], "slug": given["slug"].strip() or None, "timezone": given["timezone"]}
    try:
        made = create_vendor(edge().operator_pool, secret=edge().secret, actor=who, **wanted)
    except CareTallyError as error:
        return filled.refused(
            **{"timezone" if "time zone" in error.message else "slug": error.message.replace("with --slug", "below")}
        ), None
    with edge().auth_pool.begin() as accounts:
        account = account_for(accounts, email=email, name=given["administrator"])
    with tenant_transaction(edge().vendor_pool, TenantContext(made.vendor_id, who), secret=edge().secret) as opened:
        add_member(opened, account, Role.VENDOR_ADMIN, name=given["administrator"].strip())
    mail, _ = invitation(
        edge().auth_pool,
        account,
        vendor=made.name,
        address_of=lambda token: url_for("links.set_password_by", token=token, _external=True),
        sign_in=url_for("sign_in.sign_in", _external=True),
        place=place(),
    )
    after_commit(lambda: post_mail(mail))
    return filled, made


def post_mail(mail: Mail) -> None:
    """Mail the invitation."""
    edge().post(mail)


@pages.get("/health")
@requires("read_health")
def health() -> ResponseReturnValue:
    """Show which parts answer, the release, and what the database server says of itself."""
    return render_template("console/health.html", parts=reached(), release=version("caretally"), server=state_of_server(connection()))
