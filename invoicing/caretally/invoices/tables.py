"""The tables of an invoice, as its CSV and XLSX both show them."""

from __future__ import annotations

from collections.abc import Iterator

from caretally.files.cells import Cell, dollars, minutes
from caretally.files.xlsx_file import Column
from caretally.invoices.document import Charge, Invoice, PatientLine

_WORDS = {"on_record": "on record", "missing": "missing", "not_required": "not required"}
# The headers are a contract: add at the end, rename nothing.
LINE_COLUMNS = (
    Column(header="invoice", width=17),
    Column(header="month", width=9),
    Column(header="client", width=26),
    Column(header="line", kind="count", width=6),
    Column(header="kind", width=9),
    Column(header="mrn", width=14),
    Column(header="patient", width=28),
    Column(header="provider", width=22),
    Column(header="code", width=12),
    Column(header="service", width=34),
    Column(header="units", kind="count", width=7),
    Column(header="unit_price", kind="money", width=11),
    Column(header="amount", kind="money", width=12),
    Column(header="codes", width=20),
    Column(header="counted_seconds", kind="count", width=10),
    Column(header="counted_minutes", kind="minutes", width=10),
    Column(header="consent", width=12),
    Column(header="care_plan", width=12),
    Column(header="attestation", width=13),
    Column(header="evidence", width=18),
    Column(header="agreement", width=22),
    Column(header="rule_set", width=14),
    Column(header="explanation", kind="long_text", width=60),
    Column(header="expected_medicare", kind="money", width=12),
    Column(header="expected_medicare_note", kind="long_text", width=40),
)
ENTRY_COLUMNS = (
    Column(header="invoice", width=17),
    Column(header="mrn", width=14),
    Column(header="patient", width=28),
    Column(header="day", kind="date", width=11),
    Column(header="from", width=7),
    Column(header="to", width=7),
    Column(header="activity", kind="long_text", width=50),
    Column(header="staff", width=20),
    Column(header="credential", width=11),
    Column(header="seconds", kind="count", width=9),
    Column(header="running_seconds", kind="count", width=10),
    Column(header="threshold_reached", width=10),
)


def line_rows(invoice: Invoice) -> Iterator[tuple[Cell, ...]]:
    """Yield one row for each charge of each patient line, then one for each extra line; the amounts add up to the invoice."""
    for number, line in enumerate(invoice.lines, start=1):
        for charge in line.charges:
            yield _charge_row(invoice, number, line, charge)
    for number, extra in enumerate(invoice.extra_lines, start=len(invoice.lines) + 1):
        head = (invoice.shown_number, str(invoice.month), invoice.recipient.name, number, "extra", "", "", "")
        price = dollars(extra.amount_cents)
        yield (
            *head,
            "",
            extra.label,
            1,
            price,
            price,
            "",
            None,
            None,
            "",
            "",
            "",
            "",
            invoice.agreement_version,
            invoice.rule_set,
            extra.detail,
            None,
            "",
        )


def _charge_row(invoice: Invoice, number: int, line: PatientLine, charge: Charge) -> tuple[Cell, ...]:
    evidence = line.evidence
    return (
        invoice.shown_number,
        str(invoice.month),
        invoice.recipient.name,
        number,
        "patient",
        line.mrn,
        line.name,
        line.provider,
        charge.code,
        charge.label,
        charge.units,
        dollars(charge.unit_price_cents),
        dollars(charge.amount_cents),
        line.code_text,
        line.counted_seconds,
        minutes(line.counted_seconds),
        _WORDS[evidence.consent],
        _WORDS[evidence.plan],
        _WORDS[evidence.attestation],
        line.fingerprint,
        invoice.agreement_version,
        invoice.rule_set,
        line.explanation,
        None if charge.expected_cents is None else dollars(charge.expected_cents),
        charge.expected_note,
    )


def entry_rows(invoice: Invoice) -> Iterator[tuple[Cell, ...]]:
    """Yield one row for each time entry behind each patient line, in the order of the lines."""
    for line in invoice.lines:
        for entry in line.entries:
            yield (
                invoice.shown_number,
                line.mrn,
                line.name,
                entry.day,
                entry.starts,
                entry.ends,
                entry.activity,
                entry.staff,
                entry.credential,
                entry.seconds,
                entry.running_seconds,
                "yes" if entry.crosses else "",
            )
