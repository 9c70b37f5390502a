"""Reads the versions of clients' agreements, and one of them as the file of agreements would say it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.agreements.in_force import percent_words
from caretally.errors import NothingToDo

TERMS = (
    "valid_from valid_to basis tier_mode minimum_cents qhp_time attestation_required date_of_service copy_missing review_overdue po_required priority"
).split()
VERSIONS = text(
    f"SELECT a.id, c.code AS client, {', '.join(f'a.{name}' for name in TERMS)}, coalesce(p.prices, '[]') AS prices FROM agreement a "
    "JOIN client c ON c.vendor_id = a.vendor_id AND c.client_id = a.client_id LEFT JOIN LATERAL ("
    "SELECT jsonb_agg(jsonb_build_object('code', x.code, 'tier_from', x.tier_from, 'cents', x.price_cents, 'percent', x.percent::text) "
    "ORDER BY x.code, x.tier_from) AS prices FROM agreement_price x "
    "WHERE x.vendor_id = a.vendor_id AND x.client_id = a.client_id AND x.agreement_id = a.id) p ON true "
    "WHERE a.client_id = :client_id ORDER BY a.valid_from DESC"
)
CLIENTS = text(
    "SELECT c.client_id, c.code, c.name, count(a.id) AS versions, v.valid_from, v.valid_to, v.basis, v.minimum_cents, p.lowest, p.highest "
    "FROM client c CROSS JOIN (SELECT (clock_timestamp() AT TIME ZONE timezone)::date AS today FROM vendor) t "
    "LEFT JOIN agreement a ON a.vendor_id = c.vendor_id AND a.client_id = c.client_id "
    "LEFT JOIN agreement v ON v.vendor_id = c.vendor_id AND v.client_id = c.client_id AND v.valid_from <= t.today "
    "AND coalesce(v.valid_to >= t.today, true) "
    "LEFT JOIN LATERAL (SELECT min(price_cents) AS lowest, max(price_cents) AS highest FROM agreement_price x "
    "WHERE x.vendor_id = v.vendor_id AND x.client_id = v.client_id AND x.agreement_id = v.id) p ON true "
    "GROUP BY c.client_id, c.code, c.name, v.valid_from, v.valid_to, v.basis, v.minimum_cents, p.lowest, p.highest ORDER BY c.name, c.code"
)


class NoSuchClient(NothingToDo):
    """No client that the transaction may see has this id; nobody learns whether another one has it."""

    code = "no_such_client"


@dataclass(frozen=True)
class Price:
    """One price of a version: for a code (empty: a patient-month) from a volume on, in cents, or a percentage of the expected amount."""

    code: str
    tier_from: int
    cents: int | None
    percent: Decimal | None

    @property
    def written(self) -> str:
        """The price as the file says it."""
        return "" if self.cents is None else f"{self.cents // 100}.{self.cents % 100:02d}"


@dataclass(frozen=True)
class Version:
    """One dated version with its prices; `terms` are by the columns of the table, money in cents."""

    id: UUID
    client: str
    terms: RowMapping
    prices: tuple[Price, ...]

    @property
    def valid_from(self) -> date:
        """The first day it holds."""
        day: date = self.terms["valid_from"]
        return day

    @property
    def valid_to(self) -> date | None:
        """The last day it holds, None until further notice."""
        day: date | None = self.terms["valid_to"]
        return day

    def holds_on(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def rows(self, **changes: str) -> Iterator[dict[str, str]]:
        """Yield the version as the file of agreements says it, a row for each price."""
        for price in self.prices:
            yield self.written() | price_row(price) | changes

    def written(self) -> dict[str, str]:
        """Return the terms as the file of agreements says them."""
        terms = self.terms
        return {
            "client": self.client,
            "valid_from": terms["valid_from"].isoformat(),
            "valid_to": terms["valid_to"].isoformat() if terms["valid_to"] else "",
            "minimum": f"{terms['minimum_cents'] // 100}.{terms['minimum_cents'] % 100:02d}",
            "attestation_required": "yes" if terms["attestation_required"] else "no",
            "po_required": "yes" if terms["po_required"] else "no",
            "priority": ";".join(terms["priority"]),
        } | {name: terms[name] for name in ("basis", "tier_mode", "qhp_time", "date_of_service", "copy_missing", "review_overdue")}


def price_row(price: Price) -> dict[str, str]:
    """Return a price as the file of agreements says it."""
    percent = percent_words(price.percent) if price.percent is not None else ""
    return {"code": price.code, "tier_from": str(price.tier_from), "price": price.written, "percent": percent}


def versions_of(connection: Connection, client_id: UUID) -> list[Version]:
    """Return all versions of a client's agreement, the newest first."""
    rows = connection.execute(VERSIONS, {"client_id": client_id}).mappings().all()
    return [Version(row["id"], row["client"], row, tuple(_price(one) for one in row["prices"])) for row in rows]


def clients_with_terms(connection: Connection) -> Sequence[RowMapping]:
    """Return every client with the version that holds today, all null when none does; prices in cents."""
    return connection.execute(CLIENTS).mappings().all()


def _price(one: dict[str, Any]) -> Price:
    return Price(one["code"], one["tier_from"], one["cents"], Decimal(one["percent"]) if one["percent"] is not None else None)
