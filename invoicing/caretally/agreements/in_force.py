"""Finds the version of a client's agreement that governs a month."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.months import Month

FIND = text(
    "SELECT * FROM agreement WHERE vendor_id = :vendor_id AND client_id = :client_id AND valid_from <= :last AND (valid_to IS NULL OR valid_to >= :first) "
    "ORDER BY valid_from LIMIT 1"
)


@dataclass(frozen=True)
class Agreement:
    """One dated version of what a client pays and which policies count its time; money in cents."""

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
    priority: list[str]

    def as_json(self) -> dict[str, Any]:
        """Return the terms as a closed month keeps them (dates as text, no id)."""
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in vars(self).items() if name != "id"}


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
