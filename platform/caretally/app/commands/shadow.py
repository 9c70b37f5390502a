"""`caretally rules shadow`: what another set of rules would have changed in months that are past; nothing is written."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress

from caretally.app.commands.what_if import told_in_words
from caretally.app.installation import Installation, Vendor
from caretally.app.output import json_option, print_json
from caretally.app.patients_read import note_patients_read
from caretally.close.close_month import clients_to_close
from caretally.close.prepare import Client
from caretally.cms.reference_files import read_tables
from caretally.errors import UsageMistake
from caretally.files.atomic import write_whole
from caretally.files.cells import dollars
from caretally.files.csv_file import csv_bytes
from caretally.files.printed_words import counted
from caretally.money import format_dollars
from caretally.months import Month
from caretally.whatif.changes import Changes
from caretally.whatif.what_if import ClientDifference, what_if

HEADERS = (
    "month",
    "client",
    "mrn",
    "rules_before",
    "rules_after",
    "outcome_before",
    "claim_before",
    "reason_before",
    "amount_before",
    "outcome_after",
    "claim_after",
    "reason_after",
    "amount_after",
    "came_in_since",
)
Found = list[tuple[Month, ClientDifference]]


@click.command("shadow")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@click.option("--from", "first", required=True, metavar="MONTH", help="the first month, as 2026-08")
@click.option("--to", "last", metavar="MONTH", help="the last month (default: the first)")
@click.option("--client", "codes", multiple=True, help="code of a client; again for more, none for all")
@click.option("--out", "--output", "out", type=click.Path(file_okay=False, path_type=Path), help="folder for the list as CSV")
@json_option
def shadow_command(
    folder: Path, vendor_word: str, first: str, last: str | None, codes: tuple[str, ...], out: Path | None, *, as_json: bool
) -> None:
    """Decide past months again with the rules in FOLDER and list what would have changed, and by how much; nothing is written.

    A closed month is compared with what was closed, an open one with what the rules in force decide now.
    """
    months = months_between(Month.parse(first), Month.parse(last or first))
    read_tables(folder)  # a damaged set is refused before the first month
    vendor = Installation().vendor(vendor_word)
    with vendor.transaction() as connection:
        clients = clients_to_close(connection, codes)
    refuse_months_to_come(clients, months, now=datetime.now(UTC))
    found = list(_run(vendor, clients, months, folder))
    with vendor.transaction() as connection:
        shown = [(one.client, patient.mrn) for _month, one in found for patient in one.patients]
        note_patients_read(connection, "rules shadow", shown, first_month=str(months[0]), last_month=str(months[-1]))
    if out is not None:
        write_whole(out / f"shadow-{months[0]}-{months[-1]}.csv", shadow_csv(found))
    if as_json:
        print_json({"vendor": vendor.slug, "months": [{"month": str(month), **asdict(one)} for month, one in found]})
    else:
        click.echo("\n".join(told(found)))


def months_between(first: Month, last: Month) -> list[Month]:
    """Return the months from `first` to `last`. Raises `UsageMistake` when they are in the wrong order."""
    if last < first:
        raise UsageMistake(f"--to {last} is before --from {first}; give the months in their order.")
    months = [first]
    while months[-1] < last:
        months.append(months[-1].next())
    return months


def refuse_months_to_come(clients: list[Client], months: list[Month], *, now: datetime) -> None:
    """Refuse a month that has not begun at some client. Raises `UsageMistake`."""
    ahead = [client.code for client in clients if now.astimezone(ZoneInfo(client.timezone)).date() < months[-1].first_day]
    if ahead:
        raise UsageMistake(f"{months[-1]} has not begun for {', '.join(ahead)}; a shadow run looks at months that have.")


def _run(vendor: Vendor, clients: list[Client], months: list[Month], folder: Path) -> Iterator[tuple[Month, ClientDifference]]:
    changes = Changes(rules=folder)
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Deciding again", total=len(clients) * len(months))
        for month in months:
            for client in clients:
                with vendor.transaction() as connection:
                    yield month, what_if(connection, client, month, changes)
                progress.advance(task)


def told(found: Found) -> Iterator[str]:
    """Yield each client-month in words, then the whole."""
    for month, one in found:
        lines = list(told_in_words([one]))
        yield f"{month}  {lines[0]}"
        yield from lines[1:]
    compared, different = sum(one.compared for _, one in found), sum(len(one.patients) for _, one in found)
    change = sum(one.total_cents_after - one.total_cents_before for _, one in found if one.parked_reason is None)
    yield (
        f"{counted(compared, 'patient-month', 'patient-months')} compared, {different:,} different, "
        f"{'+' if change > 0 else ''}{format_dollars(change)}; nothing was written"
    )


def shadow_csv(found: Found) -> bytes:
    """Return one row for each patient-month that would be different, in UTF-8; money in dollars with two places."""
    return csv_bytes(
        HEADERS,
        [
            (
                str(month),
                client.client,
                one.mrn,
                client.rules_before,
                client.rules_after,
                one.outcome_before or "",
                one.claim_before,
                one.reason_before,
                dollars(one.cents_before),
                one.outcome_after or "",
                one.claim_after,
                one.reason_after,
                dollars(one.cents_after),
                "yes" if one.came_in_since else "no",
            )
            for month, client in found
            for one in client.patients
        ],
    )
