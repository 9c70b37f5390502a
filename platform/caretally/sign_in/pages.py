"""The pages of signing in: password, second factor, first authenticator, the choice of where to work, proving oneself again, signing out."""

from typing import ClassVar, cast
from uuid import UUID

import segno
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from marshmallow import fields

from caretally.audit.chain import append_event
from caretally.identity.accounts import note
from caretally.identity.codes import enrolment_address
from caretally.identity.factors import confirm_authenticator, factors_of, start_authenticator
from caretally.identity.memberships import memberships_of, role_words
from caretally.identity.roles import REACH, Reach, Role
from caretally.identity.sessions import Session, end_sessions, enter_membership, operate, prove_session
from caretally.sign_in.people import (
    BROWSER_COOKIE,
    back_to,
    for_person,
    forget_token,
    keep_browser,
    keep_token,
    person,
    place,
    session_now,
)
from caretally.sign_in.prove import Proof, leave, prove_code, prove_password
from caretally.sign_in.tell import tell
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.access import open_to_all
from caretally.web.cookies import kept_by_browser
from caretally.web.edge import edge
from caretally.web.form import EMPTY, Filled, Form, typed_into, written
from caretally.web.own_pages import page_of_ours

NOT_TOGETHER = {"password": "Address and password do not belong together. Check both, or have a link mailed to you."}
pages = Blueprint("sign_in", __name__, template_folder="templates")


class SignInForm(Form):
    """The address and the password; `next` is where to go afterwards."""

    secret: ClassVar[frozenset[str]] = frozenset({"password"})
    email = written("Write your email address.", longest=320)
    password = written("Write your password.", longest=2000)
    next = fields.String(load_default="/")


class CodeForm(Form):
    """A code of the authenticator, or a recovery code."""

    secret: ClassVar[frozenset[str]] = frozenset({"code"})
    code = written("Write the code.", longest=100)
    next = fields.String(load_default="/")


class ChoiceForm(Form):
    """The membership to work in."""

    vendor_id = fields.UUID(required=True)
    membership_id = fields.UUID(required=True)
    next = fields.String(load_default="/")


def wanted() -> str:
    """Return the page of ours to go to afterwards."""
    return page_of_ours(request.values.get("next", "/"), otherwise="/")


@pages.route("/sign-in", methods=["GET", "POST"])
@open_to_all("whoever is not signed in does it here")
def sign_in() -> ResponseReturnValue:
    """Ask for address and password; the answer to a wrong password and to an unknown address is the same."""
    now = session_now()
    if now is not None and request.method == "GET":
        return redirect(url_for("sign_in.choose" if now.is_full else "sign_in.code", next=wanted()), 303)
    filled = typed_into(SignInForm()) if request.method == "POST" else EMPTY
    if filled.given:
        kept = kept_by_browser(BROWSER_COOKIE)
        given = {name: str(filled.given[name]) for name in ("email", "password")}
        proof = prove_password(edge().auth_pool, edge().secret, place=place(), kept=kept, **given)
        if proof is not None:
            return back_to(url_for("sign_in.code", next=wanted()), proof.token)
        filled = filled.refused(**NOT_TOGETHER)
    return render_template("sign_in/sign_in.html", filled=filled, next=wanted()), 422 if filled.wrong else 200


@pages.route("/sign-in/code", methods=["GET", "POST"])
@open_to_all("whoever gave their password gives the second factor here")
def code() -> ResponseReturnValue:
    """Ask for the second factor; who has none yet is sent to make one."""
    now = session_now()
    if now is None or now.is_full:
        return redirect(url_for("sign_in.sign_in" if now is None else "sign_in.choose", next=wanted()), 303)
    with edge().auth_pool.begin() as connection:
        factors = factors_of(connection, now.account_id)
    if not factors.any:
        return redirect(url_for("sign_in.authenticator", next=wanted()), 303)
    filled, proof = proven(now)
    if proof is None:
        return render_template("sign_in/code.html", filled=filled, factors=factors, next=wanted()), 422 if filled.wrong else 200
    return with_proof(back_to(url_for("sign_in.choose", next=wanted()), proof.token), proof)


@pages.route("/step-up", methods=["GET", "POST"])
@for_person("who is signed in proves it again before a step that counts", organisation=True)
def step_up() -> ResponseReturnValue:
    """Ask for the second factor again, before closing, exporting or another step that counts."""
    filled, proof = proven(person())
    if proof is None:
        return render_template("sign_in/step_up.html", filled=filled, next=wanted(), now=person()), 422 if filled.wrong else 200
    return with_proof(back_to(wanted(), proof.token), proof)


def proven(session: Session) -> tuple[Filled, Proof | None]:
    """Return the form as it was typed, and the proof when the code in it was accepted."""
    filled = typed_into(CodeForm()) if request.method == "POST" else EMPTY
    if not filled.given:
        return filled, None
    typed, kept = str(filled.given["code"]), kept_by_browser(BROWSER_COOKIE)
    proof = prove_code(edge().auth_pool, edge().secret, session, typed=typed, place=place(), kept=kept)
    if proof is not None and proof.used_up:
        tell(session, "recovery_code_used")
    refusal = "This code is not good: wait for the next one in your authenticator, or use a recovery code that was never used."
    return (filled, proof) if proof else (filled.refused(code=refusal), None)


def with_proof(response: Response, proof: Proof) -> Response:
    """Let the browser keep what it is known by, when that is new."""
    return keep_browser(response, proof.browser) if proof.browser else response


@pages.route("/sign-in/authenticator", methods=["GET", "POST"])
@open_to_all("whoever gave their password and has no second factor yet makes one here")
def authenticator() -> ResponseReturnValue:
    """Set up the first authenticator; one that exists is asked for, and replaced on the page of the account only."""
    now = session_now()
    if now is None:
        return redirect(url_for("sign_in.sign_in", next=wanted()), 303)
    with edge().auth_pool.begin() as connection:
        factors = factors_of(connection, now.account_id)
    if factors.any:
        return redirect(url_for("sign_in.choose" if now.is_full else "sign_in.code", next=wanted()), 303)
    return set_up_authenticator(now, then=wanted())[0]


def set_up_authenticator(now: Session, *, then: str) -> tuple[ResponseReturnValue, bool]:
    """Show the QR code of a new authenticator and confirm it by a code; the recovery codes are shown once, then. Tell whether it was confirmed."""
    filled = typed_into(CodeForm()) if request.method == "POST" else EMPTY
    with edge().auth_pool.begin() as connection:
        typed = str(filled.given.get("code", ""))
        codes = confirm_authenticator(connection, now.account_id, typed, secret=edge().secret) if typed else None
        if codes:
            token = prove_session(connection, now)
            end_sessions(connection, now.account_id, kept=now.id)
            note(connection, now.account_id, "authenticator_set_up", place())
            return keep_token(make_response(render_template("sign_in/recovery_codes.html", codes=codes, next=then)), token), True
        waiting = start_authenticator(connection, now.account_id, secret=edge().secret)
    if typed:
        filled = filled.refused(
            code="This is not the code that belongs to the picture: wait for the next one and check your device's clock."
        )
    shown = {"filled": filled, "next": then, "picture": qr_code(waiting, now.email), "secret": grouped(waiting)}
    return make_response(render_template("sign_in/authenticator.html", **shown), 422 if filled.wrong else 200), False


def qr_code(secret: str, email: str) -> Markup:
    """Return the picture that an authenticator takes the secret from, as an image in the address itself."""
    picture = segno.make(enrolment_address(secret, email=email), error="m")
    source = picture.svg_data_uri(scale=5, border=4, light="#fff")
    return Markup('<img class="qr" alt="QR code for your authenticator; the secret stands below as text" src="{}">').format(source)


def grouped(secret: str) -> str:
    """Return the secret in groups of four, to be typed."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


@pages.route("/choose", methods=["GET", "POST"])
@for_person("who is signed in chooses where to work", organisation=True)
def choose() -> ResponseReturnValue:
    """Let a person choose the vendor or practice to work for; who has one only is in it at once."""
    now = person()
    with edge().auth_pool.begin() as connection:
        open_to = memberships_of(connection, now.account_id, only_vendor_id=now.only_vendor_id)
    if request.method == "POST":
        given = typed_into(ChoiceForm()).given
        if not given:
            abort(404)
        return enter(now, given["vendor_id"], given["membership_id"])
    at_work = now.membership_id is not None or now.operates
    if len(open_to) == 1 and not at_work and not now.is_operator:
        return enter(now, open_to[0].vendor_id, open_to[0].membership_id)
    if at_work and wanted() != "/":
        return redirect(wanted(), 303)
    return render_template("sign_in/choose.html", open_to=open_to, now=now, next=wanted(), role_words=role_words)


def enter(now: Session, vendor_id: UUID, membership_id: UUID) -> ResponseReturnValue:
    """Enter a membership of the person's own; one that is not answers as one that does not exist. The vendor's audit log keeps it."""
    with edge().auth_pool.begin() as connection:
        mine = memberships_of(connection, now.account_id, only_vendor_id=now.only_vendor_id)
        found = next((one for one in mine if (one.vendor_id, one.membership_id) == (vendor_id, membership_id)), None)
        token = enter_membership(connection, now, vendor_id=vendor_id, membership_id=membership_id) if found else None
        note(connection, now.account_id, "entered" if token else "entry_refused", place())
    if token is None or found is None:
        abort(404)
    note_entry(now, found.role, vendor_id, membership_id)
    return back_to(wanted(), token)


@pages.post("/choose/operate")
@for_person("an operator chooses the installation's own pages", organisation=True)
def operate_here() -> ResponseReturnValue:
    """Let an operator work at the installation's pages; anybody else's answer is that of a page that does not exist."""
    now = person()
    with edge().auth_pool.begin() as connection:
        token = operate(connection, now)
        note(connection, now.account_id, "entered_as_operator" if token else "entry_refused", place())
    if token is None:
        abort(404)
    return back_to(wanted(), token)


def note_entry(now: Session, role: str, vendor_id: UUID, membership_id: UUID) -> None:
    """Add to the vendor's audit log that a person came in to work."""
    of_vendor = REACH[Role(role)] is Reach.VENDOR
    pool = edge().vendor_pool if of_vendor else edge().practice_pool
    context = TenantContext(vendor_id, f"person:{now.account_id}", None if of_vendor else ())
    with tenant_transaction(pool, context, secret=edge().secret) as connection:
        append_event(connection, action="session.entered", detail={"membership": membership_id, "role": role, "session": now.id})


@pages.post("/sign-out")
@open_to_all("signing out is for everybody, signed in or not")
def sign_out() -> ResponseReturnValue:
    """End the session and forget its token."""
    now = session_now()
    if now is not None:
        leave(edge().auth_pool, now, place())
    answer = forget_token(cast("Response", redirect(url_for("sign_in.sign_in"), 303)))
    # The browser stays known to the account by its cookie; what it kept of pages goes (OWASP ASVS 5.0, 14.3.1).
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer
