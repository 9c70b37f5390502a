"""What a command prints: data to stdout, notes to stderr, colours on a terminal only."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

P = ParamSpec("P")
R = TypeVar("R")


def json_option(command: Callable[P, R]) -> Callable[P, R]:
    """Add `--json` to a command as the argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def print_json(value: Any) -> None:
    """Print a value of dicts, lists, texts, ints and booleans as JSON; dates and ids become texts."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_rows(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their headings: a table on a terminal, between tabs elsewhere. No text is taken for markup."""
    if not sys.stdout.isatty():
        click.echo("\n".join("\t".join(row) for row in (headings, *rows)))
        return
    table = Table(*headings, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))
    stdout().print(table)


def stdout() -> Console:
    """Return the console for data: plain text when stdout is no terminal or NO_COLOR is set."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())


def notes() -> Console:
    """Return the console for notes and progress, on stderr."""
    return Console(file=sys.stderr, highlight=False)


def is_interactive() -> bool:
    """Tell whether a question may be asked: there is a terminal, and neither `--no-input` nor CI forbids it."""
    context = click.get_current_context(silent=True)
    refused = context is not None and bool(context.find_root().params.get("no_input"))
    return sys.stdin is not None and sys.stdin.isatty() and not refused and not os.environ.get("CI")
