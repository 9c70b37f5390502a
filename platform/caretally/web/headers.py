"""The headers of every answer: no script or style but our own files, no framing, no guessing of types, nothing kept by caches."""

from flask import Flask, Response, request

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# A referrer of "no-referrer" would make browsers send forms with the origin "null", which the check of own forms refuses.
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
ONE_YEAR = "max-age=31536000; includeSubDomains"


def install_headers(app: Flask) -> None:
    """Put the headers on every answer, errors too."""
    app.after_request(with_headers)


def with_headers(response: Response) -> Response:
    """Add what is missing; only files of ours may be kept by a cache, and only the browser's own."""
    said = {name.lower() for name, _ in response.headers}
    response.headers.extend([(name, value) for name, value in HEADERS.items() if name.lower() not in said])
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", ONE_YEAR)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
