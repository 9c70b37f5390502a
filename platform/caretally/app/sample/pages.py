"""The pages that make the sample: an administrator fills an empty vendor, an operator makes a vendor that is filled."""

from functools import partial

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from caretally.app.sample.fill import fill_with_sample
from caretally.console.pages import TIMEZONES, VendorForm, made_of
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.access import requires
from caretally.web.edge import after_commit, connection, edge, signed_in
from caretally.web.form import Filled, typed_into

pages = Blueprint("sample", __name__, template_folder="templates")


def fill_own() -> None:
    """Fill the visitor's own vendor before the request's transaction begins, since each import and close is one of its own."""
    fill_for(signed_in().context)


def fill_for(context: TenantContext) -> None:
    """Fill the vendor of a context. Raises `NotEmpty`."""
    transaction = partial(tenant_transaction, edge().vendor_pool, context, secret=edge().secret)
    fill_with_sample(context.vendor_id, transaction, scratch=edge().scratch)


@pages.post("/setup/sample")
@requires("change_settings", also="close_month", first=fill_own)
def fill() -> ResponseReturnValue:
    """Go back to the checklist, which now shows what came in: two closed months among it, for which a close's permission is asked as well."""
    return redirect(url_for("onboarding.show"), 303)


@pages.route("/operator/vendors/sample", methods=["GET", "POST"])
@requires("manage_vendors")
def new_vendor() -> ResponseReturnValue:
    """Make a vendor with its administrator and fill it with the sample."""
    filled = typed_into(VendorForm()) if request.method == "POST" else Filled({"name": "Sample Care Management"})
    if filled.given:
        filled, made = made_of(filled)
        if made is not None:
            context = TenantContext(made.vendor_id, signed_in().actor)
            after_commit(lambda: fill_for(context))
            return redirect(url_for("console.vendors"), 303)
    page = render_template("sample/new_vendor.html", filled=filled, timezones=connection().scalars(TIMEZONES).all())
    return page, 422 if filled.wrong else 200
