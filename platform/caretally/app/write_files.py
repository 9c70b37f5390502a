"""Writes the files of a closed month: invoice and exception report, each as PDF, XLSX and CSV."""

from pathlib import Path

from sqlalchemy import Connection

from caretally.app.installation import Vendor
from caretally.app.patients_read import note_patients_read
from caretally.close.prepare import Client
from caretally.close.read_month import latest_client_month
from caretally.close.results import ClientResult
from caretally.exceptions.build_report import report_of_close
from caretally.exceptions.render_csv import exceptions_csv
from caretally.exceptions.render_pdf import exceptions_pdf
from caretally.exceptions.render_xlsx import exceptions_xlsx
from caretally.exceptions.report import ExceptionReport, MonthFigures
from caretally.files.atomic import write_together
from caretally.invoices.build_invoice import build_invoice
from caretally.invoices.document import Invoice
from caretally.invoices.render_csv import invoice_csv
from caretally.invoices.render_pdf import invoice_pdf
from caretally.invoices.render_xlsx import invoice_xlsx
from caretally.months import Month


def write_client_files(vendor: Vendor, client: Client, month: Month, result: ClientResult, *, out: Path) -> list[Path]:
    """Write the files of one closed client month into `out` and return their paths; the same month gives the same bytes every time.

    Reads in one transaction, whose audit event says so, and renders after it has ended.
    Raises `DependencyDown` when the disk is full; then no file appears.
    """
    assert result.client_month_id is not None
    with vendor.transaction() as connection:
        invoice = None
        if result.invoice is not None:
            invoice = build_invoice(connection, vendor_id=vendor.id, client_id=client.id, client_month_id=result.client_month_id)
        report = closed_report(connection, vendor, client, month, result)
        shown = {*report.record_numbers, *((line.mrn for line in invoice.lines) if invoice is not None else ())}
        note_patients_read(connection, "close", [(client.code, mrn) for mrn in shown], month=str(month))
    files = _report_files(report, out / in_file_name(f"exceptions-{client.code}-{month}"))
    if invoice is not None:
        files |= _invoice_files(invoice, out / in_file_name(f"{invoice.shown_number}-{client.code}"))
    write_together(files)
    return sorted(files)


def closed_report(connection: Connection, vendor: Vendor, client: Client, month: Month, result: ClientResult) -> ExceptionReport:
    """Return the exception report of a closed client month."""
    row = latest_client_month(connection, vendor_id=vendor.id, client_id=client.id, month=month)
    assert row is not None and result.client_month_id == row["id"]
    figures = MonthFigures(
        vendor=vendor.name,
        client=client.name,
        month=month,
        timezone=client.timezone,
        state="Closed",
        invoice_number=result.invoice.number if result.invoice else "",
        enrolled=result.enrolled,
        billable=result.billable,
        held=result.held,
        not_billable=result.not_billable,
        billable_cents=result.invoice.total_cents if result.invoice else 0,
        raw_seconds=result.raw_seconds,
        counted_seconds=result.counted_seconds,
        rule_set=row["rule_set"],
    )
    return report_of_close(connection, figures, vendor_id=vendor.id, client_id=client.id, client_month_id=row["id"])


def in_file_name(words: str) -> str:
    """Return words as they may stand in the name of a file: nothing in them leads to another folder."""
    return words.replace("/", "-").replace("\\", "-")


def _invoice_files(invoice: Invoice, stem: Path) -> dict[Path, bytes]:
    return _named(stem, pdf=invoice_pdf(invoice), xlsx=invoice_xlsx(invoice), csv=invoice_csv(invoice))


def _report_files(report: ExceptionReport, stem: Path) -> dict[Path, bytes]:
    return _named(stem, pdf=exceptions_pdf(report), xlsx=exceptions_xlsx(report), csv=exceptions_csv(report))


def _named(stem: Path, **contents: bytes) -> dict[Path, bytes]:
    return {stem.with_name(f"{stem.name}.{ending}"): content for ending, content in contents.items()}
