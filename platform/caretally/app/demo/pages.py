"""The sign-in of the demo: one button a person, no password; registered in demo mode only, and for requests from this machine only."""

from ipaddress import ip_address

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from caretally.app.demo.personas import DOMAIN, personas
from caretally.identity.accounts import find_account, note
from caretally.identity.memberships import role_words
from caretally.identity.sessions import open_session
from caretally.sign_in.people import back_to, place
from caretally.web.access import open_to_all
from caretally.web.edge import edge
from caretally.web.own_pages import page_of_ours

pages = Blueprint("demo", __name__, template_folder="templates", url_prefix="/demo")


@pages.get("/sign-in")
@open_to_all("the demo's people have no password; only this machine opens them")
def choose() -> ResponseReturnValue:
    """Show the demo's people; `as` names the one to put first."""
    require_this_machine()
    wanted = request.args.get("as", "")
    people = sorted(personas(), key=lambda one: one.key != wanted)
    return render_template("demo/sign_in.html", people=people, wanted=wanted, role_words=role_words)


@pages.post("/sign-in/<key>")
@open_to_all("the demo's people have no password; only this machine opens them")
def enter(key: str) -> ResponseReturnValue:
    """Sign in as one of the demo's people."""
    require_this_machine()
    with edge().auth_pool.begin() as connection:
        account = find_account(connection, f"{key[:100].lower()}@{DOMAIN}")
        if account is None or account.password_hash is not None or account.disabled:
            abort(404)
        token = open_session(connection, account.id, place(), full=True)
        note(connection, account.id, "signed_in_to_demo", place())
    onwards = page_of_ours(request.form.get("next", ""), otherwise="")
    return back_to(url_for("sign_in.choose", next=onwards or None), token)


def require_this_machine() -> None:
    """Answer requests from anywhere else as a page that does not exist."""
    try:
        near = ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        near = False
    if not near:
        abort(404)
