"""What a close, a preview or a parked client looks like to its caller."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from caretally.errors import BlockedByExceptions, CareTallyError, Conflict
from caretally.money import format_dollars


class ClientParked(BlockedByExceptions):
    """One client cannot be closed; the others go on."""

    code = "parked"

    def __init__(self, gate_code: str, message: str) -> None:
        """Take the gate's code and the sentence that says what to do."""
        super().__init__(message)
        self.gate_code = gate_code


class PreviewChanged(Conflict):
    """What was previewed is not what would be closed now."""

    code = "preview_changed"


class ClosedMeanwhile(Conflict):
    """Another process closed the month first."""

    code = "closed_meanwhile"


class ConservationBreach(CareTallyError):
    """A second or a cent would be lost or counted twice; nothing was written."""

    code = "conservation_breach"


@dataclass(frozen=True)
class InvoiceSummary:
    """The invoice of a close; cents; `patient_months` counts the patients billed."""

    number: str
    total_cents: int
    lines: int
    patient_months: int


@dataclass(frozen=True)
class ClientResult:
    """The outcome for one client: `status` is closed, previewed, parked or nothing; seconds and counts as in interface.md.

    `code` names why it is parked: the gate's code, else the error's."""

    client: str
    status: str
    enrolled: int = 0
    billable: int = 0
    held: int = 0
    not_billable: int = 0
    raw_seconds: int = 0
    counted_seconds: int = 0
    excluded_seconds: dict[str, int] = field(default_factory=dict)
    exceptions: dict[str, int] = field(default_factory=dict)
    invoice: InvoiceSummary | None = None
    parked_reason: str | None = None
    revision: int = 1
    client_month_id: UUID | None = None
    error_exit_code: int = 0
    code: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the object of `close --json`."""
        names = "client status enrolled billable held not_billable raw_seconds counted_seconds excluded_seconds exceptions".split()
        invoice = None if self.invoice is None else vars(self.invoice)
        return {name: getattr(self, name) for name in names} | {"invoice": invoice, "parked_reason": self.parked_reason}

    def conservation(self) -> str:
        """Return the sentence that a billing admin reads first."""
        total = "" if self.invoice is None else f", {format_dollars(self.invoice.total_cents)}"
        return f"{self.enrolled:,} enrolled = {self.billable:,} billable + {self.held:,} held + {self.not_billable:,} not billable{total}"
