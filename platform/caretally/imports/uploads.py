"""A file between its upload and its import: kept parsed in the vendor's own rows, corrected cell by cell, deleted when it is imported."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from caretally.audit.chain import append_event
from caretally.errors import NothingToDo
from caretally.imports.importing import Choices, HeldFile, ParsedFile, Step, import_file, tell_nobody
from caretally.imports.kinds import ImportKind
from caretally.imports.limits import LIMITS
from caretally.imports.mappings import columns_of
from caretally.imports.results import ImportResult, RowProblem
from caretally.imports.tables import EDGES

# A handful of cells is typed on a page; more are corrected where the file was made.
MOST_CORRECTED_ROWS = 50
KEPT_HOURS = 24
JSON_COLUMNS = [bindparam(name, type_=JSONB) for name in ("problems", "mapping", "corrections")]
KEEP = text(
    "INSERT INTO import_upload (vendor_id, kind, file_name, file_sha256, headers, row_count, problems, mapping, corrections, content, uploaded_by) "
    "VALUES (tenancy.current_vendor(), :kind, :file_name, :file_sha256, :headers, :row_count, :problems, NULL, '{}', :content, "
    "tenancy.current_actor()) RETURNING id"
).bindparams(JSON_COLUMNS[0])
COLUMNS = "id, kind, file_name, file_sha256, headers, row_count, problems, mapping, corrections, tried, uploaded_at"
READ = text(f"SELECT {COLUMNS}, content FROM import_upload WHERE id = :id")
HOLD = text(f"SELECT {COLUMNS}, content FROM import_upload WHERE id = :id FOR UPDATE")
WAITING = text("SELECT id, kind, file_name, row_count, uploaded_at FROM import_upload ORDER BY uploaded_at DESC LIMIT 20")
MAP = text("UPDATE import_upload SET mapping = :mapping WHERE id = :id").bindparams(JSON_COLUMNS[1])
CORRECT = text("UPDATE import_upload SET corrections = :corrections WHERE id = :id").bindparams(JSON_COLUMNS[2])
DROP = text("DELETE FROM import_upload WHERE id = :id")
DROP_OLD = text(f"DELETE FROM import_upload WHERE uploaded_at < clock_timestamp() - interval '{KEPT_HOURS} hours'")


class NoSuchUpload(NothingToDo):
    """No kept file that the transaction may see has this id; nobody learns whether another one has it."""

    code = "no_such_upload"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A kept file: `mapping` is header -> column (None until chosen), `corrections` line -> place from 0 -> the text typed for that cell.

    `tried` is what background work found when it tried the file, None before (see kept_verdict.py).
    """

    id: UUID
    kind: str
    file_name: str
    file_sha256: str
    headers: Sequence[str]
    row_count: int
    problems: tuple[RowProblem, ...]
    mapping: Mapping[str, str] | None
    corrections: Mapping[int, Mapping[int, str]]
    tried: Mapping[str, Any] | None
    uploaded_at: datetime
    content: bytes = b""

    @property
    def corrected_cells(self) -> int:
        """How many cells were typed anew."""
        return sum(len(cells) for cells in self.corrections.values())

    def file(self) -> HeldFile:
        """Return the file as an import takes it, with its corrected cells in place; what the parser said against those cells no longer holds."""
        places = {header: place for place, header in enumerate(self.headers)}
        left = tuple(one for one in self.problems if places.get(one.column, -1) not in self.corrections.get(one.line, {}))
        content = corrected(self.content, self.corrections) if self.corrections else self.content
        return HeldFile(
            name=self.file_name, sha256=self.file_sha256, headers=self.headers, rows=self.row_count, problems=left, content=content
        )

    def place_of(self, problem: RowProblem, kind: ImportKind) -> int | None:
        """Return the place from 0 of the cell that a problem names by header or column, None when it names no cell of a row."""
        columns, _ = columns_of(kind, self.headers, self.mapping or {})
        if problem.line <= 1 or not problem.column:
            return None
        named = self.headers if problem.column in self.headers else columns
        return list(named).index(problem.column) if problem.column in named else None


def keep_upload(connection: Connection, kind: ImportKind, file: ParsedFile) -> UUID:
    """Keep a parsed file for the current vendor and return its id; files left for a day are deleted on the way."""
    connection.execute(DROP_OLD)
    values = {
        "kind": kind.name,
        "file_name": file.name,
        "file_sha256": file.sha256,
        "headers": list(file.headers),
        "row_count": file.rows,
        "problems": [asdict(problem) for problem in file.problems],
        "content": b"".join(file.blocks()),
    }
    upload: UUID = connection.execute(KEEP, values).scalar_one()
    append_event(
        connection, action="import.uploaded", detail={"upload_id": upload, "kind": kind.name, "file_sha256": file.sha256, "rows": file.rows}
    )
    return upload


def upload_of(connection: Connection, upload: UUID, *, hold: bool = False) -> Upload:
    """Return a kept file; `hold` keeps others from changing or importing it meanwhile. Raises `NoSuchUpload`."""
    row = connection.execute(HOLD if hold else READ, {"id": upload}).mappings().one_or_none()
    if row is None:
        raise NoSuchUpload("This file is not kept any more: it was imported, discarded or left for a day; look at the history of imports.")
    typed = {int(line): {int(place): cell for place, cell in cells.items()} for line, cells in row["corrections"].items()}
    return Upload(**dict(row) | {"problems": tuple(RowProblem(**one) for one in row["problems"]), "corrections": typed})


def uploads_waiting(connection: Connection) -> Sequence[Any]:
    """Return the vendor's kept files, newest first, without their rows; those left for a day are deleted."""
    connection.execute(DROP_OLD)
    return connection.execute(WAITING).all()


def map_upload(connection: Connection, upload: Upload, mapping: Mapping[str, str]) -> None:
    """Keep what each header means."""
    connection.execute(MAP, {"id": upload.id, "mapping": dict(mapping)})


def correct_upload(connection: Connection, upload: Upload, typed: Iterable[tuple[int, int, str]]) -> None:
    """Keep cells typed anew as (line, place from 0, text); others of the file stay as they are, earlier corrections too."""
    cells = {line: dict(places) for line, places in upload.corrections.items()}
    for line, place, cell in typed:
        if line > 1 and 0 <= place < len(upload.headers):
            cells.setdefault(line, {})[place] = cell_text(cell)
    connection.execute(CORRECT, {"id": upload.id, "corrections": cells})


def cell_text(typed: str) -> str:
    """Return typed text as the parser leaves a cell: no blanks at its edges, nothing longer than a cell may be."""
    return typed.replace("\0", "␀").strip(EDGES)[: LIMITS.cell_bytes // 4]


def discard_upload(connection: Connection, upload: UUID) -> None:
    """Delete a kept file. Raises `NoSuchUpload`."""
    held = upload_of(connection, upload, hold=True)
    connection.execute(DROP, {"id": upload})
    append_event(connection, action="import.discarded", detail={"upload_id": upload, "kind": held.kind, "file_sha256": held.file_sha256})


def try_upload(connection: Connection, kind: ImportKind, upload: Upload, *, step: Step = tell_nobody) -> ImportResult:
    """Return what importing the file's valid rows would do, written and taken back."""
    return import_file(connection, kind, upload.file(), Choices(mapping=upload.mapping, dry_run=True, valid_rows_only=True), step=step)


def import_upload(
    connection: Connection, kind: ImportKind, upload: UUID, *, valid_rows_only: bool, step: Step = tell_nobody
) -> ImportResult:
    """Import a kept file, whole or its valid rows, and delete it once it is in; the import has the id that the file had.

    Raises `NoSuchUpload`, so that a second try does nothing.
    """
    held = upload_of(connection, upload, hold=True)
    choices = Choices(mapping=held.mapping, valid_rows_only=valid_rows_only)
    result = import_file(connection, kind, held.file(), choices, batch_id=upload, step=step)
    if not result.written:
        return result
    connection.execute(DROP, {"id": upload})
    if held.corrections:
        digest = sha256(json.dumps(held.corrections, sort_keys=True).encode()).hexdigest()
        detail = {"batch": result.batch_id, "cells": held.corrected_cells, "corrections_sha256": digest}
        append_event(connection, action="import.corrected", detail=detail)
    return result


def cells_of(upload: Upload, wanted: Mapping[int, Iterable[int]]) -> dict[tuple[int, int], str]:
    """Return the cells of the wanted lines and places, in full and as corrected."""
    if not wanted:
        return {}
    found: dict[tuple[int, int], str] = {}
    last = max(wanted)
    for row in rows_of(upload.content):
        line = int(row[0])
        if line in wanted:
            typed = upload.corrections.get(line, {})
            found |= {(line, place): typed.get(place, row[place + 1]) for place in wanted[line]}
        if line >= last:
            break
    return found


def corrected(content: bytes, corrections: Mapping[int, Mapping[int, str]]) -> bytes:
    """Return the rows with the corrected cells in place."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(with_cells(row, corrections.get(int(row[0]), {})) for row in rows_of(content))
    return out.getvalue().encode()


def with_cells(row: list[str], cells: Mapping[int, str]) -> list[str]:
    """Return a row, its line number first, with these cells in place of its own."""
    return [row[0], *(cells.get(place, cell) for place, cell in enumerate(row[1:]))]


def rows_of(content: bytes) -> Iterator[list[str]]:
    """Yield the rows, the line number first."""
    csv.field_size_limit(max(csv.field_size_limit(), len(content)))
    return csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline=""))
