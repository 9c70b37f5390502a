"""Reads the audit log of the current vendor."""

from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

EVENTS = text(
    "SELECT seq, at, actor, action, detail, hash FROM audit_event WHERE vendor_id = (SELECT tenancy.current_vendor()) "
    "AND (CAST(:action AS text) IS NULL OR action = :action) AND (CAST(:since AS timestamptz) IS NULL OR at >= :since) "
    "AND (CAST(:until AS timestamptz) IS NULL OR at < :until) AND (CAST(:before AS bigint) IS NULL OR seq < :before) ORDER BY seq DESC LIMIT :limit"
)
ACTIONS = text("SELECT DISTINCT action FROM audit_event WHERE vendor_id = (SELECT tenancy.current_vendor()) ORDER BY action")


def actions_seen(connection: Connection) -> list[str]:
    """Return every action of the vendor's log, in alphabetical order."""
    return list(connection.scalars(ACTIONS))


def read_events(
    connection: Connection,
    *,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int,
) -> list[RowMapping]:
    """Return the newest events, at most `limit`: of one action, from an aware moment on and before another, numbered below `before`, where given."""
    values = {"action": action, "since": since, "until": until, "before": before, "limit": limit}
    return list(connection.execute(EVENTS, values).mappings())
