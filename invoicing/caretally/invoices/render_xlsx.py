"""The invoice as a workbook: Summary, Lines, Entries, Not billed, Details."""

from __future__ import annotations

from caretally.files.cells import Cell, dollars
from caretally.files.xlsx_file import Column, Sheet, xlsx_bytes
from caretally.invoices.document import Invoice
from caretally.invoices.tables import ENTRY_COLUMNS, LINE_COLUMNS, entry_rows, line_rows

_SUMMARY = (
    Column(header="Code", width=12),
    Column(header="Service", kind="long_text", width=46),
    Column(header="Patients", kind="count", width=10),
    Column(header="Units", kind="count", width=10),
    Column(header="Unit price", kind="money", width=12),
    Column(header="Amount", kind="money", width=14),
)


def invoice_xlsx(invoice: Invoice) -> bytes:
    """Return the invoice as a workbook of typed cells; the same invoice is the same bytes."""
    sheets = (_summary(invoice), _lines(invoice), _entries(invoice), _not_billed(invoice), _details(invoice))
    return xlsx_bytes(sheets, title=f"Invoice {invoice.shown_number}", author=invoice.issuer.name)


def _summary(invoice: Invoice) -> Sheet:
    rows: list[tuple[Cell, ...]] = [
        (
            row.code,
            row.label,
            row.patients,
            row.units,
            None if row.unit_price_cents is None else dollars(row.unit_price_cents),
            dollars(row.amount_cents),
        )
        for row in invoice.services
    ]
    rows += [
        ("", f"{extra.label}, {extra.detail}" if extra.detail else extra.label, None, 1, None, dollars(extra.amount_cents))
        for extra in invoice.extra_lines
    ]
    total = ("Total", "", len(invoice.lines), None, None, dollars(invoice.total_cents))
    return Sheet(name="Summary", title=_title(invoice), columns=_SUMMARY, rows=rows, totals=total, landscape=False)


def _lines(invoice: Invoice) -> Sheet:
    amount = next(index for index, column in enumerate(LINE_COLUMNS) if column.header == "amount")
    totals: list[Cell] = [None] * len(LINE_COLUMNS)
    totals[0], totals[amount] = "Total", dollars(invoice.total_cents)
    return Sheet(name="Lines", title=_title(invoice), columns=LINE_COLUMNS, rows=list(line_rows(invoice)), totals=totals)


def _entries(invoice: Invoice) -> Sheet:
    return Sheet(name="Entries", title=_title(invoice), columns=ENTRY_COLUMNS, rows=list(entry_rows(invoice)))


def _not_billed(invoice: Invoice) -> Sheet:
    columns = (Column(header="Reason", kind="long_text", width=50), Column(header="Patients", kind="count", width=12))
    rows = [*((reason.sentence, reason.patients) for reason in invoice.not_billed), ("Billed", len(invoice.lines))]
    return Sheet(
        name="Not billed", title=_title(invoice), columns=columns, rows=rows, totals=("Enrolled", invoice.enrolled), landscape=False
    )


def _details(invoice: Invoice) -> Sheet:
    columns = (Column(header="Detail", width=24), Column(header="Value", kind="long_text", width=70))
    rows = [
        ("Invoice", invoice.shown_number),
        ("State", invoice.state),
        ("From", invoice.issuer.name),
        ("To", invoice.recipient.name),
        ("Bill to", ", ".join(invoice.recipient.bill_to)),
        ("Purchase order", invoice.recipient.purchase_order),
        ("Month", str(invoice.month)),
        ("Time zone", invoice.timezone),
        ("Issued", invoice.issued_on.isoformat()),
        ("Due", invoice.due_on.isoformat()),
        ("Terms", f"{invoice.terms_days} days"),
        ("Agreement", invoice.agreement_version),
        ("Rules", invoice.rule_set),
        ("Evidence fingerprint (SHA-256)", invoice.evidence_fingerprint),
        *((check.sentence, check.detail) for check in invoice.checks),
    ]
    return Sheet(name="Details", title=_title(invoice), columns=columns, rows=rows, landscape=False)


def _title(invoice: Invoice) -> str:
    return f"{invoice.shown_number}, {invoice.recipient.name}"
