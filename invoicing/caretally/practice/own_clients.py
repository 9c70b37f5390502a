"""Which practices and closed months a check can be made of."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.months import Month

CHOICES = text(
    "SELECT c.client_id, c.name, m.month, m.billable, m.enrolled FROM client_month m JOIN client c ON c.vendor_id = m.vendor_id AND c.client_id = m.client_id "
    "WHERE m.vendor_id = :vendor_id AND m.status = 'closed' ORDER BY m.month DESC, lower(c.name)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedMonth:
    """A closed month of one practice, and how many patients were billed and enrolled in it."""

    client_id: UUID
    client: str
    month: Month
    billable: int
    enrolled: int

    @property
    def key(self) -> str:
        """What a form sends for it."""
        return f"{self.client_id} {self.month}"


def closed_months_of_practice(connection: Connection, *, vendor_id: UUID) -> tuple[ClosedMonth, ...]:
    """Return the closed months of the visitor's practices, the newest first."""
    rows = connection.execute(CHOICES, {"vendor_id": vendor_id})
    return tuple(
        ClosedMonth(client_id=row.client_id, client=row.name, month=Month.of(row.month), billable=row.billable, enrolled=row.enrolled)
        for row in rows
    )
