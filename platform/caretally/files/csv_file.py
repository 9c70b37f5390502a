"""Tables as CSV: UTF-8, RFC 4180, formula-safe."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

from caretally.files.cells import Cell, safe_text


def csv_bytes(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a table as UTF-8 CSV with one header row.

    Text is made formula-safe, numbers stay numbers, dates are ISO 8601, nothing on record is an empty cell. Raises ValueError when a row
    has more or fewer cells than there are headers.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headers)
    writer.writerows(_written(row, width=len(headers)) for row in rows)
    return text.getvalue().encode("utf-8")


def _written(row: Sequence[Cell], *, width: int) -> list[str]:
    if len(row) != width:
        raise ValueError(f"a row has {len(row)} cells under {width} headers")
    return [_cell(cell) for cell in row]


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return safe_text(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else str(cell)
