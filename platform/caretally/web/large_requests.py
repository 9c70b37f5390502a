"""Routes that take files larger than every other request, and only from who may send them."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import Flask, current_app, request

from caretally.web.access import DECLARED, Access
from caretally.web.edge import visitor

P = ParamSpec("P")
Answer = TypeVar("Answer")
LARGEST = "caretally_largest_bytes"


def takes_up_to(largest_bytes: int) -> Callable[[Callable[P, Answer]], Callable[P, Answer]]:
    """Let a route take requests of so many bytes from visitors who hold its permission; from everybody else the common limit stays."""

    def declared(page: Callable[P, Answer]) -> Callable[P, Answer]:
        setattr(page, LARGEST, largest_bytes)
        return page

    return declared


def install_large_requests(app: Flask) -> None:
    """Raise the limit before anything reads the request's body, so before the check of own forms is installed."""
    app.before_request(raise_limit)
    app.teardown_request(close_files)


def close_files(_error: BaseException | None) -> None:
    """Close what the request's files were kept in while they were read."""
    request.close()


def raise_limit() -> None:
    """Raise this request's limit when its route says so and its visitor may open it."""
    page = current_app.view_functions.get(request.endpoint or "")
    largest: int = getattr(page, LARGEST, 0)
    access: Access = getattr(page, DECLARED, Access())
    who = visitor() if largest and request.method == "POST" else None
    if who is not None and access.permission in who.permissions:
        request.max_content_length = largest
