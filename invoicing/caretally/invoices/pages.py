"""The pages of invoices: the list, one invoice with its lines, and its files."""

from uuid import UUID

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from caretally.audit.chain import append_event
from caretally.invoices.document import Invoice
from caretally.invoices.find_invoices import PAGE_SIZE, find_invoices, invoice_of
from caretally.invoices.render_csv import invoice_csv
from caretally.invoices.render_pdf import invoice_pdf
from caretally.invoices.render_xlsx import invoice_xlsx
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in
from caretally.web.queries import number_in_query
from caretally.web.search_words import words_in_query

pages = Blueprint("invoices", __name__, template_folder="templates", url_prefix="/invoices")
MOST_PAGES = 100_000
FILES = {
    "pdf": (invoice_pdf, "application/pdf"),
    "csv": (invoice_csv, "text/csv; charset=utf-8"),
    "xlsx": (invoice_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@pages.get("")
@requires("read_invoices")
def listed() -> ResponseReturnValue:
    """List invoices, all or those that hold the words looked for."""
    words = words_in_query("q")
    found = find_invoices(connection(), vendor_id=signed_in().vendor_id, words=words, page=page_in_query())
    return render_template("invoices/listed.html", found=found, words=words)


@pages.get("/<uuid:invoice_id>")
@requires("read_invoices")
def show(invoice_id: UUID) -> ResponseReturnValue:
    """Show an invoice; `open` is the number of the line whose entries are shown."""
    invoice = wanted(invoice_id, form="page")
    page, opened = page_in_query(), number_in_query("open", otherwise=0)
    first = (page - 1) * PAGE_SIZE
    lines = list(enumerate(invoice.lines, start=1))[first : first + PAGE_SIZE]
    longest = max((line.counted_seconds for line in invoice.lines), default=1) or 1
    return render_template(
        "invoices/show.html", invoice=invoice, invoice_id=invoice_id, lines=lines, page=page, opened=opened, longest=longest, size=PAGE_SIZE
    )


@pages.get("/<uuid:invoice_id>/file.<ending>")
@requires("read_invoices")
def download(invoice_id: UUID, ending: str) -> ResponseReturnValue:
    """Give the invoice as PDF, CSV or XLSX, the same bytes that the close writes."""
    if ending not in FILES:
        abort(404)
    invoice = wanted(invoice_id, form=ending)
    render, kind = FILES[ending]
    name = f"{invoice.shown_number.replace('/', '-')}.{ending}"
    return Response(render(invoice), mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def wanted(invoice_id: UUID, *, form: str) -> Invoice:
    """Return the invoice of the address, and note in the audit log that its patients were read and in which form."""
    invoice = invoice_of(connection(), invoice_id, vendor_id=signed_in().vendor_id)
    append_event(connection(), action="invoice.read", detail={"invoice_id": invoice_id, "patients": len(invoice.lines), "form": form})
    return invoice


def page_in_query() -> int:
    """Return the number of the page asked for, the first one for a number beyond all lists."""
    page = number_in_query("page", otherwise=1)
    return page if page <= MOST_PAGES else 1
