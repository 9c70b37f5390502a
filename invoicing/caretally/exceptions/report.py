"""What the exception report of one client and month says, complete, for its PDF, XLSX and CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from caretally.errors import CareTallyError
from caretally.months import Month

Outcome = Literal["billable", "held", "not_billable"]
Effect = Literal["holds", "unsupports", "warns", "waived"]


class ReportDoesNotAddUp(CareTallyError):
    """The counts of an exception report do not sum to one another, so it must not be printed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExceptionRow:
    """One exception of one patient-month.

    `title` is the short name of the code ("Attestation not signed"), `sentence` what is wrong here. `primary` marks the one
    reason that decides the patient-month; only it carries `held_cents`, so money is shown once. `fix` says what cures it,
    `explanation` is the whole "why" of the patient-month. `expected_cents` is what Medicare is expected to pay for its claim, on the first
    of its rows only (None: not known, `expected_note` says why, or no claim); it is no part of any price.
    """

    code: str
    title: str
    mrn: str
    patient: str
    outcome: Outcome
    effect: Effect
    primary: bool
    sentence: str
    owner: str
    due_on: date | None
    fix: str
    held_cents: int
    counted_seconds: int
    explanation: str
    expected_cents: int | None = None
    expected_note: str = ""
    waived_cents: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientNote:
    """An exception of the client itself (24/7 access, BAA …), not of a patient."""

    code: str
    sentence: str
    owner: str
    fix: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ExcludedTime:
    """Seconds that did not count for one reason."""

    code: str
    sentence: str
    seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LateEntry:
    """Time that came in after the month was closed, and what is proposed for it; `starts` and `ends` are local HH:MM."""

    external_id: str
    mrn: str
    patient: str
    day: date
    starts: str
    ends: str
    staff: str
    seconds: int
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjustment:
    """What a closed month would be with everything that came in since, proposed and on no invoice.

    `claim` is what the month would now bill, `cured` the codes of what stood in its way, `amount_cents` the price of what was not billed by
    that month's agreement (None: it has no price).
    """

    month: Month
    mrn: str
    patient: str
    cured: tuple[str, ...]
    claim: str
    codes: tuple[str, ...]
    units: tuple[int, ...]
    date_of_service: date | None
    counted_seconds: int
    amount_cents: int | None
    sentence: str
    owner: str
    due_on: date
    fix: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthFigures:
    """The counts of a client's month as its close or its preview reported them; cents and seconds."""

    vendor: str
    client: str
    month: Month
    timezone: str
    state: Literal["Preview", "Closed", "Parked"]
    invoice_number: str
    enrolled: int
    billable: int
    held: int
    not_billable: int
    billable_cents: int
    raw_seconds: int
    counted_seconds: int
    rule_set: str
    parked_reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExceptionReport(MonthFigures):
    """The exceptions of one client and month, with the counts that account for every patient and every second.

    `rows` come in the order to print. Raises `ReportDoesNotAddUp` when enrolled is not billable + held + not billable, or raw
    seconds are not counted + excluded.
    """

    accent: str
    excluded: tuple[ExcludedTime, ...]
    rows: tuple[ExceptionRow, ...]
    client_notes: tuple[ClientNote, ...]
    late_entries: tuple[LateEntry, ...]
    adjustments: tuple[Adjustment, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a report whose counts disagree."""
        outcomes = self.billable + self.held + self.not_billable
        seconds = self.counted_seconds + sum(excluded.seconds for excluded in self.excluded)
        if outcomes != self.enrolled:
            raise ReportDoesNotAddUp(f"{self.client}, {self.month}: {outcomes} outcomes are not {self.enrolled} enrolled.")
        if seconds != self.raw_seconds:
            raise ReportDoesNotAddUp(f"{self.client}, {self.month}: {seconds} seconds accounted for are not {self.raw_seconds} raw.")

    @property
    def held_cents(self) -> int:
        """Return the money held, each patient-month once."""
        return sum(row.held_cents for row in self.rows)

    @property
    def record_numbers(self) -> set[str]:
        """Return the record number of every patient whom the report shows."""
        late = {*(late.mrn for late in self.late_entries), *(proposed.mrn for proposed in self.adjustments)}
        return {row.mrn for row in self.rows} | late
