"""Cookies that go back to this very host alone and that no script reads (OWASP ASVS 5.0, 3.3)."""

from flask import Request, Response, request

# A browser takes a cookie of this name only with Secure, for the path / and without a domain (RFC 6265bis, 4.1.3.2): no sister host can plant one.
PREFIX = "__Host-"


def name_of(cookie: str, of: Request) -> str:
    """Return the cookie's name: with the prefix wherever the connection is encrypted; on loopback without TLS browsers would not take it."""
    return f"{PREFIX}{cookie}" if of.is_secure else cookie


def kept_by_browser(cookie: str, of: Request | None = None) -> str:
    """Return what the browser keeps in a cookie, empty when it has none."""
    asked = request if of is None else of
    return asked.cookies.get(name_of(cookie, asked), "")


def keep_in_browser(response: Response, cookie: str, value: str, *, same_site: str = "Lax", seconds: int | None = None) -> None:
    """Let the browser keep a value, for so many seconds or until it ends."""
    response.set_cookie(name_of(cookie, request), value, secure=True, httponly=True, samesite=same_site, path="/", max_age=seconds)


def forget_in_browser(response: Response, cookie: str) -> None:
    """Take a cookie from the browser."""
    response.delete_cookie(name_of(cookie, request), secure=True, httponly=True, samesite="Lax", path="/")
