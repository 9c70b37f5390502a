"""Every route says who may open it; one that does not is refused when the application is made, and a test walks them all."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlencode

from flask import Flask, abort, make_response, redirect, request
from flask.typing import ResponseReturnValue

from caretally.errors import CareTallyError
from caretally.faults.log import logger, places
from caretally.web.edge import acts_after_commit, request_transaction, visitor
from caretally.web.own_pages import SIGN_IN, STEP_UP
from caretally.web.request_log import request_id_now
from caretally.web.sent_again import to_prove

P = ParamSpec("P")
Page = TypeVar("Page", bound=Callable[..., object])
DECLARED = "caretally_access"


@dataclass(frozen=True)
class Access:
    """Who may open a route: `permission` is the name needed, empty for anybody; `why` tells why a page asks for none; `also` is a second one needed.

    `person` tells that somebody must be signed in all the same, and meets nothing but what is their own.
    """

    permission: str = ""
    why: str = ""
    person: bool = False
    also: str = ""

    @property
    def needed(self) -> frozenset[str]:
        """The permissions that a visitor must hold."""
        return frozenset({self.permission, self.also} - {""})


class UndeclaredRoute(TypeError):
    """A route does not say who may open it: a defect of ours."""


def requires(
    permission: str, *, also: str = "", first: Callable[[], None] | None = None
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let a page be opened by visitors who hold `permission`, inside the request's one transaction.

    Others get 403; who is not signed in is sent to sign in and back, who needs a fresh second factor to give it and back.
    `also` is a second permission that the act takes, held and as fresh as the first.
    Whether a row exists is decided inside, by what the database shows. `first` is done before the transaction begins, for what takes long
    and needs no row, as reading a file.
    """
    access = Access(permission, also=also)

    def declared(page: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(page)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            who = visitor()
            if who is None:
                return sign_in_first()
            if not access.needed <= who.permissions:
                abort(403)
            if access.needed & who.must_step_up:
                return step_up_first()
            if first is not None:
                first()
            # The page is made whole inside the transaction, so that nothing is sent of what could not be committed.
            with request_transaction(who):
                made = make_response(page(*args, **kwargs))
            do_after_commit()
            return made

        setattr(guarded, DECLARED, access)
        return guarded

    return declared


def do_after_commit() -> None:
    """Do what the page asked for after its transaction. One that fails without a sentence of its own is logged and the page is sent all the same.

    What the page did is committed, so that an error page, which says that nothing was changed, would not be true.
    """
    for act in acts_after_commit():
        try:
            act()
        except CareTallyError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge: what was committed is told, what failed is in the log
            logger().error("after_commit_failed", request_id=request_id_now(), kind=type(error).__qualname__, places=places(error))


def open_to_all(why: str) -> Callable[[Page], Page]:
    """Let anybody open a page, for the reason given; it has no transaction and no tenant."""

    def declared(page: Page) -> Page:
        setattr(page, DECLARED, Access(why=why))
        return page

    return declared


def sign_in_first() -> ResponseReturnValue:
    """Send the visitor to the sign-in page and, after it, to what was asked for when that is a page to look at."""
    asked_for = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(f"{SIGN_IN}?{urlencode({'next': asked_for})}", 303)


def step_up_first() -> ResponseReturnValue:
    """Send the visitor to prove themself again and back: to the page asked for, or to the one that holds the form.

    A form in which something was typed is given back instead, to be sent again after that.
    """
    came_from = request.referrer or ""
    form = came_from.removeprefix(request.host_url.rstrip("/")) if came_from.startswith(request.host_url) else "/"
    asked_for = request.full_path.rstrip("?") if request.method == "GET" else form
    return to_prove(STEP_UP) or redirect(f"{STEP_UP}?{urlencode({'next': asked_for})}", 303)


def declared_access(app: Flask) -> dict[str, Access]:
    """Return who may open each endpoint. Raises `UndeclaredRoute` naming those that do not say."""
    found = {rule.endpoint: getattr(app.view_functions[rule.endpoint], DECLARED, None) for rule in app.url_map.iter_rules()}
    if silent := sorted(endpoint for endpoint, access in found.items() if access is None):
        raise UndeclaredRoute(f"These routes do not say who may open them: {', '.join(silent)}.")
    return {endpoint: access for endpoint, access in found.items() if access is not None}
