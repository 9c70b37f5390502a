"""Rows that a person typed into a form: they go in as a file does, by the same rules, with a batch that can be undone."""

import csv
import io
from collections.abc import Mapping, Sequence
from hashlib import sha256

from sqlalchemy import Connection

from caretally.errors import CareTallyError
from caretally.imports.importing import Choices, HeldFile, import_file
from caretally.imports.kinds import ImportKind
from caretally.imports.readable_errors import readable_errors
from caretally.imports.results import ImportResult
from caretally.imports.uploads import cell_text

TYPED = "typed on a page"
FIRST_LINE = 2


class RowRefused(CareTallyError):
    """What was typed breaks a rule; `problems` maps columns to sentences."""

    code = "row_refused"
    status = 422

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Take the sentence of each column's first problem."""
        super().__init__(next(iter(problems.values())))
        self.problems = problems


def import_typed(connection: Connection, kind: ImportKind, rows: Sequence[Mapping[str, str]], *, dry_run: bool = False) -> ImportResult:
    """Import rows of a kind (column -> text, a blank one empty) and return what became of them; all or nothing.

    Raises `RowRefused`, and `Conflict` for a race. Columns that no row names keep what the table has.
    """
    file = typed_file(rows)
    savepoint = connection.begin_nested()
    try:
        with readable_errors():
            result = import_file(connection, kind, file, Choices(dry_run=dry_run))
    except BaseException:
        savepoint.rollback()
        raise
    savepoint.commit()
    if result.refused:
        raise RowRefused({one.column: one.sentence for one in reversed(result.problems) if one.severity == "refused"})
    return result


def typed_file(rows: Sequence[Mapping[str, str]]) -> HeldFile:
    """Return typed rows as an import takes a file."""
    headers = list(dict.fromkeys(column for row in rows for column in row))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([line, *(cell_text(row.get(column, "")) for column in headers)] for line, row in enumerate(rows, start=FIRST_LINE))
    content = out.getvalue().encode()
    return HeldFile(name=TYPED, sha256=sha256(content).hexdigest(), headers=headers, rows=len(rows), content=content)
