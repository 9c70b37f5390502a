"""The patients of a month who are not on its invoice for one reason, each with the explanation of the close."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from caretally.cms.rule_tables import Gate
from caretally.db.lists import PAGE_SIZE, page_count
from caretally.errors import NothingToDo
from caretally.evaluation.decided import Decision
from caretally.evaluation.explain import explanation
from caretally.evaluation.program_lines import lines_of_close
from caretally.invoices.invoice_page import InvoicePage, statement
from caretally.waivers.in_force import waived_in_close


class NoSuchReason(NothingToDo):
    """No reason of the rules has this code."""

    code = "no_such_reason"


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientNotBilled:
    """One patient who is not billed; seconds, cents that wait on it, and the whole why."""

    patient_id: UUID
    name: str
    mrn: str
    provider: str
    outcome: str
    counted_seconds: int
    held_cents: int
    explanation: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientsNotBilled:
    """A page of them, how many there are in all and what waits on them in cents; pages count from 1."""

    gate: Gate
    patients: tuple[PatientNotBilled, ...]
    found: int
    held_cents: int
    page: int

    @property
    def pages(self) -> int:
        """The number of pages, at least 1."""
        return page_count(self.found)


def patients_not_billed(connection: Connection, invoice: InvoicePage, reason: str, *, page: int) -> PatientsNotBilled:
    """Return the patients of the invoice's month behind a reason. Raises `NoSuchReason`."""
    gate = invoice.tables.gates.get(reason)
    if gate is None:
        raise NoSuchReason("There is no such reason; choose one beside the invoice.")
    month = {name: invoice.row[name] for name in ("vendor_id", "client_id", "client_month_id")}
    key = month | {"reason": reason, "size": PAGE_SIZE, "start": (page - 1) * PAGE_SIZE}
    rows = connection.execute(statement("not_billed"), key).mappings().all()
    programs, waived = lines_of_close(connection, **month), waived_in_close(connection, **month)
    patients = []
    for row in rows:
        patient = row["patient_id"]
        decision = Decision.of_row(dict(row), invoice.tables, programs.get(patient, ()), waived=waived.get(patient, ()))
        patients.append(
            PatientNotBilled(
                patient_id=patient,
                name=row["patient_name"],
                mrn=row["mrn"],
                provider=row["provider_name"],
                outcome=decision.outcome,
                counted_seconds=decision.counted_seconds,
                held_cents=row["held_cents"],
                explanation=explanation(decision),
            )
        )
    first = rows[0] if rows else {"found": 0, "found_cents": 0}
    return PatientsNotBilled(gate=gate, patients=tuple(patients), found=first["found"], held_cents=first["found_cents"], page=page)
