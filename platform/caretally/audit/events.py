"""Reads the audit log of the current vendor."""

from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

EVENTS = text(
    "SELECT seq, at, actor, action, detail, hash FROM audit_event WHERE vendor_id = (SELECT tenancy.current_vendor()) "
    "AND (CAST(:action AS text) IS NULL OR action = :action) AND (CAST(:since AS timestamptz) IS NULL OR at >= :since) "
    "AND (CAST(:until AS timestamptz) IS NULL OR at < :until) ORDER BY seq DESC LIMIT :limit"
)


def read_events(
    connection: Connection, *, action: str | None = None, since: datetime | None = None, until: datetime | None = None, limit: int
) -> list[RowMapping]:
    """Return the newest events, at most `limit`: of one action, from an aware moment on and before another, where these are given."""
    return list(connection.execute(EVENTS, {"action": action, "since": since, "until": until, "limit": limit}).mappings())
