"""Workbooks as XLSX: typed cells, no formula, no link, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from caretally.files.cells import Cell, safe_text

Kind = Literal["text", "long_text", "count", "money", "minutes", "date"]
_NUMBER_FORMATS: dict[Kind, str] = {
    "text": "@",
    "long_text": "@",
    "count": "#,##0",
    "money": "#,##0.00",
    "minutes": "#,##0.00",
    "date": "yyyy-mm-dd",
}
# A workbook has no clock: every file says the same day, so the same data is the same bytes.
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 (the format knows no time zones)


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a sheet: its header, what it holds, and how wide it is in characters."""

    header: str
    kind: Kind = "text"
    width: int = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One sheet: a frozen header row, the rows under it, and the row of totals if there is one."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    totals: Sequence[Cell] | None = None
    landscape: bool = True
    title: str = field(default="")


def xlsx_bytes(sheets: Sequence[Sheet], *, title: str, author: str) -> bytes:
    """Return a workbook with `sheets` in their order; printing repeats the header and fits the width of a Letter page."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": safe_text(title), "author": safe_text(author), "created": _CREATED})
        book.set_calc_mode("auto")
        styles = _Styles(book)
        for sheet in sheets:
            _write_sheet(book.add_worksheet(sheet.name), sheet, styles)
    return buffer.getvalue()


class _Styles:
    """The few cell formats of one workbook, made once."""

    def __init__(self, book: Workbook) -> None:
        font = {"font_name": "Arial", "font_size": 10, "valign": "top"}
        self.header: dict[bool, Format] = {
            right: book.add_format(
                {**font, "bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#E3F1EE", "align": "right" if right else "left"}
            )
            for right in (False, True)
        }
        self.body = {kind: book.add_format({**font, **_look(kind)}) for kind in _NUMBER_FORMATS}
        self.totals = {kind: book.add_format({**font, **_look(kind), "bold": True, "top": 1}) for kind in _NUMBER_FORMATS}


def _look(kind: Kind) -> dict[str, object]:
    look: dict[str, object] = {"num_format": _NUMBER_FORMATS[kind]}
    return {**look, "text_wrap": True} if kind == "long_text" else look


def _write_sheet(page: Worksheet, sheet: Sheet, styles: _Styles) -> None:
    for index, column in enumerate(sheet.columns):
        page.set_column(index, index, column.width)
        page.write_string(0, index, column.header, styles.header[column.kind in ("count", "money", "minutes")])
    for number, row in enumerate(sheet.rows, start=1):
        _write_row(page, number, row, sheet.columns, styles.body)
    if sheet.totals is not None:
        _write_row(page, len(sheet.rows) + 1, sheet.totals, sheet.columns, styles.totals)
    _set_up(page, sheet)


def _write_row(page: Worksheet, number: int, row: Sequence[Cell], columns: Sequence[Column], styles: dict[Kind, Format]) -> None:
    if len(row) != len(columns):
        raise ValueError(f"a row has {len(row)} cells under {len(columns)} headers")
    for index, (cell, column) in enumerate(zip(row, columns, strict=True)):
        _write_cell(page, number, index, cell, styles[column.kind])


def _write_cell(page: Worksheet, row: int, column: int, cell: Cell, style: Format) -> None:
    if cell is None or cell == "":
        page.write_blank(row, column, None, style)
    elif isinstance(cell, str):
        page.write_string(row, column, safe_text(cell), style)
    elif isinstance(cell, date):
        page.write_datetime(row, column, cell, style)
    else:
        page.write_number(row, column, cell, style)  # a Decimal is written digit by digit, so no binary fraction comes near it


def _set_up(page: Worksheet, sheet: Sheet) -> None:
    page.freeze_panes(1, 0)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
    page.repeat_rows(0)
    page.set_paper(1)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    page.set_footer("&L" + (sheet.title or sheet.name).replace("&", "&&") + "&RPage &P of &N")
    if sheet.landscape:
        page.set_landscape()
