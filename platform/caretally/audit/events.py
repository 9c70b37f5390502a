"""Reads the audit log of the current vendor."""

import json
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

EVENTS = text(
    "SELECT seq, at, actor, action, detail, hash FROM audit_event WHERE vendor_id = (SELECT tenancy.current_vendor()) "
    "AND (CAST(:action AS text) IS NULL OR action = :action) AND (CAST(:since AS timestamptz) IS NULL OR at >= :since) "
    "AND (CAST(:until AS timestamptz) IS NULL OR at < :until) ORDER BY seq DESC LIMIT :limit"
)

PAGE_OF_EVENTS = text(
    "SELECT seq, at, actor, action, detail, hash FROM audit_event WHERE vendor_id = (SELECT tenancy.current_vendor()) "
    "AND (CAST(:action AS text) IS NULL OR action = :action) AND (CAST(:before AS bigint) IS NULL OR seq < :before) ORDER BY seq DESC LIMIT :limit"
)
ACTIONS = text("SELECT DISTINCT action FROM audit_event WHERE vendor_id = (SELECT tenancy.current_vendor()) ORDER BY action")
APPEND = text("SELECT tenancy.append_event(:action, CAST(:detail AS jsonb))")


def append_event(connection: Connection, action: str, detail: dict[str, str | int]) -> int:
    """Add an event to the chain of the current vendor in the name of the current actor and return its number; ids and counts only.

    Call it last in a transaction: it locks the head of the vendor's chain.
    """
    return int(connection.scalar(APPEND, {"action": action, "detail": json.dumps(detail)}) or 0)


def page_of_events(connection: Connection, *, action: str | None = None, before: int | None = None, limit: int) -> list[RowMapping]:
    """Return the newest events with a number below `before`, at most `limit`; of one action where it is given."""
    return list(connection.execute(PAGE_OF_EVENTS, {"action": action, "before": before, "limit": limit}).mappings())


def actions_seen(connection: Connection) -> list[str]:
    """Return every action of the vendor's log, in alphabetical order."""
    return list(connection.scalars(ACTIONS))


def read_events(
    connection: Connection, *, action: str | None = None, since: datetime | None = None, until: datetime | None = None, limit: int
) -> list[RowMapping]:
    """Return the newest events, at most `limit`: of one action, from an aware moment on and before another, where these are given."""
    return list(connection.execute(EVENTS, {"action": action, "since": since, "until": until, "limit": limit}).mappings())
