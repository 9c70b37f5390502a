"""Imports rows that a person typed into a page: the same reading, checks, merge and undo as a file of that kind."""

import csv
import hashlib
import io
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection

from caretally.imports.importing import ParsedFile, import_file
from caretally.imports.kinds import ImportKind
from caretally.imports.results import ImportResult
from caretally.imports.tables import EDGES

FIRST_LINE = 2


def import_rows(connection: Connection, kind: ImportKind, rows: Sequence[Mapping[str, str]], *, page: str) -> ImportResult:
    """Merge rows (column -> text, every row with the columns of the first) in the caller's transaction and return what became of them.

    All or nothing: with a refused row nothing is written and `problems` say which column is wrong. `page` stands in the batch as a file's name would.
    """
    headers = list(rows[0])
    written = io.StringIO(newline="")
    cells = ([line, *(row[name].strip(EDGES).replace("\0", "") for name in headers)] for line, row in enumerate(rows, start=FIRST_LINE))
    csv.writer(written, lineterminator="\r\n").writerows(cells)
    content = written.getvalue().encode("utf-8")
    # The merge reads a file; this one lives as long as the merge, in a folder that only this user can open.
    with tempfile.TemporaryDirectory(prefix="caretally-page-") as folder:
        path = Path(folder) / "rows.csv"
        path.write_bytes(content)
        file = ParsedFile(path, page, hashlib.sha256(content).hexdigest(), headers, len(rows))
        return import_file(connection, kind, file)
