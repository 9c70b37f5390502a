"""The pages of passkeys: signing in with one, proving oneself again, adding and removing one's own. The browser's part is `passkey.js`."""

from ipaddress import ip_address
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.errors import CareTallyError
from caretally.identity.accounts import note
from caretally.identity.factors import factors_of
from caretally.identity.passkeys import Asked, Site, ask_for_known, ask_for_new, check_known, keep_new, passkeys_of, remove_passkey
from caretally.identity.sessions import end_sessions, open_session, prove_session
from caretally.identity.throttle import known_browser
from caretally.sign_in.people import back_to, for_person, keep_browser, person, place, session_now
from caretally.sign_in.tell import tell
from caretally.web.access import open_to_all
from caretally.web.cookies import keep_in_browser, kept_by_browser
from caretally.web.edge import edge
from caretally.web.form import EMPTY, Form, typed_into, written
from caretally.web.own_pages import page_of_ours

pages = Blueprint("passkeys", __name__, template_folder="templates")
COOKIE = "caretally_ceremony"
SECONDS = 5 * 60
NOT_TAKEN = (
    "This passkey was not taken: it is not known here, took too long, or was made for another address. Try again, or use your password."
)


class PasskeyRefused(CareTallyError):
    """A passkey's answer is not good; the page's answer is 403."""

    code = "passkey_refused"
    status = 403


class AnswerForm(Form):
    """What the browser's own interface answered, as JSON."""

    secret: ClassVar[frozenset[str]] = frozenset({"answer"})
    answer = written("The browser gave no answer.", longest=20_000)
    next = fields.String(load_default="/")


class NewForm(AnswerForm):
    """The answer, and what the person calls the device."""

    label = written("Name the device in up to 60 characters, as “work laptop”.", longest=60)


class AskForm(Form):
    """Nothing but the token of the form."""


def site() -> Site:
    """Return the site as the browser sees it; passkeys cannot be made for an address in numbers."""
    return Site(urlsplit(request.host_url).hostname or "", request.host_url.rstrip("/"))


def can_have_passkeys() -> bool:
    """Tell whether this site has a name, which a passkey needs."""
    try:
        ip_address(site().name)
    except ValueError:
        return True
    return False


def asked(what: Asked) -> Response:
    """Return the browser's question as JSON, with the token of its answer in a cookie."""
    answer = Response(what.options, mimetype="application/json")
    keep_in_browser(answer, COOKIE, what.token, same_site="Strict", seconds=SECONDS)
    return answer


@pages.post("/sign-in/passkey/ask")
@open_to_all("whoever signs in with a passkey is asked for it here")
def ask() -> ResponseReturnValue:
    """Ask for a passkey of this site."""
    typed_into(AskForm())
    with edge().auth_pool.begin() as connection:
        return asked(ask_for_known(connection, site(), secret=edge().secret))


@pages.post("/sign-in/passkey")
@open_to_all("a passkey proves whose it is")
def enter() -> ResponseReturnValue:
    """Sign in with a passkey; who is signed in already proves it again, with a passkey of their own only."""
    given, token = typed_into(AnswerForm()).given, kept_by_browser(COOKIE)
    wanted = page_of_ours(str(given.get("next", "/")), otherwise="/")
    now = session_now()
    with edge().auth_pool.begin() as connection:
        account_id = check_known(connection, site(), answer=str(given.get("answer", "")), token=token, secret=edge().secret)
        if account_id is not None and now is not None and now.is_full and now.account_id == account_id:
            note(connection, account_id, "passkey_accepted", place())
            return back_to(wanted, prove_session(connection, now))
        if account_id is None or (now is not None and now.account_id != account_id):
            note(connection, now.account_id if now else None, "passkey_refused", place())
        else:
            note(connection, account_id, "signed_in_passkey_accepted", place())
            opened = open_session(connection, account_id, place(), full=True)
            return keep_browser(back_to(url_for("sign_in.choose", next=wanted), opened), known_browser(edge().secret, account_id))
    raise PasskeyRefused(NOT_TAKEN)


@pages.post("/profile/passkeys/ask")
@for_person("one's own new passkey", fresh=True)
def ask_new() -> ResponseReturnValue:
    """Ask for a new passkey of the person's account."""
    typed_into(AskForm())
    now = person()
    with edge().auth_pool.begin() as connection:
        return asked(ask_for_new(connection, site(), account_id=now.account_id, email=now.email, name=now.name, secret=edge().secret))


@pages.route("/profile/passkeys", methods=["GET", "POST"])
@for_person("one's own passkeys", fresh=True)
def own() -> ResponseReturnValue:
    """List one's own passkeys and add another; a mail says so."""
    filled = typed_into(NewForm()) if request.method == "POST" else EMPTY
    now = person()
    if filled.given:
        label, answer = str(filled.given["label"]).strip(), str(filled.given["answer"])
        with edge().auth_pool.begin() as connection:
            token = kept_by_browser(COOKIE)
            kept = keep_new(connection, site(), account_id=now.account_id, answer=answer, token=token, label=label, secret=edge().secret)
            note(connection, now.account_id, "passkey_added" if kept else "passkey_refused", place())
        if not kept:
            raise PasskeyRefused(NOT_TAKEN)
        tell(person(), "passkey_added")
        return redirect(url_for("passkeys.own"), 303)
    with edge().auth_pool.begin() as connection:
        found = passkeys_of(connection, now.account_id)
    page = render_template("sign_in/passkeys.html", filled=filled, found=found, possible=can_have_passkeys())
    return make_response(page, 422 if filled.wrong else 200)


@pages.post("/profile/passkeys/<uuid:passkey_id>/remove")
@for_person("one's own passkeys", fresh=True)
def remove(passkey_id: UUID) -> ResponseReturnValue:
    """Remove one of one's own passkeys and end the other sessions; the last second factor stays."""
    now = person()
    with edge().auth_pool.begin() as connection:
        factors = factors_of(connection, now.account_id)
        if not factors.authenticator and factors.passkeys <= 1:
            raise PasskeyRefused("This is your only second factor; set up an authenticator or another passkey first.")
        removed = remove_passkey(connection, now.account_id, passkey_id)
        if removed:
            end_sessions(connection, now.account_id, kept=now.id)
        note(connection, now.account_id, "passkey_removed" if removed else "passkey_unknown", place())
    if not removed:
        abort(404)
    tell(person(), "passkey_removed")
    return redirect(url_for("passkeys.own"), 303)
