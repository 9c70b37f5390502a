"""The pages of invoices: the list, one invoice with its lines, and its files."""

from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.audit.chain import append_event
from caretally.invoices.document import Invoice
from caretally.invoices.find_invoices import PAGE_SIZE, find_invoices, invoice_of
from caretally.invoices.render_csv import invoice_csv
from caretally.invoices.render_pdf import invoice_pdf
from caretally.invoices.render_xlsx import invoice_xlsx
from caretally.invoices.send import DraftsChanged, NothingToSend, drafts, send_invoices
from caretally.months import Month, NotAMonth
from caretally.web.access import requires
from caretally.web.edge import connection, signed_in
from caretally.web.queries import number_in_query
from caretally.web.search_words import words_in_query
from caretally.web.form import Form, typed_into

pages = Blueprint("invoices", __name__, template_folder="templates", url_prefix="/invoices")
MOST_PAGES = 100_000
FILES = {
    "pdf": (invoice_pdf, "application/pdf"),
    "csv": (invoice_csv, "text/csv; charset=utf-8"),
    "xlsx": (invoice_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


class SendForm(Form):
    """The drafts that the question showed, and what they came to in cents."""

    invoice = fields.List(fields.UUID(), required=True)
    shown_cents = fields.Integer(required=True)


@pages.get("")
@requires("read_invoices")
def listed() -> ResponseReturnValue:
    """List invoices, all or those that hold the words looked for."""
    words = words_in_query("q")
    found = find_invoices(connection(), vendor_id=signed_in().vendor_id, words=words, page=page_in_query())
    return render_template("invoices/listed.html", found=found, words=words)


@pages.route("/send", methods=["GET", "POST"])
@requires("send_invoice")
def send() -> ResponseReturnValue:
    """Ask before drafts are sent, of a month, of some invoices or all, with counts and money; send exactly what was shown."""
    month, wrong = month_in_query(), ""
    chosen = [one for one in map(as_id, request.args.getlist("invoice")) if one is not None]
    if request.method == "POST":
        given = typed_into(SendForm()).given
        try:
            sent = send_invoices(connection(), given.get("invoice", ()), shown_cents=given.get("shown_cents", 0))
            return redirect(url_for("months.show", month=sent[0].month, sent=len(sent)), 303)
        except (DraftsChanged, NothingToSend) as error:
            wrong = error.message
            chosen = list(given.get("invoice", ()))
    found = drafts(connection(), month=month, invoices=chosen)
    return render_template("invoices/send.html", found=found, month=month and str(month), wrong=wrong), 412 if wrong else 200


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


def month_in_query() -> Month | None:
    """Return the month that the address names, None for none."""
    try:
        return Month.parse(request.args.get("month", ""))
    except NotAMonth:
        return None


def as_id(written_id: str) -> UUID | None:
    """Return an id as an address writes it, None for what is none."""
    try:
        return UUID(written_id)
    except ValueError:
        return None


def page_in_query() -> int:
    """Return the number of the page asked for, the first one for a number beyond all lists."""
    page = number_in_query("page", otherwise=1)
    return page if page <= MOST_PAGES else 1
