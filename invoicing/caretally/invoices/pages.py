"""The pages of invoices: the list, one invoice with its lines, and its files."""

from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from caretally.invoices.document import Invoice
from caretally.invoices.find_invoices import PAGE_SIZE, find_invoices, invoice_of
from caretally.invoices.render_csv import invoice_csv
from caretally.invoices.render_pdf import invoice_pdf
from caretally.invoices.render_xlsx import invoice_xlsx
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in

pages = Blueprint("invoices", __name__, template_folder="templates", url_prefix="/invoices")
LONGEST_WORDS = 100
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
    words = printable(request.args.get("q", ""))
    found = find_invoices(connection(), vendor_id=signed_in().vendor_id, words=words, page=number_in_query("page"))
    return render_template("invoices/listed.html", found=found, words=words)


@pages.get("/<uuid:invoice_id>")
@requires("read_invoices")
def show(invoice_id: UUID) -> ResponseReturnValue:
    """Show an invoice; `open` is the number of the line whose entries are shown."""
    invoice = wanted(invoice_id)
    page, opened = number_in_query("page"), number_in_query("open", otherwise=0)
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
    invoice = wanted(invoice_id)
    render, kind = FILES[ending]
    name = f"{invoice.shown_number.replace('/', '-')}.{ending}"
    return Response(render(invoice), mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def wanted(invoice_id: UUID) -> Invoice:
    """Return the invoice of the address."""
    return invoice_of(connection(), invoice_id, vendor_id=signed_in().vendor_id)


def number_in_query(name: str, *, otherwise: int = 1) -> int:
    """Return a whole number from the address's query; anything else is as if it were not there."""
    given = request.args.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and 1 <= len(given) <= 6 and 1 <= int(given) <= MOST_PAGES else otherwise


def printable(given: str) -> str:
    """Return words to look for without what cannot be printed (the database takes no NUL), cut at 100 letters."""
    return "".join(letter for letter in given if letter.isprintable())[:LONGEST_WORDS]
