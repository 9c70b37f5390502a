"""The edge of a request: one transaction, opened on the visitor's own pool, committed when the page is made, rolled back on any error."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from flask import current_app, g, request
from sqlalchemy import Connection, Engine

from caretally.mail.message import Mail
from caretally.tenancy.transaction import read_only_transaction, tenant_transaction
from caretally.web.visitor import FindVisitor, Visitor

EXTENSION = "caretally"
UNKNOWN = object()
SCRATCH = Path(tempfile.gettempdir()) / f"caretally-{os.getuid()}"
Post = Callable[[Mail], object]
TellReading = Callable[[Connection, Visitor, str], None]


@dataclass(frozen=True, repr=False)
class Edge:
    """The pools of the web process, its secret, and the functions that find the visitor of a request, post a mail and tell what is read by break-glass.

    `scratch` is a folder that only this process's user can read, for files on their way. `private_providers` lets vendors name identity providers
    in private networks, as an installation inside one needs.
    `broker_is_up` asks the broker of background work, which no page waits for.
    It has no repr: it holds a secret."""

    vendor_pool: Engine
    practice_pool: Engine
    secret: bytes
    find_visitor: FindVisitor
    auth_pool: Engine
    post: Post
    operator_pool: Engine
    session_pool: Engine
    tell_reading: TellReading
    private_providers: bool = False
    scratch: Path = SCRATCH
    broker_is_up: Callable[[], bool] | None = None

    def pool_of(self, visitor: Visitor) -> Engine:
        """Return the pool whose database role fits the visitor: a practice's people never borrow a vendor's connection, nor does an operator."""
        if visitor.operates:
            return self.operator_pool
        return self.vendor_pool if visitor.clients is None else self.practice_pool


def edge() -> Edge:
    """Return the edge of the running application."""
    return cast("Edge", current_app.extensions[EXTENSION])


def visitor() -> Visitor | None:
    """Return who this request comes from, looked up once; None when nobody is signed in."""
    found = g.get("visitor", UNKNOWN)
    if found is UNKNOWN:
        found = g.visitor = edge().find_visitor(request)
    return cast("Visitor | None", found)


@contextmanager
def request_transaction(who: Visitor) -> Iterator[None]:
    """Open the request's one transaction; pages reach it through `connection()`. One by break-glass only reads, and tells each statement to the log."""
    kind = read_only_transaction if who.reading else tenant_transaction
    with kind(edge().pool_of(who), who.context, secret=edge().secret) as opened:
        if who.reading:
            edge().tell_reading(opened, who, request.endpoint or "")
        g.connection = opened
        try:
            yield
        finally:
            del g.connection


def after_commit(act: Callable[[], None]) -> None:
    """Do something once this request's transaction is committed, as sending a mail: nothing is done when it is not."""
    g.setdefault("after_commit", []).append(act)


def acts_after_commit() -> list[Callable[[], None]]:
    """Return what the page asked to be done after its transaction, once."""
    return cast("list[Callable[[], None]]", g.pop("after_commit", []))


def connection() -> Connection:
    """Return the connection of this request's transaction. Raises `AttributeError` in a page that declared no permission."""
    return cast("Connection", g.connection)


def has_connection() -> bool:
    """Tell whether the request is in its transaction now."""
    return "connection" in g


def signed_in() -> Visitor:
    """Return the visitor of a page that declared a permission, where there always is one."""
    found = visitor()
    assert found is not None
    return found
