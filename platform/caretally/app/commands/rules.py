"""`caretally rules load` and `caretally rules list`: the published reference files in force, the same for every vendor."""

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import click
from rich.table import Table
from sqlalchemy import text

from caretally.app.commands.shadow import shadow_command
from caretally.app.installation import Installation, cli_actor
from caretally.app.output import json_option, notes, print_json, stdout
from caretally.cms.load_pack import load_pack
from caretally.cms.published.load import KINDS, Loaded, load_published

LISTED = text(
    "SELECT kind, origin, file_name AS file, file_sha256 AS sha256, effective_from, effective_to, rows_kept AS rows, loaded_by, loaded_at "
    "FROM reference_edition ORDER BY kind, effective_from"
)
KIND_HELP = "; ".join(f"{name}: {kind.what}" for name, kind in KINDS.items())


@click.group("rules")
def rules_group() -> None:
    """The reference tables that every vendor shares: fee schedule, indices, edits, diagnoses."""


@rules_group.command("load", help=f"Load a published FILE of a KIND, whole or not at all. The kinds are {KIND_HELP}.")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--effective-from", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="the day from which the file is in force"
)
@click.option(
    "--qualifying-apm", is_flag=True, help="rvu: the file with the factor of qualifying participants of an alternative payment model"
)
@click.option("--dry-run", is_flag=True, help="say what would happen, write nothing")
@json_option
def load(kind: str, paths: tuple[Path, ...], effective_from: datetime, *, qualifying_apm: bool, dry_run: bool, as_json: bool) -> None:
    """Load a published file; a damaged one is refused with its row and the reason, and what was in force stays so."""
    if qualifying_apm and kind != "rvu":
        raise click.UsageError("--qualifying-apm is for rvu alone.")
    with Installation().owner_transaction() as connection:
        loaded = load_published(
            connection,
            kind,
            paths,
            effective_from=effective_from.date(),
            actor=cli_actor(),
            dry_run=dry_run,
            qualifying_apm=qualifying_apm,
        )
    if as_json:
        print_json(asdict(loaded))
    else:
        tell(loaded)


def tell(loaded: Loaded) -> None:
    """Print what a load did in a few lines."""
    until = f"to {loaded.effective_to}" if loaded.effective_to else "until the next one"
    click.echo(
        f"{loaded.kind}: {loaded.file}, {loaded.rows_read:,} rows read, {loaded.rows_kept:,} kept; in force from {loaded.effective_from} {until}."
    )
    beside = f"beside {loaded.before}" if loaded.before else "and none before"
    click.echo(f"{loaded.new:,} new, {loaded.changed:,} changed, {loaded.gone:,} gone {beside}.")
    click.echo(f"SHA-256 {loaded.sha256}")
    for sentence in loaded.notes:
        notes().print(sentence)
    if loaded.dry_run:
        click.echo("Dry run: nothing was written.")


@rules_group.command("pack")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="check the rules against the database, write nothing")
@json_option
def pack(folder: Path, *, dry_run: bool, as_json: bool) -> None:
    """Put the rules in FOLDER in force, whole or not at all; each decision from then on names their version.

    Exit code: 1 a file is damaged, 2 their day has not come, 3 they are in force already, 5 the version is known or older.
    """
    with Installation().owner_transaction() as connection:
        loaded = load_pack(connection, folder, dry_run=dry_run)
    if as_json:
        print_json(asdict(loaded))
        return
    click.echo(f"Rules {loaded.code} of {loaded.effective_from} {'could follow' if dry_run else 'follow'} {loaded.before}.")
    click.echo(f"SHA-256 {loaded.sha256}")
    if dry_run:
        click.echo("Dry run: nothing was written.")


@rules_group.command("list")
@json_option
def listed(*, as_json: bool) -> None:
    """List which file of each kind is in force from when to when, with its SHA-256."""
    with Installation().operator_pool.connect() as connection:
        rows = [dict(row) for row in connection.execute(LISTED).mappings()]
    if as_json:
        print_json(rows)
        return
    table = Table("Kind", "From", "To", "Rows", "File", "SHA-256", box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            row["kind"], str(row["effective_from"]), _day(row["effective_to"]), f"{row['rows']:,}", row["file"], row["sha256"][:12]
        )
    stdout().print(table)


def _day(day: date | None) -> str:
    return str(day) if day else ""


rules_group.add_command(shadow_command)
