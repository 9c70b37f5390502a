"""The pages of mailed links: a forgotten password, an invitation, and the password that a link sets."""

from threading import Thread
from typing import ClassVar

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine

from caretally.errors import CareTallyError
from caretally.faults.log import logger
from caretally.identity.accounts import Place, find_account, note, set_password
from caretally.identity.links import Link, find_link, make_link, use_link
from caretally.identity.passwords import PasswordRefused, check_new_password, password_hash
from caretally.identity.sessions import end_sessions, open_session
from caretally.identity.throttle import Attempt, count_failure, refuse_too_many
from caretally.mail.message import Mail
from caretally.sign_in.notices import link_mail
from caretally.sign_in.people import back_to, place
from caretally.web.access import open_to_all
from caretally.web.edge import Post, edge
from caretally.web.form import EMPTY, Form, typed_into, written

pages = Blueprint("links", __name__, template_folder="templates")


class ForgottenForm(Form):
    """The address to send a link to."""

    email = written("Write your email address.", longest=320)


class PasswordForm(Form):
    """The new password, once: a password can be shown instead of typed twice."""

    secret: ClassVar[frozenset[str]] = frozenset({"password"})
    password = written("Write a password.", longest=2000)


class LinkEnded(CareTallyError):
    """A mailed link was used, has ended, or never was; the page's answer is 404."""

    code = "link_ended"
    status = 404


@pages.route("/forgotten", methods=["GET", "POST"])
@open_to_all("whoever forgot their password asks for a link here")
def forgotten() -> ResponseReturnValue:
    """Mail a link to the address when it has an account; the page says the same, and as soon, when it has none."""
    filled = typed_into(ForgottenForm()) if request.method == "POST" else EMPTY
    if not filled.given:
        return render_template("sign_in/forgotten.html", filled=filled), 422 if filled.wrong else 200
    ask_for_link(edge().auth_pool, edge().secret, str(filled.given["email"]).strip().lower(), place())
    return render_template("sign_in/sent.html", email=filled.given["email"])


def ask_for_link(pool: Engine, secret: bytes, email: str, asked_from: Place) -> None:
    """Make a link and mail it beside the request, so that its time tells nothing; more than five an hour are refused."""
    attempt = Attempt.of(secret, mail=f"{email}|{asked_from.network}")
    with pool.begin() as connection:
        refuse_too_many(connection, attempt, instead="look for the mails that were sent")
        count_failure(connection, attempt)
        account = find_account(connection, email)
        token = make_link(connection, account.id, purpose="reset") if account and not account.disabled else ""
        note(connection, account.id if account else None, "link_asked_for", asked_from)
    if token:
        mail = link_mail(email, purpose="reset", address=url_for("links.set_password_by", token=token, _external=True))
        Thread(target=posted, args=(edge().post, mail), name="mail of a link").start()


def posted(post: Post, mail: Mail) -> None:
    """Send a mail that nobody waits for; the log gets the kind of failure and no address."""
    try:
        post(mail)
    except CareTallyError as error:
        logger().error("mail_not_sent", kind=error.code)


@pages.route("/link/<token>", methods=["GET", "POST"])
@open_to_all("a mailed link proves who opens it")
def set_password_by(token: str) -> ResponseReturnValue:
    """Set the password of the account that the link was mailed to, and go on to the second factor."""
    with edge().auth_pool.begin() as connection:
        link = find_link(connection, token)
    if link is None:
        raise LinkEnded("This link was used or has ended; ask for a new one on the page of the sign-in, or ask whoever invited you.")
    filled = typed_into(PasswordForm()) if request.method == "POST" else EMPTY
    if filled.given:
        try:
            return keep_password(link, token, str(filled.given["password"]))
        except PasswordRefused as error:
            filled = filled.refused(password=error.message)
    return render_template("sign_in/set_password.html", filled=filled, link=link), 422 if filled.wrong else 200


def keep_password(link: Link, token: str, password: str) -> ResponseReturnValue:
    """Keep the password, use the link up, end every other session and open one that waits for the second factor."""
    check_new_password(password, email=link.email)
    kept = password_hash(password)
    with edge().auth_pool.begin() as connection:
        if not use_link(connection, token):
            raise LinkEnded("This link was used a moment ago; sign in with the password that was set then.")
        set_password(connection, link.account_id, kept)
        end_sessions(connection, link.account_id)
        note(connection, link.account_id, "password_set_by_link", place())
        session = open_session(connection, link.account_id, place(), full=False)
    return back_to(url_for("sign_in.code"), session)
