"""The relative value file of the physician fee schedule (PPRRVU…), as CMS publishes it each quarter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from caretally.cms.published.opening import PublishedFile
from caretally.cms.published.tables import Label, PublishedRows, PublishedTable, find_table
from caretally.cms.published.values import amount, procedure_code
from caretally.cms.reference_files import Row

FITTING = r"^PPRRVU"
COLUMNS = (
    "code",
    "status",
    "work",
    "nonfacility_expense",
    "facility_expense",
    "malpractice",
    "nonfacility_total",
    "facility_total",
    "nonfacility_never",
    "facility_never",
    "source",
)
FIRST = (Label(("HCPCS",)),)
WANTED = {
    "modifier": (Label(("MOD",)),),
    "status": (Label(("STATUS",)),),
    "work": (Label(("WORK", "RVU")),),
    "nonfacility_expense": (Label(("PE", "RVU", "NON")),),
    "facility_expense": (Label(("PE", "RVU"), ("NON",)),),
    "malpractice": (Label(("MP", "RVU")),),
    "nonfacility_total": (Label(("TOTAL", "NON")),),
    "facility_total": (Label(("TOTAL",), ("NON",)),),
    "factor": (Label(("CONV", "FACTOR")),),
}
MOST = Decimal(9999)
# Parts and totals are each published rounded to the hundredth.
ROUNDING = Decimal("0.02")
STATUS = re.compile(r"[A-Z]")


@dataclass(frozen=True, slots=True)
class RelativeValues(PublishedRows):
    """The rows without modifier, the one conversion factor of the file (dollars) and the year that its title names, if it names one."""

    factor: Decimal = Decimal(0)
    year: int | None = None


def read_relative_values(file: PublishedFile) -> RelativeValues:
    """Return the relative values of every code. Raises `DamagedReferenceFile` with the line and the reason."""
    table = find_table(file, first=FIRST, wanted=WANTED)
    table = replace(table, places=table.places | _never_columns(table))
    rows: dict[str, Row] = {}
    factors: set[Decimal] = set()
    read = 0
    for line, cells in _data(table):
        read += 1
        row = _row(file, line, cells)
        factors |= _factor(file, line, cells)
        if len(factors) > 1:
            raise file.damaged(line, f"a second conversion factor, {' and '.join(str(factor) for factor in sorted(factors))}")
        if cells["modifier"]:
            continue
        if row[0] in rows:
            raise file.damaged(line, f"duplicate key {row[0]}")
        rows[str(row[0])] = row
    if not rows or not factors:
        raise file.damaged(0, "it holds no code with a conversion factor")
    title = table.title.splitlines()
    return RelativeValues(list(rows.values()), read, (), factors.pop(), _year(title[0] if title else ""))


def _year(title: str) -> int | None:
    found = re.search(r"\b(20\d\d)\b", title)
    return int(found[1]) if found else None


def _never_columns(table: PublishedTable) -> dict[str, int]:
    """Return the columns that say where a service is never furnished: each stands right after its practice expense."""
    after = {name: table.places[f"{name}_expense"] + 1 for name in ("nonfacility", "facility")}
    for name, place in after.items():
        if place >= len(table.headers) or "NA" not in table.headers[place]:
            raise table.file.damaged(0, f"missing column {name}_never (NA INDICATOR after the practice expense)")
    return {f"{name}_never": place for name, place in after.items()}


def _data(table: PublishedTable) -> Iterator[tuple[int, dict[str, str]]]:
    return ((line, table.cells(line, cells)) for line, cells in table.lines)


def _row(file: PublishedFile, line: int, cells: dict[str, str]) -> Row:
    code = procedure_code(file, line, cells["first"])
    if not STATUS.fullmatch(cells["status"]):
        raise file.damaged(line, f"status: {cells['status'][:40]!r} is not one letter")
    work, nonfacility, facility, malpractice, nonfacility_total, facility_total = (
        amount(file, line, cells[column], column, most=MOST)
        for column in ("work", "nonfacility_expense", "facility_expense", "malpractice", "nonfacility_total", "facility_total")
    )
    for expense, total, place in ((nonfacility, nonfacility_total, "non-facility"), (facility, facility_total, "facility")):
        if abs(work + expense + malpractice - total) > ROUNDING:
            raise file.damaged(line, f"the {place} total of {code} is {total}, but its parts add up to {work + expense + malpractice}")
    never = [_never(file, line, cells, column) for column in ("nonfacility_never", "facility_never")]
    return (code, cells["status"], work, nonfacility, facility, malpractice, nonfacility_total, facility_total, *never, "")


def _never(file: PublishedFile, line: int, cells: dict[str, str], column: str) -> bool:
    if cells[column] not in ("", "NA"):
        raise file.damaged(line, f"{column}: {cells[column][:40]!r} is neither NA nor blank")
    return cells[column] == "NA"


def _factor(file: PublishedFile, line: int, cells: dict[str, str]) -> set[Decimal]:
    factor = amount(file, line, cells["factor"], "conversion factor", most=Decimal(100))
    return {factor} - {Decimal(0)}
