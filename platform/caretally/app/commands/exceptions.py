"""`caretally exceptions`: the exception report of a month, closed or as it stands now."""

import json
import sys
from datetime import date
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, text

from caretally.app.installation import Installation, Vendor
from caretally.app.patients_read import note_patients_read
from caretally.app.write_files import closed_report
from caretally.close.close_month import clients_to_close
from caretally.close.prepare import Client, prepare
from caretally.close.read_month import closed_result, latest_client_month
from caretally.errors import UsageMistake
from caretally.evaluation.parameters import ClientMonth
from caretally.exceptions.build_report import CameSince, report_of_preview
from caretally.exceptions.render_csv import exceptions_csv
from caretally.exceptions.render_xlsx import exceptions_xlsx
from caretally.exceptions.report import Adjustment, ClientNote, ExceptionReport, MonthFigures
from caretally.money import format_dollars
from caretally.months import Month

PIPE_WIDTH = 200  # no terminal, so no code is folded
REVIEWS = text(
    "SELECT c.code AS client, p.mrn, r.code, r.due_on FROM overpayment_review r "
    "JOIN patient_month p ON p.vendor_id = r.vendor_id AND p.client_id = r.client_id "
    "AND p.id = r.patient_month_id JOIN client c ON c.vendor_id = r.vendor_id AND c.client_id = r.client_id WHERE p.month = :month ORDER BY 1, 2"
)


@click.command("exceptions")
@click.argument("month")
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@click.option("--client", "codes", multiple=True, help="code of a client; again for more, none for all")
@click.option("--format", "form", type=click.Choice(["table", "csv", "xlsx", "json"]), default="table", help="how to print it")
@click.option("--json", "as_json", is_flag=True, help="the same as --format json")
def exceptions_command(month: str, vendor_word: str, codes: tuple[str, ...], form: str, as_json: bool) -> None:
    """Print what is held, not billable or worth a look in MONTH: code, sentence, owner, fix and money held."""
    chosen = Month.parse(month)
    vendor = Installation().vendor(vendor_word)
    with vendor.transaction() as connection:
        told = [(client, *report_now(connection, vendor, client, chosen)) for client in clients_to_close(connection, codes)]
        codes_told = {client.code for client, *_ in told}
        found = [row for row in connection.execute(REVIEWS, {"month": chosen.first_day}) if row.client in codes_told]
        shown = [(review.client, review.mrn) for review in found]
        shown += [
            (client.code, mrn) for client, report, starting in told for mrn in (*report.record_numbers, *(row["mrn"] for row in starting))
        ]
        note_patients_read(connection, "exceptions", shown, month=str(chosen))
    _print("json" if as_json else form, [(client, report) for client, report, _starting in told])
    for review in found:
        _tell_review(f"{review.client} {chosen} patient {review.mrn}, {review.code}, due {review.due_on}; the closed month was billed.")
    for client, _report, starting in told:
        for row in starting:
            closed = Month.of(date.fromisoformat(row["month"]))
            _tell_review(f"{client.code} {closed} patient {row['mrn']}, {row['review_code']}; the close of {chosen} starts the review.")


def _tell_review(words: str) -> None:
    click.echo(f"OVERPAYMENT_REVIEW: {words}", err=True)


def report_now(connection: Connection, vendor: Vendor, client: Client, month: Month) -> tuple[ExceptionReport, tuple[dict[str, Any], ...]]:
    """Return the report of a closed month, or of an open one as it would be decided now and the reviews of earlier ones that its close would start.

    Nothing that stays is written.
    """
    current = latest_client_month(connection, vendor_id=vendor.id, client_id=client.id, month=month)
    if current is not None and current["status"] == "closed":
        return closed_report(connection, vendor, client, month, closed_result(connection, current, client_code=client.code)), ()
    subject = ClientMonth(vendor.id, client.id, client.code, client.timezone, month)
    prepared = prepare(connection, client, subject, acknowledge_jump=True)
    counts = {name: prepared.figures[name] for name in ("enrolled", "billable", "held", "not_billable", "raw_seconds", "counted_seconds")}
    figures = MonthFigures(
        vendor=vendor.name,
        client=client.name,
        month=month,
        timezone=client.timezone,
        state="Preview",
        invoice_number="",
        billable_cents=prepared.total_cents,
        rule_set=prepared.rule_set,
        **counts,
    )
    since = CameSince(prepared.look_back.late, prepared.look_back.adjustments)
    report = report_of_preview(
        connection,
        figures,
        since,
        vendor_id=vendor.id,
        client_id=client.id,
        qhp_time=prepared.agreement.qhp_time,
        waivers=prepared.waivers,
    )
    return report, prepared.look_back.reviews


def _print(form: str, reports: list[tuple[Client, ExceptionReport]]) -> None:
    if form == "json":
        click.echo(json.dumps([_as_json(client, report) for client, report in reports], ensure_ascii=False))
    elif form == "table":
        for client, report in reports:
            _table(client, report)
    elif form == "csv":
        parts = [exceptions_csv(report) for _client, report in reports]
        sys.stdout.buffer.write(parts[0] + b"".join(part.split(b"\n", 1)[1] for part in parts[1:]))
    elif len(reports) == 1:
        sys.stdout.buffer.write(exceptions_xlsx(reports[0][1]))
    else:
        raise UsageMistake("A workbook holds one client's report; name it with --client, or use --format csv for all of them.")


def _as_json(client: Client, report: ExceptionReport) -> dict[str, Any]:
    rows = [
        {
            name: getattr(row, name)
            for name in (
                "code",
                "mrn",
                "outcome",
                "effect",
                "primary",
                "sentence",
                "owner",
                "fix",
                "held_cents",
                "explanation",
                "expected_cents",
                "expected_note",
                "waived_cents",
            )
        }
        | {"due_on": row.due_on.isoformat() if row.due_on else None}
        for row in report.rows
    ]
    return {
        "client": client.code,
        "month": str(report.month),
        "state": report.state.lower(),
        "enrolled": report.enrolled,
        "billable": report.billable,
        "held": report.held,
        "not_billable": report.not_billable,
        "held_cents": report.held_cents,
        "exceptions": rows,
        "client_notes": [client_note(note) for note in report.client_notes],
        "late_entries": [
            {"external_id": late.external_id, "mrn": late.mrn, "code": "LATE_ENTRY", "seconds": late.seconds, "sentence": late.sentence}
            for late in report.late_entries
        ],
        "adjustments": [adjustment(proposed) for proposed in report.adjustments],
    }


def adjustment(proposed: Adjustment) -> dict[str, Any]:
    """Return a proposed adjustment as JSON shows it; `amount_cents` is null when the agreement of that month has no price."""
    return {
        "code": "LATE_ENTRY",
        "closed_month": str(proposed.month),
        "mrn": proposed.mrn,
        "cured": list(proposed.cured),
        "claim": [{"code": code, "units": count} for code, count in zip(proposed.codes, proposed.units, strict=True)],
        "date_of_service": proposed.date_of_service.isoformat() if proposed.date_of_service else None,
        "counted_seconds": proposed.counted_seconds,
        "amount_cents": proposed.amount_cents,
        "sentence": proposed.sentence,
        "owner": proposed.owner,
        "due_on": proposed.due_on.isoformat(),
        "fix": proposed.fix,
    }


def client_note(note: ClientNote) -> dict[str, str]:
    """Return a note about the client itself as JSON shows it."""
    return {"code": note.code, "sentence": note.sentence, "owner": note.owner, "fix": note.fix}


def _table(client: Client, report: ExceptionReport) -> None:
    counts = f"{report.enrolled:,} enrolled = {report.billable:,} billable + {report.held:,} held + {report.not_billable:,} not billable"
    title = f"{client.code} {report.month} ({report.state.lower()}): {counts}"
    table = Table("Patient", "Code", "What is wrong", "Owner, due", "What fixes it", "Held", title=title, title_justify="left")
    for row in report.rows:
        if row.effect != "warns":
            due = f"{row.owner}, {row.due_on}" if row.due_on else row.owner
            table.add_row(row.mrn, row.code, row.sentence, due, row.fix, format_dollars(row.held_cents) if row.held_cents else "")
    for late in report.late_entries:
        table.add_row(late.mrn, "LATE_ENTRY", late.sentence, "", "", "")
    for proposed in report.adjustments:
        table.add_row(proposed.mrn, "LATE_ENTRY", proposed.sentence, f"{proposed.owner}, {proposed.due_on}", proposed.fix, "")
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)
