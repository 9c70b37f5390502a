"""Writes the page of every import file's columns and rules from their declarations.

Run `python -m caretally.app.write_columns_page docs/import-columns.md`.
"""

import re
import sys
from pathlib import Path

from caretally.app.import_kinds import IMPORT_KINDS
from caretally.imports.kinds import Column, ImportKind
from caretally.imports.limits import LIMITS, MEGABYTE

HEAD = f"""# What an import file may say

This page is generated from the declarations that the imports themselves go by; change those, then run
`python -m caretally.app.write_columns_page docs/import-columns.md`.

A file is CSV (UTF-8) or XLSX with a header, at most {LIMITS.file_bytes // MEGABYTE} MB, {LIMITS.rows:,} rows and {LIMITS.columns} columns.
Columns may stand in any order, and under other names with a mapping (`--mapping`). A file is taken whole or not at all: every row that breaks
a rule is named by its line, and nothing of the file is kept, unless `--valid-rows-only` asks for the others. A sentence that begins with
*Warns* lets the row in. **Bold** columns are needed; the others may be blank or absent. `…` stands for what the cell says.
"""


def columns_page() -> str:
    """Return the page in Markdown."""
    return "\n".join([HEAD, *(_kind(kind) for kind in IMPORT_KINDS.values())])


def _kind(kind: ImportKind) -> str:
    columns = [f"| {_name(column)} | {_holds(column)} |" for column in kind.columns]
    said = [f"- `{one.rule.column}`: {_plain(one.rule.sentence)}" for one in kind.lookups]
    said += [f"- `{one.column}`: {'*Warns.* ' if one.warns else ''}{_plain(one.sentence)}" for one in kind.rules]
    rules = ["", "A row is refused with one of these sentences:", "", *dict.fromkeys(said)] if said else []
    return "\n".join([f"## {kind.name}", "", "| column | what it holds |", "|---|---|", *columns, *rules, ""])


def _name(column: Column) -> str:
    return f"**`{column.name}`**" if column.required else f"`{column.name}`"


def _holds(column: Column) -> str:
    if column.value is None:
        return "text of several lines" if column.prose else "text"
    expected = (
        column.value.sentence.removeprefix("“{value}” is ").removeprefix("not ").replace("neither yes nor no", "yes or no").rstrip(".")
    )
    return _plain(expected) + (", not after today" if column.happened else "")


def _plain(sentence: str) -> str:
    """Return a sentence without its places for values, safe in a table."""
    return re.sub(r"\{[a-z_]+\}", "…", sentence).replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(columns_page(), encoding="utf-8")
