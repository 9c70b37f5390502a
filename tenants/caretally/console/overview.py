"""What an operator sees of each vendor and of the installation: names, counts and states, on the operator's login, which can read nothing else."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

# The vendor of `decide` holds nothing that is ever committed and is nobody's.
NOBODYS = "00000000-0000-7000-8000-000000000001"
VENDORS = text(
    "SELECT v.vendor_id, v.slug, v.name, v.timezone, coalesce(c.n, 0) AS clients, coalesce(p.n, 0) AS patients, coalesce(m.people, 0) AS people, "
    "coalesce(m.administrators, 0) AS administrators, k.last_closed, h.seq AS events FROM vendor v "
    "LEFT JOIN (SELECT vendor_id, count(*) AS n FROM client GROUP BY vendor_id) c USING (vendor_id) "
    "LEFT JOIN (SELECT vendor_id, count(*) AS n FROM patient GROUP BY vendor_id) p USING (vendor_id) "
    "LEFT JOIN (SELECT vendor_id, count(*) AS people, count(*) FILTER (WHERE role = 'vendor_admin') AS administrators FROM membership "
    "WHERE ended_at IS NULL GROUP BY vendor_id) m USING (vendor_id) "
    "LEFT JOIN (SELECT vendor_id, max(month) AS last_closed FROM client_month WHERE status = 'closed' GROUP BY vendor_id) k USING (vendor_id) "
    f"LEFT JOIN audit_head h USING (vendor_id) WHERE v.vendor_id <> '{NOBODYS}' ORDER BY lower(v.name)"
)
SERVER = text(
    "SELECT current_setting('server_version') AS version, pg_size_pretty(pg_database_size(current_database())) AS size, pg_postmaster_start_time() AS since, "
    "current_setting('max_connections')::int AS most"
)
CONNECTIONS = text(
    "SELECT application_name AS name, count(*) AS connections FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'caretally %' "
    "GROUP BY 1 ORDER BY 1"
)


@dataclass(frozen=True)
class VendorLine:
    """A vendor in the operator's list: counts of what it has, the newest month that a client of it closed, the length of its audit chain."""

    vendor_id: UUID
    slug: str
    name: str
    timezone: str
    clients: int
    patients: int
    people: int
    administrators: int
    last_closed: date | None
    events: int


@dataclass(frozen=True)
class ServerState:
    """The database server: its version, the size of the database in words, since when it runs, the most connections it takes, those of each pool."""

    version: str
    size: str
    since: Any
    most: int
    connections: tuple[tuple[str, int], ...]


def vendors_of_installation(connection: Connection) -> list[VendorLine]:
    """Return every vendor with its counts, by name."""
    return [VendorLine(**row) for row in connection.execute(VENDORS).mappings()]


def state_of_server(connection: Connection) -> ServerState:
    """Return what the database server says of itself to a login that owns nothing."""
    row = connection.execute(SERVER).one()
    pools = tuple((str(one.name), int(one.connections)) for one in connection.execute(CONNECTIONS))
    return ServerState(row.version, row.size, row.since, row.most, pools)
