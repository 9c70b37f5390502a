"""The pages of invoices: the list, one invoice with its lines, what was not billed, asking about a line, and the files."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.audit.chain import Detail, append_with_commit
from caretally.cms.kept_rule_tables import kept_rule_tables
from caretally.evaluation.explain import explanation
from caretally.files.table_file import TABLE_ENDINGS, table_file
from caretally.invoices.find_invoices import FIRST_SORT, SENT_STATES, SORTS, STATES, Wanted, choices, find_invoices, invoice_of
from caretally.invoices.invoice_page import (
    ONLY,
    InvoicePage,
    LineOnPage,
    LinesSaid,
    LinesWanted,
    Sums,
    in_print,
    invoice_head,
    invoice_page,
    is_page_of_print,
    lines_chosen,
    lines_now,
    lines_on_page,
    printed_lines,
    sums_of,
)
from caretally.invoices.invoice_page import SORTS as LINE_SORTS
from caretally.invoices.invoice_parts import NO_LINES, Looked, for_lines, invoice_parts
from caretally.invoices.list_tables import COLUMNS, list_rows, list_totals
from caretally.invoices.made_files import ask_for_file, file_of, note_given
from caretally.invoices.not_billed import patients_not_billed
from caretally.invoices.render_csv import invoice_csv
from caretally.invoices.render_pdf import invoice_pdf
from caretally.invoices.render_xlsx import invoice_xlsx
from caretally.invoices.send import DraftsChanged, NothingToSend, drafts, send_invoices
from caretally.months import Month, NotAMonth
from caretally.patient_months.behind import Behind, behind, documented_decision
from caretally.questions.ask import AmountRefused, DayRefused, NothingSaid, ask
from caretally.questions.pages import AskForm, asked_in, default_day, tell_other_side
from caretally.questions.threads import disputed_of_lines, threads_of_line
from caretally.saved_views.pages import offered_views
from caretally.web.access import requires
from caretally.web.attachment import attachment
from caretally.web.columns import Columns
from caretally.web.edge import connection, signed_in
from caretally.web.form import EMPTY, Filled, Form, typed_into
from caretally.web.parts import kept_or_made, whose
from caretally.web.queries import id_in_query, number_in_query, page_in_query
from caretally.web.search_words import address_words, words_in_query

pages = Blueprint("invoices", __name__, template_folder="templates", url_prefix="/invoices")
COLUMN_CHOICE = Columns(
    "invoices",
    "The number",
    {
        "client": "Client",
        "month": "Month",
        "issued": "Issued",
        "due": "Due",
        "patients": "Patients",
        "questions": "Questions",
        "amount": "Amount",
        "state": "State",
    },
    frozenset({"number"}),
)
KEPT = ("q", "only", "sort", "page", "open")
FILES = {"pdf": invoice_pdf, "csv": invoice_csv, "xlsx": invoice_xlsx}


class SendForm(Form):
    """The drafts that the question showed, and what they came to in cents."""

    invoice = fields.List(fields.UUID(), required=True)
    shown_cents = fields.Integer(required=True)


@pages.get("")
@requires("read_invoices")
def listed() -> ResponseReturnValue:
    """List invoices, all or those that the address asks for."""
    wanted = list_in_query()
    found = find_invoices(connection(), wanted, vendor_id=signed_in().vendor_id, page=page_in_query())
    offered = choices(connection(), vendor_id=signed_in().vendor_id)
    states = STATES if signed_in().clients is None else SENT_STATES
    columns = COLUMN_CHOICE.shown()
    return render_template(
        "invoices/listed.html",
        found=found,
        wanted=wanted,
        choices=offered,
        states=states,
        kept=kept_query,
        columns=columns,
        views=offered_views(columns.table),
    )


@pages.get("/list.<ending>")
@requires("export")
def list_file(ending: str) -> ResponseReturnValue:
    """Give the list as CSV or XLSX, with all that the page's filters find."""
    if ending not in TABLE_ENDINGS:
        abort(404)
    found = find_invoices(connection(), list_in_query(), vendor_id=signed_in().vendor_id, size=None)
    append_with_commit(connection(), action="invoices.exported", detail={"invoices": found.found, "form": ending})
    made = table_file(ending, COLUMNS, list_rows(found), title="Invoices", author=signed_in().vendor_name, totals=list_totals(found))
    return attachment(made, f"invoices.{ending}")


@pages.route("/send", methods=["GET", "POST"])
@requires("send_invoice")
def send() -> ResponseReturnValue:
    """Ask before drafts are sent, of a month, of some invoices or all, with counts and money; send exactly what was shown."""
    month, wrong = month_in_query("month"), ""
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
    return invoice_shown(invoice_id, EMPTY)


def invoice_shown(invoice_id: UUID, filled: Filled) -> str:
    """Return the page of an invoice with a form about its open line, and note in the audit log how many patients were read.

    The note is the last thing done, since it locks the head of the vendor's chain, for which everybody's next page waits.
    """
    who, wanted = signed_in(), lines_in_query()
    head = invoice_head(connection(), invoice_id, vendor_id=who.vendor_id)
    sums, tables = kept_sums(head), kept_rule_tables(connection(), head.rule_tables_now)
    looked = Looked(wanted=replace(wanted, opened=None), sealed=address_words(wanted.words), permissions=who.permissions)
    whole = wanted.opened is not None
    said = None if whole else kept_lines(head, sums, wanted)
    beside, detail = with_lines(InvoicePage(head, sums, tables), wanted, filled) if whole else ({"shown": None}, {"opened": None})
    page = render_template(
        "invoices/show.html",
        number=head.number,
        invoice_id=invoice_id,
        parts=invoice_parts(head, sums, tables, said=said, looked=looked),
        wanted=wanted,
        query=looked.query,
        **beside,
    )
    many: dict[str, Detail] = {"invoice_id": invoice_id, "patients": said.many if said else 0, "form": "page"}
    append_with_commit(connection(), action="invoice.read", detail=many | detail)
    return page


def kept_sums(head: Any) -> Sums:
    """Return what an invoice says for ever, added up at its first page in this process; `head` was read in this transaction, so it may be seen."""
    return kept_or_made(("sums", whose(), head.vendor_id, head.client_id, head.id), lambda: sums_of(connection(), head))


def kept_lines(head: Any, sums: Sums, wanted: LinesWanted) -> LinesSaid:
    """Return the lines of a page; what never changes of one in the order of the print is read at its first page in this process, as the sums are."""
    if not in_print(sums, wanted):
        return lines_chosen(connection(), head, sums, wanted)
    # pages beyond the last have no end
    if not is_page_of_print(sums, wanted.page):
        return NO_LINES
    key = ("lines", whose(), head.vendor_id, head.client_id, head.id, wanted.page)
    printed = kept_or_made(key, lambda: printed_lines(connection(), head, sums, wanted))
    return lines_now(connection(), head, sums, wanted, printed)


def with_lines(invoice: InvoicePage, wanted: LinesWanted, filled: Filled) -> tuple[dict[str, Any], dict[str, Detail]]:
    """Return what the page takes of lines of which one may be open, and what the audit log is told of them."""
    shown = lines_on_page(connection(), invoice, wanted)
    opened = next((line for line in shown.lines if line.number == wanted.opened), None)
    beside = opened_line(invoice, opened) if opened else {}
    taken = {
        "invoice": invoice,
        "shown": shown,
        "opened": opened,
        "filled": filled if filled.typed else first_form(opened, beside.get("disputed", {})),
        "side": "vendor" if signed_in().clients is None else "practice",
        **for_lines(signed_in().permissions),
        **beside,
    }
    return taken, {"patients": len(shown.lines), "opened": opened.row["id"] if opened else None}


def opened_line(invoice: InvoicePage, opened: LineOnPage) -> dict[str, Any]:
    """Return what stands behind the open line: its entries and decision, and the threads about it."""
    month = behind(connection(), opened.row, invoice.tables)
    threads = (
        threads_of_line(connection(), vendor_id=signed_in().vendor_id, invoice_id=invoice.row["id"], patient_month_id=opened.row["id"])
        if opened.threads
        else ()
    )
    return {
        "behind": month,
        "told_proofs": proofs_of_line(opened, month),
        "threads": threads,
        "disputed": disputed_of_lines(threads),
        "explanation": explanation,
    }


def proofs_of_line(opened: LineOnPage, month: Behind) -> list[tuple[str, str, str]]:
    """Return the state of each proof of the open line, its sentence, and who and what stands behind it."""
    evidence, papers = opened.evidence, month.papers
    consent, version = papers.get("consent"), papers.get("reviewed_version")
    taken = (
        f"{consent['method'].capitalize()} consent" + (f", taken by {consent['taken_by']}" if consent["taken_by"] else "")
        if consent
        else ""
    )
    reviewed = f"the last review was of version {version}" if version not in (None, opened.row["plan_version"]) else ""
    documented = documented_decision(month.decision, papers.get("mdm"))
    return [
        (evidence.consent, evidence.consent_text, taken),
        (evidence.plan, evidence.plan_text, reviewed),
        *([("on_record", *documented)] if documented else []),
        (evidence.attestation, evidence.attestation_text, ""),
    ]


def first_form(opened: LineOnPage | None, disputed: Mapping[UUID, int]) -> Filled:
    """Return the form as it is first seen: the first charge of the line of which something is left to dispute, and what is left of it."""
    if opened is None:
        return EMPTY
    first = next((one for one in opened.charges if one.cents > disputed.get(one.id, 0)), opened.charges[0])
    left = max(first.cents - disputed.get(first.id, 0), 0)
    amount = f"{left // 100}.{left % 100:02d}" if left else ""
    return Filled({"thread": str(uuid4()), "line": str(first.id), "amount": amount, "answer_by": default_day()})


@pages.post("/<uuid:invoice_id>/ask")
@requires("ask_questions")
def asked(invoice_id: UUID) -> ResponseReturnValue:
    """Begin a question or a dispute about the open line; the other side hears of it by mail once it is kept."""
    filled = typed_into(AskForm())
    kept: dict[str, Any] = {name: request.args[name] for name in KEPT if name in request.args}
    back = url_for("invoices.show", invoice_id=invoice_id, **kept)
    if filled.given:
        try:
            question = asked_in(filled.given, invoice_id)
            if ask(connection(), question, vendor_id=signed_in().vendor_id, name=signed_in().name):
                tell_other_side(question.id)
            return redirect(f"{back}#thread-{question.id}", 303)
        except AmountRefused as error:
            filled = filled.refused(amount=error.message)
        except DayRefused as error:
            filled = filled.refused(answer_by=error.message)
        except NothingSaid as error:
            filled = filled.refused(said=error.message)
    return invoice_shown(invoice_id, filled), 422


@pages.get("/<uuid:invoice_id>/not-billed/<reason>")
@requires("read_invoices")
def not_billed(invoice_id: UUID, reason: str) -> ResponseReturnValue:
    """Show the patients of the invoice's month who are not billed for a reason."""
    invoice = invoice_page(connection(), invoice_id, vendor_id=signed_in().vendor_id)
    found = patients_not_billed(connection(), invoice, reason, page=page_in_query())
    append_with_commit(
        connection(), action="not-billed.read", detail={"invoice_id": invoice_id, "reason": reason, "patients": len(found.patients)}
    )
    return render_template("invoices/not_billed.html", invoice=invoice, invoice_id=invoice_id, found=found)


@pages.get("/<uuid:invoice_id>/file.<ending>")
@requires("export")
def download(invoice_id: UUID, ending: str) -> ResponseReturnValue:
    """Give the invoice as PDF, CSV or XLSX, the same bytes that the close writes; a long one is made in the background and kept."""
    if ending not in FILES:
        abort(404)
    if signed_in().clients is None:
        made = file_of(connection(), invoice_id, ending, vendor_id=signed_in().vendor_id)
        if made.content is not None:
            note_given(connection(), invoice_id, patients=made.patients, form=ending)
            return attachment(made.content, made.name)
        if made.takes_long(ending):
            return redirect(url_for("jobs.show", job_id=ask_for_file(connection(), invoice_id, ending, seq=made.seq)), 303)
    invoice = invoice_of(connection(), invoice_id, vendor_id=signed_in().vendor_id)
    note_given(connection(), invoice_id, patients=len(invoice.lines), form=ending)
    return attachment(FILES[ending](invoice), f"{invoice.shown_number.replace('/', '-')}.{ending}")


def as_id(written_id: str) -> UUID | None:
    """Return an id as an address writes it, None for what is none."""
    try:
        return UUID(written_id)
    except ValueError:
        return None


def list_in_query() -> Wanted:
    """Return what the address asks of the list; what it says wrongly is as if it were not there."""
    sort, state = request.args.get("sort", ""), request.args.get("state", "")
    return Wanted(
        words=words_in_query("q"),
        client_id=id_in_query("client"),
        month=month_in_query("month"),
        state=state if state in STATES else "",
        sort=sort if sort in SORTS else FIRST_SORT,
    )


def lines_in_query() -> LinesWanted:
    """Return which lines the address asks for."""
    only, sort = request.args.get("only", ""), request.args.get("sort", "")
    return LinesWanted(
        words=words_in_query("q"),
        only=only if only in ONLY else "all",
        sort=sort if sort in LINE_SORTS else "line",
        page=page_in_query(),
        opened=number_in_query("open", otherwise=0) or None,
    )


def month_in_query(name: str) -> Month | None:
    """Return a month of the address, None for what is none."""
    try:
        return Month.parse(request.args.get(name, ""))
    except NotAMonth:
        return None


def kept_choice(chosen: str, first: str) -> str | None:
    """Return a choice for an address, None for the one that needs no word."""
    return None if chosen == first else chosen


def kept_query(wanted: Wanted, **changes: Any) -> dict[str, Any]:
    """Return what an address says of a list, with changes; what is as at first is left out."""
    said = {
        "q": address_words(wanted.words),
        "client": wanted.client_id,
        "month": wanted.month,
        "state": wanted.state,
        "sort": kept_choice(wanted.sort, FIRST_SORT),
        "columns": COLUMN_CHOICE.shown().address,
    }
    return {name: value for name, value in (said | changes).items() if value}
