"""Signing in through a vendor's own identity provider: there with PKCE, back with a code, and into that vendor only."""

import hmac
from secrets import token_urlsafe
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.identity.accounts import account_of, note
from caretally.identity.ceremonies import begin_ceremony, take_ceremony
from caretally.identity.openid import authorization_address, discover, exchange, proves_factor
from caretally.identity.providers import (
    Known,
    Provider,
    ProviderRefused,
    account_known_as,
    give_mapped_role,
    provider_of,
    providers_of,
)
from caretally.identity.sessions import end_session, open_session, prove_session
from caretally.sign_in.passkey_pages import COOKIE
from caretally.sign_in.people import back_to, for_person, person, place, session_now
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.access import open_to_all
from caretally.web.cookies import keep_in_browser, kept_by_browser
from caretally.web.edge import edge
from caretally.web.form import EMPTY, Form, typed_into, written
from caretally.web.own_pages import page_of_ours

pages = Blueprint("organisation", __name__, template_folder="templates", url_prefix="/sign-in/organisation")
MINUTES = 10
UNKNOWN = {"email": "No organisation here looks after this address; sign in with your password instead."}


class OrganisationForm(Form):
    """The address whose organisation is asked."""

    email = written("Write your address at your organisation.", longest=320)
    next = fields.String(load_default="/")


@pages.route("", methods=["GET", "POST"])
@open_to_all("whoever signs in through their organisation begins here")
def begin() -> ResponseReturnValue:
    """Ask for the address, and send the browser to the provider that looks after it."""
    filled = typed_into(OrganisationForm()) if request.method == "POST" else EMPTY
    wanted = page_of_ours(request.values.get("next", "/"), otherwise="/")
    if filled.given:
        email = str(filled.given["email"])
        with edge().auth_pool.begin() as connection:
            found = providers_of(connection, email, secret=edge().secret)
        if found:
            return go_to(found[0], email=email.strip(), wanted=wanted)
        filled = filled.refused(**UNKNOWN)
    return render_template("sign_in/organisation.html", filled=filled, next=wanted), 422 if filled.wrong else 200


@pages.post("/again")
@for_person("who came through their organisation proves it there again", organisation=True)
def again() -> ResponseReturnValue:
    """Send who signed in through their organisation there again, before a step that counts."""
    now = person()
    if now.only_vendor_id is None:
        raise ProviderRefused("You did not sign in through an organisation; use your second factor.")
    with edge().auth_pool.begin() as connection:
        found = provider_of(connection, now.only_vendor_id, secret=edge().secret)
    if found is None:
        raise ProviderRefused("Your organisation's provider is not set here any more; ask its administrator.")
    return go_to(found, email=now.email, wanted=page_of_ours(request.form.get("next", "/"), otherwise="/"), again_for=str(now.id))


def go_to(provider: Provider, *, email: str, wanted: str, again_for: str = "") -> Response:
    """Send the browser to the provider with a state, a nonce and a PKCE challenge that its answer must fit."""
    state, nonce, verifier = token_urlsafe(24), token_urlsafe(24), token_urlsafe(48)
    endpoints = discover(provider, private=edge().private_providers)
    said = {
        "vendor": str(provider.vendor_id),
        "provider": str(provider.id),
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "next": wanted,
        "again": again_for,
    }
    with edge().auth_pool.begin() as connection:
        token = begin_ceremony(connection, "provider", said, secret=edge().secret, minutes=MINUTES)
    there = authorization_address(
        provider, endpoints, back=way_back(), state=state, nonce=nonce, verifier=verifier, email=email, again=bool(again_for)
    )
    # The policy of our pages lets no form lead to another site, not even by a redirect; this page goes on there by itself.
    answer = make_response(render_template("sign_in/go_to_provider.html", there=there, host=urlsplit(there).hostname))
    answer.headers["Refresh"] = f"0; url={there}"
    keep_in_browser(answer, COOKIE, token, seconds=MINUTES * 60)
    return answer


def way_back() -> str:
    """Return the address to which the provider sends the browser back."""
    return url_for("organisation.back", _external=True)


@pages.get("/back")
@open_to_all("the provider sends the browser back here, with a code that only it can have given")
def back() -> ResponseReturnValue:
    """Take the provider's answer: it must fit the state of this browser, once, within ten minutes."""
    with edge().auth_pool.begin() as connection:
        said = take_ceremony(connection, "provider", kept_by_browser(COOKIE), secret=edge().secret)
        vendor = None if said is None else said["vendor"]
        provider = None if vendor is None else provider_of(connection, vendor, secret=edge().secret)  # type: ignore[arg-type]
    if said is None or not hmac.compare_digest(request.args.get("state", "").encode(), said["state"].encode()):
        raise ProviderRefused("This answer belongs to no sign-in of this browser, or came too late; start again.")
    if provider is None or str(provider.id) != said["provider"]:
        raise ProviderRefused("Your organisation changed how it signs in meanwhile; start again.")
    if request.args.get("iss", provider.issuer) != provider.issuer or not request.args.get("code"):
        raise ProviderRefused("Your organisation did not sign you in; start again, or ask its administrator.")
    endpoints = discover(provider, private=edge().private_providers)
    known = exchange(
        provider,
        endpoints,
        code=request.args["code"],
        back=way_back(),
        verifier=said["verifier"],
        nonce=said["nonce"],
        private=edge().private_providers,
    )
    return proven_again(provider, known, said) if said["again"] else entered(provider, known, said)


def entered(provider: Provider, known: Known, said: dict[str, str]) -> ResponseReturnValue:
    """Open a session that enters this vendor only; without a second factor at the provider, ours is asked for."""
    full = proves_factor(provider, known)
    with edge().auth_pool.begin() as connection:
        account = account_known_as(connection, provider, known)
        if account.disabled:
            raise ProviderRefused("Your account here is disabled; ask an administrator.")
    context = TenantContext(provider.vendor_id, f"provider:{provider.id}")
    with tenant_transaction(edge().vendor_pool, context, secret=edge().secret) as connection:
        give_mapped_role(connection, provider, account, known.groups)
    with edge().auth_pool.begin() as connection:
        note(connection, account.id, "signed_in_through_organisation", place())
        token = open_session(connection, account.id, place(), full=full, only_vendor_id=provider.vendor_id)
    return back_to(url_for("sign_in.choose" if full else "sign_in.code", next=said["next"]), token)


def proven_again(provider: Provider, known: Known, said: dict[str, str]) -> ResponseReturnValue:
    """Note the fresh proof, when it is the same person of the same session."""
    now = session_now()
    with edge().auth_pool.begin() as connection:
        account = account_known_as(connection, provider, known)
        if now is None or str(now.id) != said["again"] or now.account_id != account.id or not proves_factor(provider, known):
            if now is not None:
                end_session(connection, account_id=now.account_id, session_id=now.id)
            refused = True
        else:
            note(connection, account_of(connection, account.id).id, "organisation_accepted", place())
            token, refused = prove_session(connection, now), False
    if refused:
        raise ProviderRefused("Your organisation did not prove that it is still you, so you are signed out; sign in again.")
    return back_to(said["next"], token)
