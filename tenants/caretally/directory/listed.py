"""Lists of the directory: clients with what they have, a client's providers and months, providers and staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, TextClause, text

from caretally.db.lists import literal_pattern
from caretally.imports.records import NoSuchRecord

HERE = Path(__file__).parent
# Today by the vendor's own clock, as `:today` stands for in the statements here.
TODAY = "(SELECT (clock_timestamp() AT TIME ZONE timezone)::date FROM vendor WHERE vendor_id = (SELECT tenancy.current_vendor()))"


def dated(statement: str) -> TextClause:
    """Return a statement with today in the place of `:today`."""
    return text(statement.replace(":today", TODAY))


CLIENTS = dated((HERE / "clients.sql").read_text(encoding="utf-8"))
PROVIDERS = dated((HERE / "providers.sql").read_text(encoding="utf-8"))
STAFF = dated(
    "SELECT s.id, s.code, s.family_name, s.given_name, s.role, s.credential, s.licensed_states, s.license_expires_on, s.country, s.npi, s.email, "
    "s.excluded_from, s.excluded_to, k.counts_as, coalesce(k.needs_state_license, false) AS needs_state_license, "
    "coalesce(s.license_expires_on < :today, false) AS expired, "
    "coalesce(s.excluded_from <= :today AND coalesce(s.excluded_to >= :today, true), false) AS excluded "
    "FROM staff s LEFT JOIN credential_type k ON k.credential = upper(btrim(s.credential)) "
    "WHERE (s.family_name || ' ' || s.given_name || ' ' || s.code) ILIKE :pattern ORDER BY s.family_name, s.given_name, s.code LIMIT 500"
)
MONTHS = text(
    # The figures of a preview stand in its summary alone.
    "SELECT DISTINCT ON (m.month) m.month, m.status, coalesce(m.enrolled, (m.summary ->> 'enrolled')::int) AS enrolled, "
    "coalesce(m.billable, (m.summary ->> 'billable')::int) AS billable, coalesce(m.held, (m.summary ->> 'held')::int) AS held, "
    "(m.summary ->> 'total_cents')::bigint AS previewed_cents, i.id AS invoice_id, i.number, i.total_cents FROM client_month m "
    "LEFT JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.client_month_id = m.id AND i.kind = 'invoice' "
    "WHERE m.client_id = :client_id ORDER BY m.month DESC, m.revision DESC LIMIT 12"
)
TERMS = dated(
    "SELECT a.id, a.valid_from, a.valid_to, a.basis, a.minimum_cents, count(p.id) AS prices, min(p.price_cents) AS lowest_cents, "
    "max(p.price_cents) AS highest_cents FROM agreement a LEFT JOIN agreement_price p ON p.vendor_id = a.vendor_id AND p.client_id = a.client_id "
    "AND p.agreement_id = a.id WHERE a.client_id = :client_id AND coalesce(a.valid_to >= :today, true) "
    "GROUP BY a.vendor_id, a.client_id, a.id ORDER BY a.valid_from"
)
ZONES = text(
    "SELECT name FROM pg_timezone_names WHERE name LIKE 'America/%' OR name LIKE 'Pacific/%' OR name LIKE 'US/%' OR name = 'UTC' "
    "ORDER BY name NOT IN ('America/New_York', 'America/Chicago', 'America/Denver', 'America/Phoenix', 'America/Los_Angeles', 'America/Anchorage', "
    "'Pacific/Honolulu', 'America/Puerto_Rico'), name"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientLine:
    """A client in the list: counts are of today, `last_closed` is the first day of the newest closed month, `terms_from` of the agreement in force."""

    client_id: UUID
    code: str
    name: str
    timezone: str
    contact_name: str
    contact_email: str
    providers: int
    patients: int
    enrolled: int
    terms_from: date | None
    basis: str | None
    last_closed: date | None
    missing: Sequence[str]


def clients_listed(connection: Connection, *, words: str = "", client_id: UUID | None = None) -> list[ClientLine]:
    """Return the clients whose name or code holds the words, or the one of an id; by name."""
    values = {"pattern": literal_pattern(words), "client_id": client_id}
    return [ClientLine(**row) for row in connection.execute(CLIENTS, values).mappings()]


def client_line(connection: Connection, client_id: UUID) -> ClientLine:
    """Return one client. Raises `NoSuchRecord`."""
    found = clients_listed(connection, client_id=client_id)
    if not found:
        raise NoSuchRecord("There is no such client; choose one from the list.")
    return found[0]


def providers_listed(connection: Connection, *, words: str = "", client_id: UUID | None = None) -> Sequence[RowMapping]:
    """Return providers by client and name: their facts, whether their credential may bill, how many patients they supervise today."""
    values = {"pattern": literal_pattern(words), "client_id": client_id}
    return connection.execute(PROVIDERS, values).mappings().all()


def staff_listed(connection: Connection, *, words: str = "") -> Sequence[RowMapping]:
    """Return the staff by name, with what their credential counts as and whether licence or exclusion keep their time from counting today."""
    return connection.execute(STAFF, {"pattern": literal_pattern(words)}).mappings().all()


def months_of_client(connection: Connection, client_id: UUID) -> Sequence[RowMapping]:
    """Return the client's newest twelve months, each by its newest revision, with the figures of its close or its newest preview; money in cents."""
    return connection.execute(MONTHS, {"client_id": client_id}).mappings().all()


def terms_of_client(connection: Connection, client_id: UUID) -> Sequence[RowMapping]:
    """Return the versions of the client's agreement that hold today or later, with the range of their prices in cents."""
    return connection.execute(TERMS, {"client_id": client_id}).mappings().all()


def zones(connection: Connection) -> list[Any]:
    """Return the time zones to choose from."""
    return list(connection.scalars(ZONES))
