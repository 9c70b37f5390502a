"""One line of JSON for each request: which route, how it ended and how long it took; no path, query, form or name, which could be a patient's."""

import time
from secrets import token_hex

from flask import Flask, Response, g, request

from caretally.faults.log import logger
from caretally.web.edge import visitor


def install_request_log(app: Flask) -> None:
    """Give each request an id, say it in the answer and log the request when it ends."""
    app.before_request(begin)
    app.after_request(end)


def begin() -> None:
    """Note the id and the start; an id that a caller sent is not believed."""
    g.request_id = token_hex(8)
    g.began_nanoseconds = time.monotonic_ns()


def end(response: Response) -> Response:
    """Log the request and put its id on the answer."""
    request_id = request_id_now()
    response.headers["X-Request-Id"] = request_id
    who = visitor() if "visitor" in g else None
    logger().info(
        "request",
        request_id=request_id,
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        microseconds=(time.monotonic_ns() - g.get("began_nanoseconds", time.monotonic_ns())) // 1000,
        vendor_id=str(who.vendor_id) if who else None,
        actor=who.actor if who else None,
    )
    return response


def request_id_now() -> str:
    """Return the id of this request; one that failed before it had an id gets it now."""
    if "request_id" not in g:
        g.request_id = token_hex(8)
    return str(g.request_id)
