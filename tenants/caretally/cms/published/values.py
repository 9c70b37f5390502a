"""The values of published files, each refused with its file, line and column when it cannot be."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from caretally.cms.published.opening import PublishedFile

CODE = re.compile(r"[0-9A-Z]{5}")
# Since 2026 there are categories such as QA0.
DIAGNOSIS = re.compile(r"[A-Z][0-9A-Z]{2,6}")
AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?|\.[0-9]{1,6}")
COMPACT_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")


def procedure_code(file: PublishedFile, line: int, cell: str, column: str = "code") -> str:
    """Return a CPT or HCPCS code of five characters."""
    if not CODE.fullmatch(cell):
        raise file.damaged(line, f"{column}: {_shown(cell)} is not a five-character code")
    return cell


def diagnosis_code(file: PublishedFile, line: int, cell: str) -> str:
    """Return an ICD-10-CM code or heading without dot."""
    if not DIAGNOSIS.fullmatch(cell):
        raise file.damaged(line, f"{_shown(cell)} is not an ICD-10-CM code")
    return cell


def amount(file: PublishedFile, line: int, cell: str, column: str, *, least: Decimal = Decimal(0), most: Decimal) -> Decimal:
    """Return a number of `least` to `most`."""
    if not AMOUNT.fullmatch(cell):
        raise file.damaged(line, f"{column}: {_shown(cell)} is not a number")
    value = Decimal(cell)
    if not least <= value <= most:
        raise file.damaged(line, f"{column}: {cell} is out of range ({least} to {most})")
    return value


def compact_date(file: PublishedFile, line: int, cell: str, column: str) -> date:
    """Return a day written as 20261231."""
    written = COMPACT_DATE.fullmatch(cell)
    try:
        if written:
            return date(*map(int, written.groups()))
    except ValueError:
        pass
    raise file.damaged(line, f"{column}: {_shown(cell)} is not a possible date such as 20261231")


def year_of(text: str) -> int | None:
    """Return the one year that a title or header names, or None when it names none or several."""
    years = {int(year) for year in re.findall(r"\b20\d\d\b", text)}
    return years.pop() if len(years) == 1 else None


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else f"{cell[:39]}…")
