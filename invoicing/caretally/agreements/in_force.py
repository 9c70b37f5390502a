"""Finds the version of a client's agreement that governs a month."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.months import Month

# The version that governs a month, of a client given as a parameter or as a row of the query that this one stands in.
IN_FORCE = (
    "SELECT a.*, (SELECT p.percent FROM agreement_price p WHERE p.vendor_id = a.vendor_id AND p.client_id = a.client_id AND p.agreement_id = a.id "
    "AND a.basis = 'percentage') AS percent FROM agreement a WHERE a.vendor_id = {vendor_id} AND a.client_id = {client_id} "
    "AND a.valid_from <= :last AND (a.valid_to IS NULL OR a.valid_to >= :first) ORDER BY a.valid_from LIMIT 1"
)
FIND = text(IN_FORCE.format(vendor_id=":vendor_id", client_id=":client_id"))


@dataclass(frozen=True)
class Agreement:
    """One dated version of what a client pays and which policies count its time; money in cents.

    `percent` is the share of the expected Medicare amount under the basis `percentage`, None under every other.
    """

    id: UUID
    valid_from: date
    valid_to: date | None
    basis: str
    tier_mode: str
    minimum_cents: int
    qhp_time: str
    attestation_required: bool
    date_of_service: str
    copy_missing: str
    review_overdue: str
    po_required: bool
    percent: Decimal | None
    priority: list[str]

    def as_json(self) -> dict[str, Any]:
        """Return the terms as a closed month keeps them (dates and the percentage as text, no id)."""
        return {name: _as_json(value) for name, value in vars(self).items() if name != "id"}


def _as_json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return percent_words(value) if isinstance(value, Decimal) else value


def percent_words(percent: Decimal) -> str:
    """Return a percentage as people write it: 12.500000 is `12.5`, 40.000000 is `40`."""
    return format(percent, "f").rstrip("0").rstrip(".") if "." in format(percent, "f") else format(percent, "f")


def agreement_in_force(connection: Connection, *, vendor_id: UUID, client_id: UUID, month: Month) -> Agreement | None:
    """Return the version in force on the month's first day, else the first that begins within the month, else None.

    One version governs a whole month, so a price change in mid-month takes effect with the next one.
    """
    row = (
        connection.execute(FIND, {"vendor_id": vendor_id, "client_id": client_id, "first": month.first_day, "last": month.last_day})
        .mappings()
        .one_or_none()
    )
    return None if row is None else Agreement(**{name: row[name] for name in Agreement.__dataclass_fields__})


def joined(alias: str) -> tuple[str, str]:
    """Return the columns and the join by which another query reads the agreement of a client beside it; `alias` is the client's table there."""
    columns = ", ".join(f"agreed.{name} AS agreement_{name}" for name in Agreement.__dataclass_fields__)
    found = IN_FORCE.format(vendor_id=f"{alias}.vendor_id", client_id=f"{alias}.client_id")
    return columns, f"LEFT JOIN LATERAL ({found}) agreed ON true"


def agreement_beside(row: RowMapping) -> Agreement | None:
    """Return the agreement in a row with the columns of `joined`, or None when there is none."""
    if row["agreement_id"] is None:
        return None
    return Agreement(**{name: row[f"agreement_{name}"] for name in Agreement.__dataclass_fields__})
