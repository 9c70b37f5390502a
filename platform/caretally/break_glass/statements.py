"""Tells the vendor's audit log of every statement that an operator's page reads by, before it is executed."""

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, event

from caretally.audit.chain import BESIDE, Detail, append_event
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.edge import edge
from caretally.web.visitor import Visitor

LONGEST_STATEMENT = 4000


def tell_statements(connection: Connection, who: Visitor, page: str) -> None:
    """Let each statement on a break-glass reader's connection be in the vendor's log first, committed beside the reading transaction.

    An event holds the statement's text, which has places for values and no value, and a SHA-256 of its values. When the log cannot be
    written the statement is not executed. What the page itself notes, as the reading of an invoice, goes the same way.
    """
    assert who.reading is not None
    access = who.reading.id
    beside = TenantContext(who.vendor_id, who.actor, ends_at=who.reading.ends_at)

    def append(action: str, detail: Mapping[str, Detail]) -> int:
        with tenant_transaction(edge().vendor_pool, beside, secret=edge().secret) as log:
            return append_event(log, action=action, detail=detail)

    def tell(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        words = " ".join(statement.split())[:LONGEST_STATEMENT]
        told: dict[str, Detail] = {
            "access": access,
            "page": page,
            "statement": words,
            "values": hashlib.sha256(repr(values).encode()).hexdigest(),
        }
        append("break-glass.statement", told)

    connection.execution_options(**{BESIDE: append})
    event.listen(connection, "before_cursor_execute", tell)
