"""Forms that only this site can send: a token bound to the browser and the session, and the request's own origin (OWASP ASVS 5.0, 3.5)."""

import hashlib
import hmac
import secrets
from typing import cast

from flask import Flask, Response, g, request
from markupsafe import Markup

from caretally.errors import CareTallyError
from caretally.web.cookies import keep_in_browser, kept_by_browser
from caretally.web.edge import edge, visitor

FIELD = "form_token"
COOKIE = "caretally_form"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NONCE_LENGTH = 43


class ForeignForm(CareTallyError):
    """The request was not sent by a form of ours that is still good. The page's answer is 403."""

    code = "foreign_form"
    status = 403


class StaleForm(ForeignForm):
    """The request comes from a page of ours whose token ended with its session: what was typed can be sent again."""

    code = "stale_form"


def install_own_forms(app: Flask) -> None:
    """Check every unsafe request before its page runs, and offer `form_token()` to the templates."""
    app.before_request(refuse_foreign)
    app.after_request(keep_nonce)
    app.jinja_env.globals["form_token"] = form_token_field


def refuse_foreign() -> None:
    """Raise `ForeignForm` for an unsafe method unless origin and token are ours, `StaleForm` when only the token is not."""
    if request.method in SAFE:
        return
    if not from_here():
        raise ForeignForm("This form was sent from another site, so nothing was changed; open the page here and send it again.")
    if not hmac.compare_digest(request.form.get(FIELD, "").encode(), form_token(nonce()).encode()):
        raise StaleForm("This form is no longer good, so nothing was changed; go back, load the page again and send it once more.")


def from_here() -> bool:
    """Tell whether the browser says that the request comes from this very origin; silence is a no."""
    said = request.headers.get("Origin")
    # Without an origin the address of the page that sent it will do; the host's own address ends with a slash, so no longer name begins with it.
    return said == request.host_url.rstrip("/") if said is not None else request.headers.get("Referer", "").startswith(request.host_url)


def nonce() -> str:
    """Return the browser's random text, made now when it has none; a cookie of another length is none of ours."""
    if "form_nonce" not in g:
        kept = kept_by_browser(COOKIE)
        g.form_nonce = kept if len(kept) == NONCE_LENGTH else secrets.token_urlsafe(32)
    return str(g.form_nonce)


def form_token(of_browser: str) -> str:
    """Return the token for this browser and this session: it ends with either."""
    who = visitor()
    bound = f"form 1|{of_browser}|{who.session_key if who else ''}"
    return hmac.new(edge().secret, bound.encode(), hashlib.sha256).hexdigest()


def form_token_field() -> Markup:
    """Return the hidden field that every form of the page carries."""
    if "form_field" not in g:
        g.form_field = Markup(f'<input type="hidden" name="{FIELD}" value="{form_token(nonce())}">')  # noqa: S704 - hexadecimal digits
    return cast("Markup", g.form_field)


def keep_nonce(response: Response) -> Response:
    """Give the browser its nonce when a form was made for it."""
    if "form_nonce" in g and kept_by_browser(COOKIE) != g.form_nonce:
        keep_in_browser(response, COOKIE, g.form_nonce)
    return response
