"""A month of all clients at one look, as previews and closes left them; nothing is decided or counted again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.close.month_words import MonthWords
from caretally.close.statements import statement
from caretally.close.summary import BINS
from caretally.months import Month

OUTCOMES = ("billable", "held", "not_billable")
MONTHS = text(
    "SELECT DISTINCT month FROM client_month WHERE vendor_id = :vendor_id "
    "AND (status = 'closed' OR (status = 'previewed' AND NOT (SELECT tenancy.of_practice()))) ORDER BY month DESC"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Waits:
    """What stands between a client and its close: an agreement, entries nobody approved, why its newest act stopped, usual sources without time."""

    has_agreement: bool = True
    unapproved: int = 0
    parked: str = ""
    missing_sources: Sequence[str] = ()


NOTHING_WAITS = Waits()
# What a practice is told of a month that is not closed, whatever the vendor has done with it.
UNKNOWN_TO_PRACTICE = {"status": "open", "summary": None, "previewed_at": None, "previewed_by": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientInMonth:
    """One client in a month; counts are patients, money is cents, `state` is the invoice's.

    The figures are those of its close, or of its newest preview (`summary`, see close/summary.sql); there are none before either.
    """

    client_id: UUID
    code: str
    name: str
    status: str
    closed_at: datetime | None
    previewed_at: datetime | None
    previewed_by: str | None
    summary: Mapping[str, Any] | None
    before_cents: int | None
    invoice_id: UUID | None
    number: str | None
    due_on: date | None
    total_cents: int | None
    state: str | None
    waits: Waits = NOTHING_WAITS

    @property
    def closed(self) -> bool:
        """Tell whether the counts stand."""
        return self.status == "closed"

    @property
    def known(self) -> bool:
        """Tell whether there are figures."""
        return self.summary is not None

    def figure(self, name: str) -> int:
        """Return one figure of the summary, 0 without one."""
        return int(self.summary.get(name, 0)) if self.summary else 0

    @property
    def change_per_mille(self) -> int | None:
        """How much more than the month before is invoiced, in thousandths of it; None without both."""
        if not self.summary or not self.before_cents:
            return None
        more = self.figure("total_cents") - self.before_cents
        return (2000 * more + self.before_cents) // (2 * self.before_cents)


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldReason:
    """One reason for which patients are held, who can cure it, and what waits on it in cents."""

    code: str
    label: str
    owner: str
    patients: int
    held_cents: int


@dataclass(frozen=True, kw_only=True)
class MonthOverview:
    """A month of all clients that the transaction may see."""

    month: Month
    clients: tuple[ClientInMonth, ...]
    words: MonthWords = field(repr=False)
    _totals: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def total(self, name: str) -> int:
        """Return the sum of a figure over the clients that have figures; a page asks for some of them again and again."""
        if name not in self._totals:
            self._totals[name] = sum(client.figure(name) for client in self.clients)
        return self._totals[name]

    def in_status(self, *statuses: str) -> list[ClientInMonth]:
        """Return the clients whose month is in one of these states."""
        return [client for client in self.clients if client.status in statuses]

    def in_state(self, *states: str) -> list[ClientInMonth]:
        """Return the clients whose invoice is in one of these states."""
        return [client for client in self.clients if client.state in states]

    @property
    def known(self) -> list[ClientInMonth]:
        """The clients that have figures."""
        return [client for client in self.clients if client.known]

    @cached_property
    def reasons(self) -> list[HeldReason]:
        """Why patients are held, each once under the reason that decides, the most money first."""
        patients: dict[str, int] = defaultdict(int)
        cents: dict[str, int] = defaultdict(int)
        for client in self.known:
            for row in (client.summary or {})["reasons"]:
                if row["outcome"] == "held":
                    patients[row["code"]] += row["patients"]
                    cents[row["code"]] += row["cents"]
        words = self.words
        found = [
            HeldReason(code=code, label=words.label(code), owner=words.owner(code), patients=patients[code], held_cents=cents[code])
            for code in patients
        ]
        return sorted(found, key=lambda one: (-one.held_cents, -one.patients, one.code))

    @cached_property
    def minutes(self) -> dict[str, list[int]]:
        """The patients of each outcome in steps of five minutes, the last step for all above."""
        found = {outcome: [0] * BINS for outcome in OUTCOMES}
        for client in self.known:
            for outcome, patients in (client.summary or {})["minutes"].items():
                found[outcome] = [sum(pair) for pair in zip(found[outcome], patients, strict=True)]
        return found


def month_overview(
    connection: Connection, *, vendor_id: UUID, month: Month, words: MonthWords, waits: Mapping[UUID, Waits] | None
) -> MonthOverview:
    """Return the overview of a month in one query, however many clients there are.

    `waits` is None for a practice, which sees what is closed and nothing of what stands before it.
    """
    key: dict[str, Any] = {"vendor_id": vendor_id, "month": month.first_day, "before": month.previous().first_day}
    rows = [dict(row) for row in connection.execute(statement("overview"), key).mappings()]
    if waits is None:
        rows = [row if row["status"] == "closed" else row | UNKNOWN_TO_PRACTICE for row in rows]
    clients = tuple(ClientInMonth(**row, waits=(waits or {}).get(row["client_id"], NOTHING_WAITS)) for row in rows)
    return MonthOverview(month=month, clients=clients, words=words)


def months_begun(connection: Connection, *, vendor_id: UUID) -> list[Month]:
    """Return the months that some client has previewed or closed, newest first; to a practice the closed ones."""
    return [Month.of(day) for day in connection.scalars(MONTHS, {"vendor_id": vendor_id})]
