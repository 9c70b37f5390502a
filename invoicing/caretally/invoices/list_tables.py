"""The list of invoices as the cells of its files."""

from caretally.db.lists import PricedPage
from caretally.files.cells import Cell, dollars
from caretally.files.xlsx_file import Column
from caretally.invoices.find_invoices import InvoiceRow

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


def list_rows(found: PricedPage[InvoiceRow]) -> list[tuple[Cell, ...]]:
    """Return one row for each invoice found; money in dollars."""
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


def list_totals(found: PricedPage[InvoiceRow]) -> tuple[Cell, ...]:
    """Return what stands under them: the sum of those that are not void."""
    return ("Total without void ones", "", "", None, None, None, dollars(found.found_cents), "", None)
