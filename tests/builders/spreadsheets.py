"""Spreadsheets as bytes, honest and hostile, and what the parser makes of them."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import xlsxwriter

from caretally.imports.limits import LIMITS, Limits
from caretally.imports.parsing import parse_file
from caretally.imports.results import RowProblem

SHEET = "xl/worksheets/sheet1.xml"
FORMATS = {datetime: "yyyy-mm-dd hh:mm:ss", date: "m/d/yyyy", time: "hh:mm:ss", timedelta: "[h]:mm:ss"}


@dataclass(frozen=True)
class Formula:
    """A formula with the value that the program which saved it had computed."""

    text: str
    value: str | int | float


@dataclass(frozen=True)
class Shown:
    """A number with the format that shows it, as `h:mm`."""

    number: int | float
    shape: str


@dataclass(frozen=True)
class Reading:
    """What the parser left: headers, rows by line, and problems."""

    headers: Sequence[str]
    rows: dict[int, list[str]]
    problems: tuple[RowProblem, ...]

    @property
    def broken(self) -> list[tuple[int, str, str]]:
        """Return line, column and rule of what keeps a row out."""
        return [(p.line, p.column, p.rule) for p in self.problems if p.severity == "refused"]

    @property
    def warned(self) -> list[str]:
        """Return the rules of the warnings."""
        return [p.rule for p in self.problems if p.severity == "warning"]


def read(folder: Path, content: bytes | str, *, name: str = "rows.csv", limits: Limits = LIMITS) -> Reading:
    """Parse a file the way the program does."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    file = parse_file(path, scratch=folder, limits=limits)
    with file.path.open(encoding="utf-8", newline="") as stream:
        rows = {int(line): cells for line, *cells in csv.reader(stream)}
    assert file.rows == len(rows)
    return Reading(file.headers, rows, file.problems)


def workbook(rows: Iterable[Sequence[object]], *, others: Sequence[str] = (), hidden: str = "", top: int = 0, left: int = 0) -> bytes:
    """Return an XLSX whose first sheet `Table` holds `rows`, the first cell at `top`, `left`; `hidden` comes before it."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        if hidden:
            book.add_worksheet(hidden).hide()
        sheet = book.add_worksheet("Table")
        sheet.activate()
        sheet.set_first_sheet()
        for title in others:
            book.add_worksheet(title).write(0, 0, "other")
        shapes = {kind: book.add_format({"num_format": shape}) for kind, shape in FORMATS.items()}
        for row, cells in enumerate(rows, start=top):
            for column, cell in enumerate(cells, start=left):
                if isinstance(cell, Formula):
                    sheet.write_formula(row, column, cell.text, None, cell.value)
                elif isinstance(cell, Shown):
                    sheet.write_number(row, column, cell.number, book.add_format({"num_format": cell.shape}))
                elif type(cell) in shapes:
                    sheet.write_datetime(row, column, cell, shapes[type(cell)])
                else:
                    sheet.write(row, column, cell)
    return content.getvalue()


def archive(parts: Mapping[str, bytes | str]) -> bytes:
    """Return a ZIP archive of these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in parts.items():
            packed.writestr(zipfile.ZipInfo(name) if name.startswith(("/", "..")) else name, body)
    return content.getvalue()


def parts_of(book: bytes) -> dict[str, bytes]:
    """Return the parts of an XLSX."""
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def with_sheet(xml: str) -> bytes:
    """Return an XLSX whose only sheet has this XML as its data."""
    head = '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return archive({**parts_of(workbook([["mrn"]])), SHEET: f"{head}<sheetData>{xml}</sheetData></worksheet>"})
