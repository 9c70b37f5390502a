"""One table as a file: CSV or a workbook, by the ending of its name."""

from collections.abc import Sequence

from caretally.files.cells import Cell
from caretally.files.csv_file import csv_bytes
from caretally.files.xlsx_file import Column, Sheet, xlsx_bytes

TABLE_ENDINGS = ("csv", "xlsx")


def table_file(
    ending: str,
    columns: tuple[Column, ...],
    rows: Sequence[Sequence[Cell]],
    *,
    title: str,
    author: str,
    totals: Sequence[Cell] | None = None,
) -> bytes:
    """Return the rows as `csv` or as `xlsx`, both formula-safe; `totals` stand under them in the workbook only."""
    if ending == "csv":
        return csv_bytes([column.header for column in columns], rows)
    return xlsx_bytes((Sheet(name=title, columns=columns, rows=rows, totals=totals),), title=title, author=author)
