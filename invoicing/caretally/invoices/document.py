"""What an invoice says, complete: everything that its PDF, XLSX and CSV print, and nothing that they compute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from caretally.errors import CareTallyError
from caretally.months import Month

State = Literal["Draft", "Open", "Paid", "Void"]
Proof = Literal["on_record", "missing", "not_required"]


class InvoiceDoesNotAddUp(CareTallyError):
    """The parts of an invoice do not sum to one another, so it must not be printed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Issuer:
    """The vendor as it shows itself on its invoices; `accent` is a colour such as `#0b6259`."""

    name: str
    address: tuple[str, ...] = ()
    contact: str = ""
    remit_to: tuple[str, ...] = ()
    accent: str = "#0b6259"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """The client and whoever its invoices are addressed to."""

    name: str
    bill_to: tuple[str, ...] = ()
    purchase_order: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceSummary:
    """One row of the summary: a code (or a flat service) at one price. `unit_price_cents` is None where units differ in price."""

    code: str
    label: str
    patients: int
    units: int
    unit_price_cents: int | None
    amount_cents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """What one patient-month is charged for one code (or flat service).

    `expected_cents` is what Medicare is expected to pay for the code (flat service: the claim), on its first charge only; None where it
    is not known, and `expected_note` says why. It is no part of the amount.
    """

    code: str
    label: str
    units: int
    unit_price_cents: int
    amount_cents: int
    expected_cents: int | None = None
    expected_note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What stands behind a line, each with the sentence that says so ("Verbal consent, 14 Mar 2026").

    `complexity_text` is of claims alone whose codes ask for a level of decision-making.
    """

    consent: Proof
    consent_text: str
    plan: Proof
    plan_text: str
    attestation: Proof
    attestation_text: str
    complexity_text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryDetail:
    """One time entry of a line, in the client's local time.

    `starts` and `ends` are HH:MM; `seconds` is what counted of it, `running_seconds` the sum so far in the order shown;
    `crosses` says that this entry reached a threshold of the codes billed.
    """

    day: date
    starts: str
    ends: str
    activity: str
    staff: str
    credential: str
    seconds: int
    running_seconds: int
    crosses: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientLine:
    """One patient-month: `code_text` is the codes with their units as printed; `fingerprint` is the start of its evidence hash.

    `thresholds_seconds` are the counted seconds at which each billed unit was reached, for a picture of them.
    """

    mrn: str
    name: str
    provider: str
    counted_seconds: int
    code_text: str
    charges: tuple[Charge, ...]
    amount_cents: int
    evidence: Evidence
    fingerprint: str
    explanation: str
    entries: tuple[EntryDetail, ...]
    thresholds_seconds: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtraLine:
    """A line that is no patient-month of this month: monthly minimum, platform fee, adjustment citing a closed line."""

    label: str
    detail: str
    amount_cents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NotBilled:
    """Why some of the enrolled are not on this invoice, and how many; each patient under one reason."""

    sentence: str
    patients: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that was checked before the invoice was made ("Lines add up to the total", "197 lines = $8,622.00")."""

    sentence: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoice:
    """An invoice for one client and month. Dates are given in, never taken from a clock; `evidence_fingerprint` is 64 hex digits.

    Raises `InvoiceDoesNotAddUp` when lines, summary, reasons not billed and enrolled do not agree.
    """

    number: str
    revision: int
    state: State
    issuer: Issuer
    recipient: Recipient
    month: Month
    timezone: str
    issued_on: date
    due_on: date
    terms_days: int
    agreement_version: str
    rule_set: str
    services: tuple[ServiceSummary, ...]
    lines: tuple[PatientLine, ...]
    extra_lines: tuple[ExtraLine, ...]
    not_billed: tuple[NotBilled, ...]
    enrolled: int
    checks: tuple[Check, ...]
    evidence_fingerprint: str

    def __post_init__(self) -> None:
        """Refuse an invoice whose parts disagree."""
        for wrong in (*_wrong_lines(self), *_wrong_sums(self)):
            raise InvoiceDoesNotAddUp(f"Invoice {self.shown_number}: {wrong}.")

    @property
    def shown_number(self) -> str:
        """Return the number with its revision, as in INV-2026-0406/2; the first revision shows none."""
        return self.number if self.revision == 1 else f"{self.number}/{self.revision}"

    @property
    def lines_cents(self) -> int:
        """Return the sum of the patient lines."""
        return sum(line.amount_cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        """Return what is due: patient lines and extra lines."""
        return self.lines_cents + sum(line.amount_cents for line in self.extra_lines)


def _wrong_lines(invoice: Invoice) -> list[str]:
    return [
        f"the line of patient {line.mrn} is {line.amount_cents} cents and its charges are not"
        for line in invoice.lines
        if sum(charge.amount_cents for charge in line.charges) != line.amount_cents
    ]


def _wrong_sums(invoice: Invoice) -> list[str]:
    summary = sum(service.amount_cents for service in invoice.services)
    not_billed = sum(reason.patients for reason in invoice.not_billed)
    billed = len(invoice.lines)
    return [
        *([f"the summary is {summary} cents and the lines are {invoice.lines_cents}"] if summary != invoice.lines_cents else []),
        *(
            [f"{billed} billed and {not_billed} not billed are not {invoice.enrolled} enrolled"]
            if billed + not_billed != invoice.enrolled
            else []
        ),
    ]
