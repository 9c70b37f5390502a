"""The pages that make the sample: an administrator fills an empty vendor, an operator makes a vendor that is filled; both in the background."""

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from caretally.app.sample.fill import require_empty
from caretally.app.sample.work import FILL_SAMPLE
from caretally.console.pages import TIMEZONES, VendorForm, made_of
from caretally.jobs.enqueue import enqueue
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.access import requires
from caretally.web.edge import after_commit, connection, edge, signed_in
from caretally.web.form import Filled, typed_into

pages = Blueprint("sample", __name__, template_folder="templates")


def ask_to_fill(of_vendor: Connection) -> UUID:
    """Ask for the vendor of a transaction to be filled and return the job; a vendor is filled once, however often that is asked."""
    return enqueue(of_vendor, FILL_SAMPLE.name, {}, key="sample")


def ask_in_name_of(context: TenantContext) -> None:
    """Ask for another vendor to be filled, in a transaction of that vendor."""
    with tenant_transaction(edge().vendor_pool, context, secret=edge().secret) as of_vendor:
        ask_to_fill(of_vendor)


@pages.post("/setup/sample")
@requires("change_settings", also="close_month")
def fill() -> ResponseReturnValue:
    """Ask for the sample and show how far it is; it closes two months, for which a close's permission is asked as well. Raises `NotEmpty`."""
    require_empty(connection())
    return redirect(url_for("jobs.show", job_id=ask_to_fill(connection())), 303)


@pages.route("/operator/vendors/sample", methods=["GET", "POST"])
@requires("manage_vendors")
def new_vendor() -> ResponseReturnValue:
    """Make a vendor with its administrator and fill it with the sample."""
    filled = typed_into(VendorForm()) if request.method == "POST" else Filled({"name": "Sample Care Management"})
    if filled.given:
        filled, made = made_of(filled)
        if made is not None:
            context = TenantContext(made.vendor_id, signed_in().actor)
            after_commit(lambda: ask_in_name_of(context))
            return redirect(url_for("console.vendors"), 303)
    page = render_template("sample/new_vendor.html", filled=filled, timezones=connection().scalars(TIMEZONES).all())
    return page, 422 if filled.wrong else 200
