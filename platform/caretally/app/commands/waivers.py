"""`caretally waivers`: a named person does not ask a gate of the vendor's own of a patient or client, until a day."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import RowMapping

from caretally.app.installation import Installation
from caretally.app.output import json_option, print_json, print_rows
from caretally.app.patients_read import note_patients_read
from caretally.close.close_month import clients_to_close
from caretally.imports.readable_errors import readable_errors
from caretally.months import Month
from caretally.waivers.record import NewWaiver, add_waiver, all_waivers, withdraw_waiver

HEADINGS = ("id", "client", "patient", "gate", "from", "until", "by", "reason", "withdrawn")
vendor_option = click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
client_option = click.option("--client", "code", required=True, help="code of the client")


@click.group("waivers")
def waivers_group() -> None:
    """Waive what the vendor itself asks, by name and with a reason, until a day; what CMS asks is never waived."""


@waivers_group.command("list")
@vendor_option
@click.option("--client", "codes", multiple=True, help="code of a client; again for more, none for all")
@click.option("--all", "withdrawn", is_flag=True, help="withdrawn ones too")
@json_option
def listed(vendor_word: str, codes: tuple[str, ...], *, withdrawn: bool, as_json: bool) -> None:
    """List what is waived, for whom, by whom, why and until when."""
    vendor = Installation().vendor(vendor_word)
    with vendor.transaction() as connection:
        clients = clients_to_close(connection, codes)
        found = all_waivers(connection, [client.id for client in clients], withdrawn=withdrawn)
        note_patients_read(connection, "waivers list", [(row["client"], row["mrn"]) for row in found if row["mrn"] is not None])
    if as_json:
        print_json([as_dict(row) for row in found])
    else:
        _tell(found)


@waivers_group.command("add")
@click.argument("gate")
@vendor_option
@client_option
@click.option(
    "--patient", "mrn", help="the client's record number of the patient; without it the gate is waived for all of the client's patients"
)
@click.option("--from", "month", required=True, help="the first month, as 2026-11")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="the last day; a month is waived that it lasts through")
@click.option("--by", "name", required=True, help="who waives it; the practice reads the name on the exception report")
@click.option("--reason", required=True, help="why; the practice reads it too")
@click.option("--dry-run", is_flag=True, help="check everything, write nothing")
@json_option
def add(
    gate: str,
    vendor_word: str,
    code: str,
    mrn: str | None,
    month: str,
    until: datetime,
    name: str,
    reason: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Waive GATE: it no longer holds the months, which are billed and stand on the exception report with name, reason and money.

    Exit code: 2 what was given cannot be waived so, 3 it is waived already. `caretally what-if --waive` shows beforehand what it would release.
    """
    first = Month.parse(month)
    vendor = Installation().vendor(vendor_word)
    today = datetime.now(UTC).astimezone(ZoneInfo(vendor.timezone)).date()
    new = NewWaiver(gate.upper(), mrn, first, until.date(), name, reason)
    with readable_errors(), vendor.transaction() as connection:
        client = clients_to_close(connection, [code])[0]
        waiver_id = add_waiver(connection, client_id=client.id, client_code=client.code, waiver=new, today=today)
        if dry_run:
            connection.rollback()
    if as_json:
        print_json({"waiver_id": None if dry_run else waiver_id, "dry_run": dry_run})
        return
    whom = f"patient {mrn}" if mrn else "every patient"
    click.echo(
        f"{new.gate_code} {'could be' if dry_run else 'is'} waived for {whom} of {client.code} from {first} through {new.expires_on}"
        + (": dry run, nothing was written." if dry_run else f"; the waiver is {waiver_id}.")
    )


@waivers_group.command("withdraw")
@click.argument("waiver")
@vendor_option
@client_option
@click.option("--reason", required=True, help="why; the audit log keeps its digest")
@click.option("--dry-run", is_flag=True, help="check everything, write nothing")
@json_option
def withdraw(waiver: str, vendor_word: str, code: str, reason: str, *, dry_run: bool, as_json: bool) -> None:
    """Withdraw WAIVER (its id or how it begins): open months are held again, closed ones stay as they were billed.

    Exit code: 2 there is no such waiver, 3 it is withdrawn already. `caretally what-if --without-waivers` shows what waivers release.
    """
    vendor = Installation().vendor(vendor_word)
    with readable_errors(), vendor.transaction() as connection:
        client = clients_to_close(connection, [code])[0]
        was = withdraw_waiver(connection, client_id=client.id, client_code=client.code, called=waiver, reason=reason)
        if dry_run:
            connection.rollback()
    if as_json:
        print_json({"waiver_id": was["id"], "dry_run": dry_run})
    elif dry_run:
        click.echo(f"The waiver of {was['gate_code']} at {client.code} could be withdrawn: dry run, nothing was written.", err=True)
    else:
        click.echo(f"The waiver of {was['gate_code']} at {client.code} is withdrawn.", err=True)


def as_dict(row: RowMapping) -> dict[str, Any]:
    """Return a waiver as JSON shows it; `patient` is null when it is for all of the client's."""
    return {
        "waiver_id": row["id"],
        "client": row["client"],
        "patient": row["mrn"],
        "code": row["gate_code"],
        "first_month": str(Month.of(row["first_month"])),
        "expires_on": row["expires_on"],
        "waived_by": row["waived_by"],
        "reason": row["reason"],
        "recorded_by": row["recorded_by"],
        "recorded_at": row["recorded_at"],
        "withdrawn_by": row["withdrawn_by"],
        "withdrawn_at": row["withdrawn_at"],
    }


def _tell(found: list[RowMapping]) -> None:
    rows = [
        (
            str(row["id"]),
            row["client"],
            row["mrn"] or "all",
            row["gate_code"],
            str(Month.of(row["first_month"])),
            str(row["expires_on"]),
            row["waived_by"],
            row["reason"],
            "" if row["withdrawn_at"] is None else f"{row['withdrawn_at']:%Y-%m-%d} by {row['withdrawn_by']}",
        )
        for row in found
    ]
    if not rows:
        click.echo("Nothing is waived.", err=True)
    else:
        print_rows(HEADINGS, rows)
