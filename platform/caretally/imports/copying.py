"""Writes a table as PostgreSQL's CSV, the line number first, and names the lines that do not fit their header."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from caretally.imports.limits import Limits
from caretally.imports.refusals import (
    CellTooLong,
    DuplicateHeader,
    FileEmpty,
    HeaderTooLong,
    TooManyBrokenLines,
    TooManyColumns,
    TooManyRows,
)
from caretally.imports.results import RowProblem
from caretally.imports.tables import EDGES, Line, RawTable, shown

# Excel writes these into a CSV for a formula that failed.
SHEET_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA"})

LONGEST_HEADER = 200
# Longer than any text that a person wrote: most likely it holds the lines after a quote that was never closed.
RUNAWAY_BYTES = 1024 * 1024


@dataclass
class CopyFile:
    """A table on its way to a COPY file: `rows` and `problems` grow while its lines pass through."""

    name: str
    headers: list[str]
    table: RawTable
    limits: Limits
    rows: int = 0
    problems: list[RowProblem] = field(default_factory=list)


def write_copy_file(table: RawTable, out: Path, *, name: str, limits: Limits) -> CopyFile:
    """Write the rows below the header to `out` and return the headers, how many rows there are and which do not fit.

    No cell has blanks at its edges. Every row has the header's number of cells, a blank one unquoted, which COPY reads as null; blank lines are left out.
    A problem of a cell names its header, so that a column nobody uses need not matter; that of a ragged line names none.
    Raises `FileEmpty`, `DuplicateHeader`, `HeaderTooLong`, `TooManyColumns`, `TooManyRows`, `CellTooLong` or `TooManyBrokenLines`.
    """
    file = CopyFile(name, find_header(table.lines, name=name, limits=limits), table, limits)
    with out.open("x", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\r\n").writerows(_rows(file))
    return file


def find_header(lines: Iterator[Line], *, name: str, limits: Limits) -> list[str]:
    """Return the first line that is not blank without blank cells at its end."""
    headers = next((cells for _, cells in lines if "".join(cells).strip(EDGES)), None)
    if headers is None:
        raise FileEmpty(name=name)
    while not headers[-1].strip(EDGES):
        headers.pop()
    if len(headers) > limits.columns:
        raise TooManyColumns(name=name, columns=len(headers), limit=limits.columns)
    headers = [" ".join("".join(c if c.isprintable() else " " for c in header).split()) for header in headers]
    long = next((place for place, header in enumerate(headers, start=1) if len(header) > LONGEST_HEADER), None)
    if long is not None:
        raise HeaderTooLong(name=name, place=long, limit=LONGEST_HEADER)
    _refuse_duplicates(headers, name=name)
    return headers


def _refuse_duplicates(headers: list[str], *, name: str) -> None:
    places: dict[str, int] = {}
    for place, header in enumerate(headers, start=1):
        alike = "".join(c for c in header.casefold() if c.isalnum()) or header
        if alike and alike in places:
            raise DuplicateHeader(name=name, header=shown(header), first=places[alike], second=place)
        places[alike] = place


def _rows(file: CopyFile) -> Iterator[list[object]]:
    width, limits, faults = len(file.headers), file.limits, file.table.faults
    short = limits.cell_bytes // 4  # a letter has at most four bytes
    for line, given in file.table.lines:
        cells = [cell.strip(EDGES) for cell in given]
        together = "".join(cells)
        if line not in faults and not together:
            continue
        file.rows += 1
        if file.rows > limits.rows:
            raise TooManyRows(name=file.name, limit=limits.rows)
        if (
            len(cells) == width
            and len(together) <= short
            and "\0" not in together
            and "\n" not in together
            and "\r" not in together
            and ("#" not in together or SHEET_ERRORS.isdisjoint(cells))
            and line not in faults
        ):
            yield [line, *cells]
        else:
            yield [line, *_looked_at(file, line, cells)]


def _looked_at(file: CopyFile, line: int, cells: list[str]) -> list[str]:
    while len(cells) > len(file.headers) and not cells[-1]:
        cells.pop()
    _refuse_runaway(file, line, cells)
    problems = [*_ragged(file, line, cells), *_faulty(file, line, cells)]
    file.problems += problems
    if problems and len(file.problems) > file.limits.problems:
        first = file.problems[0].line
        raise TooManyBrokenLines(name=file.name, limit=file.limits.problems, columns=len(file.headers), line=first)
    padded = [*cells, *[""] * (len(file.headers) - len(cells))][: len(file.headers)]
    return ["" if len(cell.encode()) > file.limits.cell_bytes else cell.replace("\0", "␀") for cell in padded]


def _refuse_runaway(file: CopyFile, line: int, cells: list[str]) -> None:
    for place, cell in enumerate(cells):
        if len(cell) > RUNAWAY_BYTES // 4 and len(cell.encode()) > RUNAWAY_BYTES:
            header = file.headers[place] if place < len(file.headers) else ""
            raise CellTooLong(name=file.name, line=line, place=place + 1, header=header, limit=RUNAWAY_BYTES // 1024)


def _ragged(file: CopyFile, line: int, cells: list[str]) -> Iterator[RowProblem]:
    missing = len(file.headers) - len(cells)
    if missing:
        what = "fill in what is missing" if missing > 0 else "give each cell a header, and put quotes around text that holds the delimiter"
        sentence = f"This line has {len(cells)} cells under {len(file.headers)} headers; {what}."
        yield RowProblem(line, "", shown(cells[-1]), "ragged", sentence)


def _faulty(file: CopyFile, line: int, cells: list[str]) -> Iterator[RowProblem]:
    for header, cell in zip(file.headers, cells, strict=False):
        if "\0" in cell:
            yield RowProblem(line, header, shown(cell), "nul", "The cell holds a NUL character; delete it.")
        if cell in SHEET_ERRORS:
            yield RowProblem(line, header, cell, "formula_error", f"The formula of this cell failed with {cell}; write its value.")
        if len(cell.encode()) > file.limits.cell_bytes:
            sentence = f"The cell holds more than {file.limits.cell_bytes // 1024} KB; shorten it, or close a quote that stands open in it."
            yield RowProblem(line, header, shown(cell), "cell_too_long", sentence)
        breaks = cell.count("\n") or cell.count("\r")
        if breaks and file.table.delimiter and cell.count(file.table.delimiter) >= breaks * (len(file.headers) - 1):
            sentence = "The cell holds as much as whole lines of the file; look whether a quote stands open in it."
            yield RowProblem(line, header, shown(cell), "lines_swallowed", sentence, "warning")
    for fault in file.table.faults.get(line, ()):
        if 0 <= fault.column < len(file.headers):
            yield RowProblem(line, file.headers[fault.column], fault.value, fault.rule, fault.sentence)
