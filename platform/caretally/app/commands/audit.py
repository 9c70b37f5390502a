"""`caretally audit`: the vendor's audit log, and the checkpoints that keep it honest."""

import csv
import io
import sys
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import click
from sqlalchemy import RowMapping

from caretally.app.checkpoint import checkpoint_now
from caretally.app.installation import Installation, Vendor
from caretally.app.output import json_option, print_json, print_rows
from caretally.audit.chain import canonical
from caretally.audit.events import read_events
from caretally.errors import UsageMistake
from caretally.files.cells import safe_text
from caretally.files.printed_words import counted

COLUMNS = ("seq", "at", "actor", "action", "detail", "hash")


@click.group("audit")
def audit_group() -> None:
    """The audit log of a vendor and the signed checkpoints over all of them."""


@audit_group.command("log")
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@click.option("--action", help="only this action, as month.closed")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="only from this day on, in the vendor's time zone")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="only up to this day")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="the newest so many")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", help="how to print it")
@json_option
def log(
    vendor_word: str, action: str | None, first: datetime | None, last: datetime | None, limit: int, form: str, *, as_json: bool
) -> None:
    """Print what was done, by whom and when, the newest first. It holds ids, counts and digests, never a name."""
    if first and last and last < first:
        raise UsageMistake(f"--to {last:%Y-%m-%d} is before --from {first:%Y-%m-%d}; give the earlier day first.")
    vendor = Installation().vendor(vendor_word)
    with vendor.transaction() as connection:
        events = read_events(
            connection,
            action=action,
            since=_midnight(vendor, first.date()) if first else None,
            until=_midnight(vendor, last.date() + timedelta(days=1)) if last else None,
            limit=limit,
        )
    if as_json or form == "json":
        print_json([_as_json(event) for event in events])
    elif form == "csv":
        _print_csv(events)
    else:
        _print_table(vendor, events)


def _midnight(vendor: Vendor, day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(vendor.timezone))


def _as_json(event: RowMapping) -> dict[str, object]:
    return {name: event[name] for name in COLUMNS} | {"at": _utc(event), "hash": event["hash"].hex()}


def _utc(event: RowMapping) -> str:
    return str(event["at"].astimezone(UTC).isoformat(timespec="microseconds"))


def _print_csv(events: list[RowMapping]) -> None:
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(COLUMNS)
    for event in events:
        detail = safe_text(canonical(event["detail"]).decode())
        rows.writerow([event["seq"], _utc(event), safe_text(event["actor"]), event["action"], detail, event["hash"].hex()])
    sys.stdout.write(written.getvalue())


def _print_table(vendor: Vendor, events: list[RowMapping]) -> None:
    headings, rows = ("no.", f"when ({vendor.timezone})", "who", "what", "of what"), [_in_words(vendor, event) for event in events]
    if not rows:
        click.echo("Nothing of the kind stands in the audit log.", err=True)
    else:
        print_rows(headings, rows)


def _in_words(vendor: Vendor, event: RowMapping) -> tuple[str, ...]:
    at = event["at"].astimezone(ZoneInfo(vendor.timezone))
    told = ", ".join(f"{name} {value}" for name, value in sorted(event["detail"].items()) if not name.endswith(("sha256", "root")))
    return str(event["seq"]), f"{at:%Y-%m-%d %H:%M:%S}", event["actor"], event["action"], told


@audit_group.command("checkpoint")
@json_option
def checkpoint(*, as_json: bool) -> None:
    """Sign what every vendor's audit log has come to and keep it in the archive; `caretally verify` compares with it."""
    here = Installation()
    written = checkpoint_now(here, now=datetime.now(UTC))
    if as_json:
        print_json({"at": written.at, "chains": written.chains, "root": written.root.hex(), "written": written.written})
        return
    logs = counted(written.chains, "audit log", "audit logs")
    click.echo(f"Checkpoint over {logs}, of which {written.written:,} had grown since the last, in {here.archive_folder}.")
