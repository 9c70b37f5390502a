"""Reads the first visible sheet of an XLSX workbook: what a formula computed, dates and numbers as plain text."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from math import isfinite

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from caretally.imports.limits import Limits
from caretally.imports.refusals import DamagedWorkbook, FileEmpty, NoSheet, PasswordProtected, TooManyColumns, TooManyRows
from caretally.imports.results import RowProblem
from caretally.imports.tables import Fault, Line, RawTable, note
from caretally.imports.workbook_clocks import HALF_A_MILLISECOND, Place, clock_text, vague_clocks
from caretally.imports.workbook_parts import faults_of, open_archive, sheet_part

DIGITS_KEPT = 10**15
DIGITS_LOST = "A spreadsheet keeps 15 digits of a number, and this one has more; format its column as text and enter it again."
Value = int | float | str | bool | time | date | datetime | timedelta


def read_workbook(data: bytes, *, name: str, limits: Limits) -> RawTable:
    """Return the rows of the first visible sheet, numbered as the sheet numbers them.

    Raises what `open_archive` raises, and `NoSheet`, `FileEmpty`, `TooManyRows` or `TooManyColumns` before a row is read.
    """
    archive = open_archive(data, name=name, limits=limits)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        title, notes = _first_sheet(book, name=name)
        sheet = book.get_sheet_by_name(title)
    except PasswordError:
        raise PasswordProtected(name=name) from None
    except (CalamineError, OSError, ValueError):
        raise DamagedWorkbook(name=name) from None
    left = _refuse_size(sheet, name=name, limits=limits)
    part = sheet_part(archive, title, name=name)
    faults = faults_of(archive, part, name=name, most=limits.problems) if part else {}
    vague = {(row, column - left) for row, column in vague_clocks(archive, part, name=name)} if part else set()
    faults = _moved(faults, by=left)
    return RawTable(_lines(sheet, vague, faults), notes, faults)


def _first_sheet(book: CalamineWorkbook, *, name: str) -> tuple[str, tuple[RowProblem, ...]]:
    visible = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet and s.visible == SheetVisibleEnum.Visible]
    if not visible:
        raise NoSheet(name=name)
    if len(visible) == 1:
        return visible[0], ()
    sentence = f"Only the first sheet “{visible[0]}” was read, {len(visible) - 1} more were not."
    return visible[0], (note(visible[0], "other_sheets", sentence),)


def _refuse_size(sheet: CalamineSheet, *, name: str, limits: Limits) -> int:
    if sheet.start is None:
        raise FileEmpty(name=name)
    if sheet.height - 1 > limits.rows:
        raise TooManyRows(name=name, limit=limits.rows)
    if sheet.width > limits.columns:
        raise TooManyColumns(name=name, columns=sheet.width, limit=limits.columns)
    return sheet.start[1]


def _moved(faults: dict[int, list[Fault]], *, by: int) -> dict[int, list[Fault]]:
    return {row: [Fault(f.column - by, f.value, f.rule, f.sentence) for f in found] for row, found in faults.items()}


def _lines(sheet: CalamineSheet, vague: set[Place], faults: dict[int, list[Fault]]) -> Iterator[Line]:
    def text_at(row: int, column: int, value: Value) -> str:
        if type(value) is float and abs(value) >= DIGITS_KEPT:
            faults.setdefault(row, []).append(Fault(column, as_text(value), "digits_lost", DIGITS_LOST))
        return as_text(value, vague=(row, column) in vague)

    for row, cells in enumerate(sheet.iter_rows(), start=1):
        yield row, [cell if type(cell) is str else text_at(row, column, cell) for column, cell in enumerate(cells)]


def as_text(value: Value, *, vague: bool = False) -> str:
    """Return a cell as a person would type it: 38, 38.1, true, 2026-10-31, 2026-10-31T09:30:00, 00:20:00, 8:00:00 PM.

    `vague` says that the cell's format shows a time without its seconds.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return _to_milliseconds(value).isoformat()
    if isinstance(value, time | timedelta):
        return clock_text(value, vague=vague)
    return value.isoformat()


def _number(value: float) -> str:
    if not isfinite(value):
        return str(value)
    # Excel shows and means 15 digits; the other two of a binary fraction are noise.
    return str(int(value)) if value == int(value) and abs(value) < 10**15 else format(Decimal(format(value, ".15g")), "f")


def _to_milliseconds(moment: datetime) -> datetime:
    rounded = moment + HALF_A_MILLISECOND
    return rounded.replace(microsecond=rounded.microsecond // 1000 * 1000)
