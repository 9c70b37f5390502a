"""`caretally close` and `caretally reopen`."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress

from caretally.app.checkpoint import keep_checkpoint
from caretally.app.installation import Installation, Vendor
from caretally.app.write_files import write_client_files
from caretally.close.close_month import clients_to_close, close_month
from caretally.close.prepare import Client
from caretally.close.reopen import reopen_month
from caretally.close.results import ClientResult
from caretally.errors import BlockedByExceptions, Conflict, DependencyDown
from caretally.files.printed_words import counted
from caretally.money import format_dollars
from caretally.months import Month


@click.command("close")
@click.argument("month")
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@click.option("--client", "codes", multiple=True, help="code of a client; again for more, none for all")
@click.option("--dry-run", is_flag=True, help="preview: decide and price everything, write nothing")
@click.option("--acknowledge-jump", is_flag=True, help="close although an invoice is more than three times its usual total")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="folder for the invoices and exception reports")
@click.option("--json", "as_json", is_flag=True, help="print the result as JSON")
def close_command(
    month: str, vendor_word: str, codes: tuple[str, ...], dry_run: bool, acknowledge_jump: bool, out: Path | None, as_json: bool
) -> None:
    """Close MONTH (as 2026-10) for some or all clients of a vendor, or preview it.

    Each client is closed by itself, so some may be closed while others wait. Exit code: 0 all closed (or previewed), 4 a client is parked
    until somebody settles why, 5 another close was quicker or what was previewed has changed, 6 the database or the disk failed; of several, the highest.
    """
    began = time.monotonic_ns()
    chosen = Month.parse(month)
    here = Installation()
    vendor = here.vendor(vendor_word)
    with vendor.transaction() as connection:
        clients = clients_to_close(connection, codes)
    results, unwritten = [], []
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(f"{'Previewing' if dry_run else 'Closing'} {chosen}", total=len(clients))
        for client, result in zip(
            clients, close_month(vendor.transaction, chosen, clients, dry_run=dry_run, acknowledge_jump=acknowledge_jump), strict=True
        ):
            results.append(result)
            unwritten += _write(vendor, client, chosen, result, out)
            progress.advance(task)
    elapsed_milliseconds = (time.monotonic_ns() - began) // 1_000_000
    if as_json:
        click.echo(_as_json(vendor, chosen, results, dry_run=dry_run, elapsed_milliseconds=elapsed_milliseconds))
    else:
        _tell(results)
    for sentence in keep_checkpoint(here) if any(result.status == "closed" for result in results) else ():
        click.echo(sentence, err=True)
    for sentence in closed_early(chosen, clients, results, now=datetime.now(UTC)):
        click.echo(sentence, err=True)
    if unwritten:
        codes_unwritten = ", ".join(unwritten)
        raise DependencyDown(
            f"{chosen} is closed, but the files of {codes_unwritten} could not be written to {out}; make room there and run the same command again."
        )
    sys.exit(exit_code(results))


def _write(vendor: Vendor, client: Client, month: Month, result: ClientResult, out: Path | None) -> list[str]:
    """Write a closed client's files and return its code when they could not be written: the close stands, and the others go on."""
    try:
        if out is not None and result.status == "closed":
            write_client_files(vendor, client, month, result, out=out)
    except DependencyDown:
        return [client.code]
    return []


def _as_json(vendor: Vendor, month: Month, results: list[ClientResult], *, dry_run: bool, elapsed_milliseconds: int) -> str:
    clients = [result.as_json() for result in results]
    whole = {
        "vendor": vendor.slug,
        "month": str(month),
        "dry_run": dry_run,
        "clients": clients,
        "elapsed_seconds": elapsed_milliseconds / 1000,
    }
    return json.dumps(whole, ensure_ascii=False)


def _tell(results: list[ClientResult]) -> None:
    for result in results:
        if result.status == "parked":
            click.echo(f"{result.client}: {_waiting(result)}. {result.parked_reason}")
            continue
        number = f"  {result.invoice.number}" if result.invoice else ""
        click.echo(f"{result.client}: {result.status}{number}  {result.conservation()}")
    click.echo(summary(results))


def closed_early(month: Month, clients: list[Client], results: list[ClientResult], *, now: datetime) -> Iterator[str]:
    """Return a sentence for the clients that were closed before their month was over: a code may be billed once it is reached, but minutes still come."""
    early = [
        client.code
        for client, result in zip(clients, results, strict=True)
        if result.status == "closed" and now.astimezone(ZoneInfo(client.timezone)).date() <= month.last_day
    ]
    if early:
        yield (
            f"{month} is not over yet for {', '.join(early)}: what is recorded of it from now on waits as a late entry; to count it in this "
            "month, reopen the month and close it again when it is over."
        )


def summary(results: list[ClientResult]) -> str:
    """Return the last line: how many clients were closed or previewed and for how much, and how many wait and why."""
    done = {status: [result for result in results if result.status == status] for status in ("closed", "previewed", "nothing")}
    told = [f"{len(done[status]):,} {status} for {_total(done[status])}" for status in ("closed", "previewed") if done[status]] or [
        "none closed"
    ]
    told += [f"{len(done['nothing']):,} with nothing to close"] if done["nothing"] else []
    waiting = Counter(_waiting(result) for result in results if result.status == "parked")
    told += [f"{number:,} {words}" for words, number in sorted(waiting.items(), reverse=True)]
    return f"{counted(len(results), 'client', 'clients')}: {', '.join(told)}"


def _total(results: list[ClientResult]) -> str:
    return format_dollars(sum(result.invoice.total_cents for result in results if result.invoice))


def _waiting(result: ClientResult) -> str:
    return "not closed here" if result.error_exit_code == Conflict.exit_code else "parked"


def exit_code(results: list[ClientResult]) -> int:
    """Return 0 when no client waits, else the gravest client's: 6 above 5 (a race lost, an input changed) above 4 (parked)."""
    codes = {result.error_exit_code for result in results if result.status == "parked"}
    return max(codes | {BlockedByExceptions.exit_code}) if codes else 0


@click.command("reopen")
@click.argument("month")
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@click.option("--client", "code", required=True, help="code of the client")
@click.option("--reason", required=True, help="why; the practice will read it")
def reopen_command(month: str, vendor_word: str, code: str, reason: str) -> None:
    """Reopen MONTH of a client: its draft invoice is voided and keeps its number for the next revision."""
    chosen = Month.parse(month)
    vendor = Installation().vendor(vendor_word)
    with vendor.transaction() as connection:
        client = clients_to_close(connection, [code])[0]
        number = reopen_month(connection, client, chosen, reason=reason)
    voided = f"; the draft {number} is void and its number stays with the month" if number else ""
    click.echo(f"{chosen} of {client.code} is open again{voided}.", err=True)
