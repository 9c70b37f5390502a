"""A month of all clients at one look, as previews and closes left them; nothing is decided or counted again."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.close.month_words import MonthWords
from caretally.close.statements import quick_statement
from caretally.close.summary import BINS
from caretally.months import Month
from caretally.tenancy.read_rows import read_rows

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
# Rows of overview.sql, which can be told apart and kept by what they say.
MonthRows = tuple[Any, ...]
OF_ROW = "client_id code name status invoice_id number due_on total_cents state with_ledger".split()
LETTERS_A_SUMMARY = 4_000


@dataclass(frozen=True, eq=False)
class Figures:
    """The summaries of months (close/summary.sql), what they came to in cents, and of closed ones how many entries nobody approved, by the row's id.

    They are told from others by themselves, as they stay what they are.
    """

    summaries: Mapping[UUID, Mapping[str, Any] | None]
    cents: Mapping[UUID, int]
    unapproved: Mapping[UUID, int]

    @property
    def letters(self) -> int:
        """About how much is kept with it."""
        return LETTERS_A_SUMMARY * len(self.summaries)


# What a practice is told of a month that is not closed, whatever the vendor has done with it.
UNKNOWN_TO_PRACTICE = {"status": "open", "summary": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientInMonth:
    """One client in a month; counts are patients, money is cents, `state` is the invoice's, `with_ledger` that the ledger says its total too.

    The figures are those of its close, or of its newest preview (`summary`, see close/summary.sql); there are none before either.
    """

    client_id: UUID
    code: str
    name: str
    status: str
    summary: Mapping[str, Any] | None
    before_cents: int | None
    invoice_id: UUID | None
    number: str | None
    due_on: date | None
    total_cents: int | None
    state: str | None
    with_ledger: bool | None
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
    def unsent(self) -> bool:
        """Tell whether there is something to invoice of which a practice was sent no invoice yet."""
        return any(client.figure("total_cents") and client.state is None for client in self.known)

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


def month_rows(connection: Connection, *, vendor_id: UUID, month: Month) -> MonthRows:
    """Return what is known of each client in a month, in one query however many there are; the newest rule tables' name stands on each row."""
    key: dict[str, Any] = {"vendor_id": vendor_id, "month": month.first_day, "before": month.previous().first_day}
    return tuple(read_rows(connection, quick_statement("overview"), key))


def figures_named(rows: MonthRows) -> Hashable:
    """Return which figures rows name, with their versions: a row of a month that is written again has another."""
    return tuple((row.figures, row.version, row.before) for row in rows)


def figures_of(connection: Connection, rows: MonthRows, *, vendor_id: UUID) -> Figures:
    """Return the figures that rows name, in one query."""
    wanted = {name: [getattr(row, name) for row in rows if getattr(row, name)] for name in ("figures", "before")}
    found = read_rows(connection, quick_statement("figures"), {"vendor_id": vendor_id, **wanted})
    unapproved = {row.id: row.unapproved for row in found if row.unapproved is not None}
    return Figures({row.id: row.summary for row in found}, {row.id: row.total_cents for row in found}, unapproved)


def overview_of(rows: MonthRows, figures: Figures, *, month: Month, words: MonthWords, waits: Mapping[UUID, Waits] | None) -> MonthOverview:
    """Return the overview that rows and their figures make.

    `waits` is None for a practice, which sees what is closed and nothing of what stands before it.
    """
    clients = tuple(client_of(row, figures, waits) for row in rows)
    return MonthOverview(month=month, clients=clients, words=words)


def client_of(row: Any, figures: Figures, waits: Mapping[UUID, Waits] | None) -> ClientInMonth:
    """Return one client from its row."""
    known = {name: getattr(row, name) for name in OF_ROW}
    known |= {"summary": figures.summaries.get(row.figures), "before_cents": figures.cents.get(row.before)}
    if waits is None and row.status != "closed":
        known |= UNKNOWN_TO_PRACTICE
    return ClientInMonth(**known, waits=NOTHING_WAITS if waits is None else waits_of(row, figures, waits.get(row.client_id, NOTHING_WAITS)))


def waits_of(row: Any, figures: Figures, found: Waits) -> Waits:
    """Return what stands between a client and its close; nobody's entries are approved any more where the month is closed, and how many those are stays."""
    return replace(found, unapproved=figures.unapproved[row.figures]) if row.figures in figures.unapproved else found


def months_begun(connection: Connection, *, vendor_id: UUID) -> list[Month]:
    """Return the months that some client has previewed or closed, newest first; to a practice the closed ones."""
    return [Month.of(day) for day in connection.scalars(MONTHS, {"vendor_id": vendor_id})]
