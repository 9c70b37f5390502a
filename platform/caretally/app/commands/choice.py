"""`caretally choice`: where the rules leave a choice between programs that exclude each other, a named person makes it."""

import click

from caretally.app.installation import Installation
from caretally.app.output import json_option, print_json, print_rows
from caretally.app.patients_read import note_patients_read
from caretally.close.choose import Choice, choices, choose, take_choice_back
from caretally.close.close_month import clients_to_close
from caretally.imports.readable_errors import readable_errors
from caretally.months import Month

HEADINGS = ("client", "patient", "programs that exclude each other", "chosen", "by", "reason")
vendor_option = click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
client_option = click.option("--client", "code", required=True, help="code of the client")
patient_option = click.option("--patient", "mrn", required=True, help="the client's record number of the patient")
reason_option = click.option("--reason", required=True, help="why; the practice may read it, the audit log keeps its digest")


@click.group("choice")
def choice_group() -> None:
    """Choose between programs that exclude each other; a client's priority list does so for all of its patients (import agreements)."""


@choice_group.command("list")
@click.argument("month")
@vendor_option
@click.option("--client", "codes", multiple=True, help="code of a client; again for more, none for all")
@json_option
def listed(month: str, vendor_word: str, codes: tuple[str, ...], *, as_json: bool) -> None:
    """List the patients for whom the rules leave a choice in MONTH, what waits, and what somebody chose and why."""
    chosen = Month.parse(month)
    vendor = Installation().vendor(vendor_word)
    found: list[tuple[str, Choice]] = []
    with vendor.transaction() as connection:
        for client in clients_to_close(connection, codes):
            found += [(client.code, one) for one in choices(connection, client, chosen)]
        note_patients_read(connection, "choice list", [(code, one.mrn) for code, one in found], month=str(chosen))
    if as_json:
        print_json([as_dict(code, one) for code, one in found])
    else:
        _tell(found, chosen)


@choice_group.command("make")
@click.argument("month")
@click.argument("program")
@client_option
@patient_option
@reason_option
@vendor_option
def make(month: str, program: str, code: str, mrn: str, reason: str, vendor_word: str) -> None:
    """Choose PROGRAM for a patient in MONTH; the others that it excludes fall, whatever they would pay.

    Exit code: 2 the program is not to be chosen, 3 the rules leave no choice or it was chosen before.
    """
    chosen = Month.parse(month)
    vendor = Installation().vendor(vendor_word)
    with readable_errors(), vendor.transaction() as connection:
        client = clients_to_close(connection, [code])[0]
        closed = choose(connection, client, chosen, mrn=mrn, program=program.upper(), reason=reason)
    click.echo(f"{program.upper()} is chosen for {mrn} of {client.code} in {chosen}{_since(closed)}.", err=True)


@choice_group.command("undo")
@click.argument("month")
@client_option
@patient_option
@reason_option
@vendor_option
def undo(month: str, code: str, mrn: str, reason: str, vendor_word: str) -> None:
    """Take the choice for a patient in MONTH back. Exit code: 3 nobody chose."""
    chosen = Month.parse(month)
    vendor = Installation().vendor(vendor_word)
    with readable_errors(), vendor.transaction() as connection:
        client = clients_to_close(connection, [code])[0]
        closed = take_choice_back(connection, client, chosen, mrn=mrn, reason=reason)
    click.echo(f"The choice for {mrn} of {client.code} in {chosen} is taken back{_since(closed)}.", err=True)


def as_dict(code: str, one: Choice) -> dict[str, object]:
    """Return a choice as JSON shows it."""
    return {
        "client": code,
        "patient": one.mrn,
        "programs": one.programs,
        "waits": one.waits,
        "chosen": one.chosen or None,
        "chosen_by": one.chosen_by or None,
        "chosen_at": one.chosen_at,
        "reason": one.reason or None,
    }


def _since(closed: bool) -> str:
    return "; the month is closed and stays as it was billed, what this would add is proposed by the next close" if closed else ""


def _tell(found: list[tuple[str, Choice]], month: Month) -> None:
    rows = [
        (
            code,
            one.mrn,
            ", ".join(one.programs),
            one.chosen or ("waits" if one.waits else "by the client's list"),
            one.chosen_by,
            one.reason,
        )
        for code, one in found
    ]
    if not rows:
        click.echo(f"The rules leave no choice in {month}.", err=True)
    else:
        print_rows(HEADINGS, rows)
