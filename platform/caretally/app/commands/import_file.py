"""`caretally import KIND FILE` and `caretally import undo BATCH`."""

import sys
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import click
from rich.progress import Progress, SpinnerColumn, TextColumn

from caretally.app.import_kinds import IMPORT_KINDS, import_kind
from caretally.app.installation import Installation, Vendor
from caretally.app.output import json_option, notes, print_json, print_rows
from caretally.errors import UsageMistake
from caretally.files.scratch import scratch_folder
from caretally.imports.importing import Choices, ParsedFile, import_file
from caretally.imports.kinds import ImportKind
from caretally.imports.mappings import read_mapping, save_mapping
from caretally.imports.parsing import parse_file
from caretally.imports.readable_errors import readable_errors
from caretally.imports.results import ImportResult
from caretally.imports.undo import undo_import

vendor_option = click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
HEADINGS = ("line", "column", "value", "rule", "severity", "what is wrong")


class KindFirst(click.Group):
    """A group whose first word is a kind of file, unless it is `undo`."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command `undo`, or the import of that kind."""
        return super().get_command(ctx, cmd_name) or import_command(cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the kinds and `undo`."""
        return [*IMPORT_KINDS, *super().list_commands(ctx)]


@click.group("import", cls=KindFirst, subcommand_metavar="KIND FILE")
def import_group() -> None:
    """Import one file (CSV or XLSX) of a vendor, whole or not at all; or take an import back."""


def import_command(name: str) -> click.Command:
    """Return the command that imports a file of one kind. Raises `UsageMistake` for a kind that is none."""
    kind = import_kind(name)

    @click.command(name, help=f"Import a file of {name}; its columns: {', '.join(kind.column_names)}.")
    @click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
    @vendor_option
    @click.option("--mapping", help="name of a saved mapping of headers to columns, or a JSON file")
    @click.option("--save-mapping", "save_as", help="save the mapping under this name")
    @click.option("--dry-run", is_flag=True, help="say what would happen, write nothing")
    @click.option("--valid-rows-only", is_flag=True, help="import the valid rows and leave the refused ones out")
    @json_option
    def command(
        path: Path, vendor_word: str, *, mapping: str | None, save_as: str | None, dry_run: bool, valid_rows_only: bool, as_json: bool
    ) -> int:
        vendor = Installation().vendor(vendor_word)
        headers = _mapping(vendor, kind, mapping, save_as=save_as, dry_run=dry_run)
        result = run_import(vendor, kind, path, Choices(mapping=headers, dry_run=dry_run, valid_rows_only=valid_rows_only))
        if as_json:
            print_json(as_dict(result))
        else:
            tell(result, vendor=vendor.slug)
        return 1 if result.refused and not valid_rows_only else 0

    return command


@import_group.command("undo")
@click.argument("batch", type=click.UUID)
@vendor_option
@json_option
def undo(batch: UUID, vendor_word: str, *, as_json: bool) -> None:
    """Take the whole import BATCH back, until a month that used it is closed."""
    vendor = Installation().vendor(vendor_word)
    with readable_errors(), vendor.transaction() as connection:
        result = undo_import(connection, IMPORT_KINDS, batch)
    if as_json:
        print_json(asdict(result))
    else:
        click.echo(f"Undone: {result.removed} rows of {result.kind} removed, {result.restored} as they were before.")


def run_import(vendor: Vendor, kind: ImportKind, path: Path, choices: Choices) -> ImportResult:
    """Parse a file and merge it in one transaction of the vendor; a spinner on a terminal says which step runs."""
    columns, home = (SpinnerColumn(), TextColumn("{task.description}")), Installation().settings.home
    with (
        Progress(*columns, console=notes(), transient=True, disable=not sys.stderr.isatty()) as progress,
        scratch_folder(home / "tmp") as scratch,
    ):
        task = progress.add_task(f"Reading {path.name}")
        file: ParsedFile = parse_file(path, scratch=scratch)
        progress.update(task, description=f"Merging {file.rows} rows of {kind.name}")
        with readable_errors(), vendor.transaction() as connection:
            return import_file(connection, kind, file, choices)


def as_dict(result: ImportResult) -> dict[str, object]:
    """Return a result as the JSON of `--json`."""
    return asdict(result)


def tell(result: ImportResult, *, vendor: str) -> None:
    """Print the counts and every problem with its line, column, value and rule."""
    counts = ", ".join(f"{getattr(result, name)} {name}" for name in ("new", "changed", "unchanged", "refused", "late"))
    click.echo(f"{result.kind}: {result.read} rows read, {counts}.")
    tell_problems(result)
    for sentence in result.notes:
        click.echo(sentence)
    if result.batch_id:
        click.echo(f"Batch {result.batch_id}; take it back with: caretally import undo {result.batch_id} --vendor {vendor}")
    elif result.dry_run:
        click.echo("Dry run: nothing was written.")
    elif any(problem.line == 1 and problem.severity == "refused" for problem in result.problems):
        click.echo("Nothing was written; correct the file's first line, or name its columns with --mapping.")
    else:
        click.echo("Nothing was written; correct the file, or import its valid rows with --valid-rows-only.")


def tell_problems(result: ImportResult) -> None:
    """Print one line for each problem: line, column, value, rule, sentence, as a table on a terminal, between tabs elsewhere."""
    rows = [(str(p.line), p.column, printable(p.value), p.rule, p.severity, printable(p.sentence)) for p in result.problems]
    if rows:
        print_rows(HEADINGS, rows)


def printable(value: str) -> str:
    """Return a file's text safe for a terminal and a line: nothing but printable characters, at most 120 of them."""
    shown = "".join(character if character.isprintable() else "\ufffd" for character in value)
    return shown if len(shown) <= 120 else f"{shown[:119]}…"


def _mapping(vendor: Vendor, kind: ImportKind, mapping: str | None, *, save_as: str | None, dry_run: bool) -> dict[str, str] | None:
    if mapping is None:
        if save_as is not None:
            raise UsageMistake("Give the mapping to save with --mapping FILE.")
        return None
    with vendor.transaction() as connection:
        headers = read_mapping(connection, kind, mapping)
        if save_as is not None and not dry_run:
            save_mapping(connection, kind, name=save_as, mapping=headers)
    return headers
