"""What a practice's administrator sees first: the closed months with their invoices, and how far their own checks are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from caretally.months import Month
from caretally.practice.statements import statement

MOST_ROWS = 36


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthOfPractice:
    """One closed month of one practice: patients, seconds and cents.

    There is no invoice where there was nothing to bill (`month_cents` is 0), and none to be seen before it is sent.
    """

    month: Month
    client_id: UUID
    client: str
    enrolled: int
    billable: int
    held: int
    not_billable: int
    counted_seconds: int
    held_cents: int
    invoice_id: UUID | None
    number: str | None
    due_on: date | None
    total_cents: int | None
    state: str | None
    month_cents: int

    @property
    def unsent(self) -> bool:
        """Tell whether the month has an invoice that the practice was not sent yet."""
        return self.invoice_id is None and self.month_cents > 0


@dataclass(frozen=True, kw_only=True, slots=True)
class PracticeOverview:
    """The months, and `own`: the practice's samples to judge, what was found not right, and its newest roster."""

    months: tuple[MonthOfPractice, ...]
    own: Mapping[str, Any]

    @property
    def newest(self) -> tuple[MonthOfPractice, ...]:
        """The rows of the newest month."""
        return tuple(one for one in self.months if one.month == self.months[0].month)


def practice_overview(connection: Connection, *, vendor_id: UUID) -> PracticeOverview:
    """Return what the practices of the transaction's context have."""
    rows = connection.execute(statement("overview"), {"vendor_id": vendor_id, "most": MOST_ROWS}).mappings().all()
    months = tuple(MonthOfPractice(**dict(row) | {"month": Month.of(row["month"])}) for row in rows)
    own = connection.execute(statement("own_space"), {"vendor_id": vendor_id}).mappings().one()
    return PracticeOverview(months=months, own=dict(own))
