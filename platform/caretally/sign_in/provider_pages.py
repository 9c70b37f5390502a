"""The page where a vendor's administrator says by which identity provider its people sign in."""

from typing import Any, ClassVar

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from caretally.errors import CareTallyError
from caretally.identity.providers import MAPPED, Provider, end_provider, keep_provider, provider_of, read_domains, read_roles
from caretally.web.access import requires
from caretally.web.edge import connection, edge, signed_in
from caretally.web.form import Filled, Form, typed_into, written

pages = Blueprint("provider", __name__, template_folder="templates", url_prefix="/settings/sign-in")
LONGEST_SECRET = 500
LABELS = {
    "issuer": "Provider's address",
    "client": "Client id",
    "client_secret": "Client secret",
    "domains": "Domains",
    "group_claim": "Claim of the groups",
    "roles": "Roles of the groups",
}


class ProviderForm(Form):
    """What is kept of a provider; the secret is never sent back, and an empty one keeps the one there is."""

    secret: ClassVar[frozenset[str]] = frozenset({"client_secret"})
    issuer = written("Write the provider's address, as https://login.meridian.example.", longest=500)
    client = written("Write the client id that the provider gave you.", longest=200)
    client_secret = fields.String(
        load_default="", validate=validate.Length(max=LONGEST_SECRET, error=f"Write the secret in at most {LONGEST_SECRET} characters.")
    )
    domains = written("Write the domains of your people's addresses, as meridian.example.", longest=1000)
    group_claim = written("Write the name of the claim that holds the groups, mostly groups.", longest=100)
    roles = written("Write which role each group has, a line each, as “nurses = clinical_staff”.", longest=5000)
    proves_factor = fields.String(load_default="", validate=validate.OneOf(("", "yes")))


@pages.route("", methods=["GET", "POST"])
@requires("change_identity_provider")
def show() -> ResponseReturnValue:
    """Show the provider, and keep another or a changed one in its place; the log keeps that it changed and no secret."""
    now = provider_of(connection(), signed_in().vendor_id, secret=edge().secret)
    filled = typed_into(ProviderForm()) if request.method == "POST" else Filled(as_typed(now))
    if filled.given:
        wrong = kept(filled.given, now)
        if not wrong:
            return redirect(url_for("provider.show"), 303)
        filled = filled.refused(**wrong)
    page = render_template(
        "sign_in/provider.html", filled=filled, now=now, labels=LABELS, roles=MAPPED, back=url_for("organisation.back", _external=True)
    )
    return page, 422 if filled.wrong else 200


@pages.post("/end")
@requires("change_identity_provider")
def end() -> ResponseReturnValue:
    """Let nobody sign in through the provider any more; who is in stays until their session ends."""
    end_provider(connection())
    return redirect(url_for("provider.show"), 303)


def as_typed(now: Provider | None) -> dict[str, Any]:
    """Return the fields as they would have been typed, without the secret."""
    if now is None:
        return {"group_claim": "groups"}
    roles = "\n".join(" ".join((f"{group} = {given.role}", *given.clients)) for group, given in now.roles.items())
    known = {"issuer": now.issuer, "client": now.client, "domains": ", ".join(now.domains), "group_claim": now.group_claim, "roles": roles}
    return known | {"proves_factor": "yes" if now.proves_factor else ""}


def kept(given: Any, now: Provider | None) -> dict[str, str]:
    """Keep the provider and return nothing, or what is wrong by field."""
    secret_kept = given["client_secret"] or (now.secret if now and (now.issuer, now.client) == (given["issuer"], given["client"]) else "")
    if not secret_kept:
        return {"client_secret": "Write the client secret; one is kept for the same address and client id only."}
    values: dict[str, Any] = {}
    for name, read in (("domains", read_domains), ("roles", read_roles)):
        try:
            values[name] = read(given[name])
        except CareTallyError as error:
            return {name: error.message}
    try:
        keep_provider(
            connection(),
            issuer=given["issuer"].strip(),
            client=given["client"].strip(),
            client_secret=secret_kept,
            group_claim=given["group_claim"].strip(),
            proves_factor=given["proves_factor"] == "yes",
            secret=edge().secret,
            **values,
        )
    except CareTallyError as error:
        return {"issuer": error.message}
    return {}
