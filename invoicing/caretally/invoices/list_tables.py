"""The list of invoices as CSV and as a workbook: the rows that the page shows, with their total."""

from collections.abc import Sequence

from caretally.files.cells import Cell, dollars
from caretally.files.csv_file import csv_bytes
from caretally.files.xlsx_file import Column, Sheet, xlsx_bytes
from caretally.invoices.find_invoices import FoundInvoices

COLUMNS = (
    Column(header="invoice", width=17),
    Column(header="client", width=30),
    Column(header="month", width=9),
    Column(header="issued_on", kind="date", width=11),
    Column(header="due_on", kind="date", width=11),
    Column(header="patients", kind="count", width=10),
    Column(header="amount", kind="money", width=14),
    Column(header="state", width=10),
    Column(header="open_questions", kind="count", width=10),
)


def list_csv(found: FoundInvoices) -> bytes:
    """Return one row for each invoice found; money in dollars."""
    return csv_bytes([column.header for column in COLUMNS], _rows(found))


def list_xlsx(found: FoundInvoices, *, author: str) -> bytes:
    """Return the same as a workbook, with the sum of those that are not void under it."""
    totals: list[Cell] = ["Total without void ones", "", "", None, None, None, dollars(found.found_cents), "", None]
    sheet = Sheet(name="Invoices", columns=COLUMNS, rows=_rows(found), totals=totals)
    return xlsx_bytes((sheet,), title="Invoices", author=author)


def _rows(found: FoundInvoices) -> Sequence[Sequence[Cell]]:
    return [
        (
            row.number,
            row.client,
            str(row.month),
            row.issued_on,
            row.due_on,
            row.patients,
            dollars(row.total_cents),
            row.state,
            row.questions,
        )
        for row in found.rows
    ]
