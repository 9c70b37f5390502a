"""Reads the audit log of the current vendor."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

EVENTS = text(
    "SELECT seq, at, actor, action, detail, hash FROM audit_event WHERE vendor_id = (SELECT tenancy.current_vendor()) "
    "AND (CAST(:action AS text) IS NULL OR action = :action) AND (CAST(:since AS timestamptz) IS NULL OR at >= :since) "
    "AND (CAST(:until AS timestamptz) IS NULL OR at < :until) AND (CAST(:before AS bigint) IS NULL OR seq < :before) ORDER BY seq DESC LIMIT :limit"
)
ACTIONS = text("SELECT DISTINCT action FROM audit_event WHERE vendor_id = (SELECT tenancy.current_vendor()) ORDER BY action")

NAMES = text(
    "SELECT DISTINCT ON (account_id) 'person:' || account_id AS actor, name FROM membership WHERE vendor_id = (SELECT tenancy.current_vendor()) "
    "AND 'person:' || account_id = ANY (CAST(:actors AS text[])) ORDER BY account_id, made_at DESC"
)


def names_of(connection: Connection, actors: Iterable[str]) -> dict[str, str]:
    """Return the names by which the vendor's log knows those of the actors who are or were its people."""
    return {row.actor: row.name for row in connection.execute(NAMES, {"actors": sorted(set(actors))})}


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
