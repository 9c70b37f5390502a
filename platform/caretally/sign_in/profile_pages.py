"""The pages of one's own account: name and factors, password, recovery codes, sessions and what happened."""

from typing import ClassVar
from uuid import UUID

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from caretally.identity.accounts import account_of, events_of, note, set_password
from caretally.identity.factors import factors_of, renew_recovery_codes
from caretally.identity.passwords import PasswordRefused, check_new_password, password_fits, password_hash
from caretally.identity.sessions import end_session, end_sessions, sessions_of
from caretally.sign_in.pages import set_up_authenticator
from caretally.sign_in.people import for_person, person, place
from caretally.sign_in.tell import tell
from caretally.web.edge import edge
from caretally.web.form import EMPTY, Filled, Form, typed_into, written
from caretally.web.own_pages import page_of_ours
from caretally.web.shortcuts import want_keys

NOT_YOURS = {"password": "This is not your password of now."}
pages = Blueprint("profile", __name__, template_folder="templates", url_prefix="/profile")


class ChangeForm(Form):
    """The password now, and the new one."""

    secret: ClassVar[frozenset[str]] = frozenset({"password", "new_password"})
    password = written("Write the password of now.", longest=2000)
    new_password = written("Write the new password.", longest=2000)


@pages.get("")
@for_person("one's own account")
def show() -> ResponseReturnValue:
    """Show the account, its factors, its open sessions and what happened to it."""
    now = person()
    with edge().auth_pool.begin() as connection:
        factors = factors_of(connection, now.account_id)
        sessions, events = sessions_of(connection, now.account_id), events_of(connection, now.account_id)
    return render_template("sign_in/profile.html", now=now, factors=factors, sessions=sessions, events=events)


@pages.route("/password", methods=["GET", "POST"])
@for_person("one's own password", fresh=True)
def password() -> ResponseReturnValue:
    """Change the password; every other session of the account ends and a mail says so."""
    filled = typed_into(ChangeForm()) if request.method == "POST" else EMPTY
    if filled.given:
        typed, new = str(filled.given["password"]), str(filled.given["new_password"])
        filled = refused_change(filled, typed, new)
        if not filled.wrong:
            keep_password(new)
            return redirect(url_for("profile.show"), 303)
    return render_template("sign_in/password.html", filled=filled, email=person().email), 422 if filled.wrong else 200


def refused_change(filled: Filled, typed: str, new: str) -> Filled:
    """Return the form with what is wrong with the old or the new password."""
    now = person()
    with edge().auth_pool.begin() as connection:
        kept = account_of(connection, now.account_id).password_hash
    if not password_fits(kept, typed):
        filled = filled.refused(**NOT_YOURS)
    try:
        check_new_password(new, email=now.email)
    except PasswordRefused as error:
        filled = filled.refused(new_password=error.message)
    return filled


def keep_password(new: str) -> None:
    """Keep the new password, end the other sessions and mail that it changed."""
    now, kept = person(), password_hash(new)
    with edge().auth_pool.begin() as connection:
        set_password(connection, now.account_id, kept)
        end_sessions(connection, now.account_id, kept=now.id)
        note(connection, now.account_id, "password_changed", place())
    tell(person(), "password_changed")


@pages.route("/recovery-codes", methods=["GET", "POST"])
@for_person("one's own recovery codes", fresh=True)
def recovery_codes() -> ResponseReturnValue:
    """Make ten new recovery codes in place of the old ones, and show them once."""
    if request.method == "GET":
        return render_template("sign_in/renew_codes.html")
    with edge().auth_pool.begin() as connection:
        codes = renew_recovery_codes(connection, person().account_id)
        note(connection, person().account_id, "recovery_codes_renewed", place())
    tell(person(), "recovery_codes_renewed")
    return render_template("sign_in/recovery_codes.html", codes=codes, next=url_for("profile.show"))


@pages.route("/authenticator", methods=["GET", "POST"])
@for_person("one's own authenticator", fresh=True)
def authenticator() -> ResponseReturnValue:
    """Set up another authenticator; the one of now holds until a code of the new one is given. Then every other session ends and a mail says so."""
    page, confirmed = set_up_authenticator(person(), then=url_for("profile.show"))
    if confirmed:
        tell(person(), "authenticator_changed")
    return page


@pages.post("/sessions/<uuid:session_id>/end")
@for_person("one's own sessions")
def end_one(session_id: UUID) -> ResponseReturnValue:
    """End one of one's own sessions; another person's answers as one that does not exist."""
    with edge().auth_pool.begin() as connection:
        ended = end_session(connection, account_id=person().account_id, session_id=session_id)
        note(connection, person().account_id, "session_ended" if ended else "session_unknown", place())
    if not ended:
        abort(404)
    return redirect(url_for("profile.show"), 303)


@pages.post("/sessions/end-others")
@for_person("one's own sessions")
def end_others() -> ResponseReturnValue:
    """End every session of one's own but this one."""
    with edge().auth_pool.begin() as connection:
        end_sessions(connection, person().account_id, kept=person().id)
        note(connection, person().account_id, "other_sessions_ended", place())
    return redirect(url_for("profile.show"), 303)


@pages.post("/keys")
@for_person("the keys of one's own browser", organisation=True)
def keys() -> ResponseReturnValue:
    """Turn the keys of this browser on or off and go back to the page where that was asked for."""
    came_from = (request.referrer or "").removeprefix(request.host_url.rstrip("/"))
    answer = make_response(redirect(page_of_ours(came_from, otherwise="/help/keys"), 303))
    want_keys(answer, wanted=request.form.get("keys") == "on")
    return answer
