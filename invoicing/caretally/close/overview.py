"""A month of all clients at one look, as their closes left it; nothing is decided or counted again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.close.statements import statement
from caretally.months import Month

MONTHS = text(
    "SELECT DISTINCT month FROM client_month WHERE vendor_id = :vendor_id AND status IN ('closed', 'previewed') ORDER BY month DESC"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientInMonth:
    """One client in a month; counts are patients and None unless the month is closed, money is cents. `state` is the invoice's."""

    client_id: UUID
    code: str
    name: str
    status: str
    closed_at: datetime | None
    enrolled: int | None
    billable: int | None
    held: int | None
    not_billable: int | None
    held_cents: int
    invoice_id: UUID | None
    number: str | None
    total_cents: int | None
    state: str | None

    @property
    def closed(self) -> bool:
        """Tell whether the counts stand."""
        return self.status == "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldReason:
    """One reason for which patients are held, who can cure it, and what waits on it in cents."""

    code: str
    label: str
    owner: str
    patients: int
    held_cents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthOverview:
    """A month of all clients that the transaction may see."""

    month: Month
    clients: tuple[ClientInMonth, ...]
    reasons: tuple[HeldReason, ...]

    def total(self, column: str) -> int:
        """Return the sum of a column over the closed clients."""
        return sum(getattr(client, column) or 0 for client in self.clients if client.closed)

    @property
    def closed_clients(self) -> int:
        """The number of clients whose month is closed."""
        return sum(client.closed for client in self.clients)


def month_overview(connection: Connection, *, vendor_id: UUID, month: Month) -> MonthOverview:
    """Return the overview of a month in two queries, however many clients there are."""
    key: dict[str, Any] = {"vendor_id": vendor_id, "month": month.first_day}
    return MonthOverview(
        month=month,
        clients=tuple(ClientInMonth(**row) for row in connection.execute(statement("overview"), key).mappings()),
        reasons=tuple(HeldReason(**row) for row in connection.execute(statement("overview_reasons"), key).mappings()),
    )


def months_begun(connection: Connection, *, vendor_id: UUID) -> list[Month]:
    """Return the months that some client has previewed or closed, newest first."""
    return [Month.of(day) for day in connection.scalars(MONTHS, {"vendor_id": vendor_id})]
