"""Who is signed in, by flask-login over sessions of the server, and the decorator of pages that a person has for themself."""

from collections.abc import Callable
from functools import cache, wraps
from ipaddress import ip_address, ip_network
from typing import ParamSpec, cast

from flask import Flask, Request, Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user

from caretally.errors import CareTallyError
from caretally.identity.accounts import Place
from caretally.identity.memberships import role_words
from caretally.identity.roles import BREAK_GLASS, MATRIX, REACH, STEP_UP, Reach, Role
from caretally.identity.sessions import Session, find_session
from caretally.web.access import DECLARED, Access, sign_in_first, step_up_first
from caretally.web.cookies import forget_in_browser, keep_in_browser, kept_by_browser
from caretally.web.edge import edge
from caretally.web.visitor import NO_VENDOR, Reading, Visitor

P = ParamSpec("P")
COOKIE = "caretally_session"
BROWSER_COOKIE = "caretally_browser"
BROWSER_DAYS = 180
# What a script says of a request that nobody pressed a button for.
POLLING = "X-Polling"
NAMES = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
CALLED = {"Edg": "Edge", "OPR": "Opera"}
SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux")


class ThroughOrganisation(CareTallyError):
    """A page of one's own account was opened in a session that a vendor's provider opened; the page's answer is 403."""

    code = "through_organisation"
    status = 403


class Person:
    """What flask-login keeps of a request's session: it is authenticated from the password on, but sees nothing before the second factor."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, session: Session) -> None:
        """Take the session that was found."""
        self.session = session

    def get_id(self) -> str:
        """Return the account's id."""
        return str(self.session.account_id)


def install_sign_in(app: Flask) -> None:
    """Let flask-login load the person of a request from our cookie; it keeps nothing in a cookie of its own."""
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)
    manager.request_loader(load_person)


def load_person(of: Request) -> Person | None:
    """Return the person whose session's token the request carries."""
    token = kept_by_browser(COOKIE, of)
    if not token:
        return None
    # One statement by itself, and at times a second one that need not hold with it: a transaction would cost each page two round trips.
    with edge().session_pool.connect() as connection:
        found = find_session(connection, token, polling=POLLING in of.headers)
    return Person(found) if found else None


def session_now() -> Session | None:
    """Return the session of this request, which may still lack its second factor; None when nobody signed in."""
    return current_user.session if current_user.is_authenticated else None


def find_visitor(_request: Request) -> Visitor | None:
    """Return the visitor that a full session is, in a membership or as an operator; None otherwise."""
    found = session_now()
    if found is None or not found.is_full:
        return None
    if found.operates:
        return operator_of(found)
    if found.role is None or found.vendor_id is None:
        return None
    role = Role(found.role)
    permissions, to_prove = held_by(role)
    return Visitor(
        actor=f"person:{found.account_id}",
        name=found.name,
        role=role_words(role),
        vendor_id=found.vendor_id,
        vendor_name=found.vendor_name or "",
        permissions=permissions,
        session_key=str(found.id),
        clients=None if REACH[role] is Reach.VENDOR else tuple(found.clients),
        must_step_up=frozenset() if found.is_fresh else to_prove,
        period=found.period,
    )


@cache
def held_by(role: Role) -> tuple[frozenset[str], frozenset[str]]:
    """Return what a role may do, and what of it asks for a fresh second factor."""
    permissions = frozenset(permission.value for permission in MATRIX[role])
    return permissions, permissions & {permission.value for permission in STEP_UP}


def operator_of(found: Session) -> Visitor:
    """Return the visitor that an operator is: at the installation's own pages, or reading a vendor's data while an access holds."""
    actor, reads = f"person:{found.account_id}", found.break_glass is not None and found.vendor_id is not None
    permissions = frozenset(permission.value for permission in (BREAK_GLASS if reads else MATRIX[Role.OPERATOR]))
    return Visitor(
        actor=f"{actor}:break-glass:{found.break_glass[0]}" if found.break_glass else actor,
        name=found.name,
        role="Operator, by break-glass" if reads else role_words(Role.OPERATOR),
        vendor_id=found.vendor_id if reads and found.vendor_id else NO_VENDOR,
        vendor_name=(found.vendor_name or "") if reads else "This installation",
        permissions=permissions,
        session_key=str(found.id),
        must_step_up=frozenset() if found.is_fresh else permissions & {permission.value for permission in STEP_UP},
        operates=not reads,
        reading=Reading(*found.break_glass) if found.break_glass else None,
    )


def for_person(
    why: str, *, fresh: bool = False, organisation: bool = False
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let a page be opened by whoever is signed in with both factors, for what is their own.

    `fresh` asks for the second factor anew; `organisation` lets in who came through a vendor's provider, who has no account of their own to look after.
    """

    def declared(page: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(page)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            found = session_now()
            if found is None or not found.is_full:
                return sign_in_first()
            if found.only_vendor_id is not None and not organisation:
                raise ThroughOrganisation("You signed in through your organisation; password, factors and sessions are looked after there.")
            if fresh and not found.is_fresh:
                return step_up_first()
            return page(*args, **kwargs)

        setattr(guarded, DECLARED, Access(why=why, person=True))
        return guarded

    return declared


def person() -> Session:
    """Return the session on a page that declared `for_person`."""
    found = session_now()
    assert found is not None
    return found


def place() -> Place:
    """Return where the request came from, as it is kept: a network and a browser in a few words."""
    return Place(network_of(request.remote_addr or ""), browser_of(request.user_agent.string))


def network_of(address: str) -> str:
    """Return the network of an address: /24 of IPv4, /48 of IPv6."""
    try:
        known = ip_address(address)
    except ValueError:
        return "unknown network"
    return str(ip_network(f"{known}/{24 if known.version == 4 else 48}", strict=False))


def browser_of(said: str) -> str:
    """Return what a browser says of itself in a few words, as `Firefox on Windows`; nothing it says is kept as it came."""
    name = next((known for known in NAMES if known in said), "")
    system = next((known for known in SYSTEMS if known in said), "")
    return f"{CALLED.get(name, name) or 'Another browser'} on {system or 'another system'}"


def keep_token(response: Response, token: str) -> Response:
    """Give the browser its session's token; the cookie ends with the browser, the session on the server before it."""
    keep_in_browser(response, COOKIE, token)
    return response


def keep_browser(response: Response, kept: str) -> Response:
    """Let the browser show later that it is known to an account."""
    keep_in_browser(response, BROWSER_COOKIE, kept, seconds=BROWSER_DAYS * 24 * 60 * 60)
    return response


def forget_token(response: Response) -> Response:
    """Take the session's token from the browser."""
    forget_in_browser(response, COOKIE)
    return response


def back_to(address: str, token: str) -> Response:
    """Send the browser on with a new token."""
    return keep_token(cast("Response", redirect(address, 303)), token)
