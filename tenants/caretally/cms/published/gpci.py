"""The geographic practice cost indices by Medicare locality (Addendum E of the physician fee schedule)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from caretally.cms.published.opening import PublishedFile
from caretally.cms.published.tables import Label, PublishedRows, PublishedTable, find_table
from caretally.cms.published.values import amount, year_of
from caretally.cms.reference_files import Row

FITTING = r"^GPCI"
COLUMNS = ("locality", "state", "name", "work", "expense", "malpractice")
FIRST = (Label(("MAC",)), Label(("CARRIER",)), Label(("CONTRACTOR",)))
WANTED = {
    "state": (Label(("STATE",)),),
    "locality": (Label(("LOCALITY", "NUMBER")),),
    "name": (Label(("LOCALITY", "NAME")),),
    # While the floor is law, some files show both indices of work.
    "work": (Label(("PW", "GPCI")), Label(("PW", "GPCI", "FLOOR"), ("WITHOUT",))),
    "expense": (Label(("PE", "GPCI")),),
    "malpractice": (Label(("MP", "GPCI")),),
}
LEAST, MOST = Decimal("0.1"), Decimal(3)


@dataclass(frozen=True, slots=True)
class GeographicIndices(PublishedRows):
    """The indices of every locality, and the year that the headers name, if they name one."""

    year: int | None = None


def read_geographic_indices(file: PublishedFile) -> GeographicIndices:
    """Return the three indices of each locality. Raises `DamagedReferenceFile` with the line and the reason."""
    table = find_table(file, first=FIRST, wanted=WANTED)
    rows: dict[str, Row] = {}
    footnote = 0
    for line, cells in table.lines:
        if not _is_locality(cells):
            footnote = footnote or line
            continue
        if footnote:
            raise file.damaged(footnote, "this is not a locality, and localities follow it")
        row = _row(file, line, table.cells(line, cells))
        if row[0] in rows:
            raise file.damaged(line, f"duplicate key {row[0]}")
        rows[str(row[0])] = row
    if not rows:
        raise file.damaged(0, "it holds no locality")
    headers = " ".join(" ".join(words) for words in table.headers)
    return GeographicIndices(list(rows.values()), len(rows), _notes(table), year_of(headers))


def _notes(table: PublishedTable) -> tuple[str, ...]:
    both = len([words for words in table.headers if {"PW", "GPCI"} <= words]) > 1
    return ("The index of work is the one with the floor.",) if both else ()


def _is_locality(cells: Sequence[str]) -> bool:
    return cells[0].isascii() and cells[0].isdigit()


def _row(file: PublishedFile, line: int, cells: dict[str, str]) -> Row:
    carrier, number = cells["first"], cells["locality"]
    if len(carrier) > 5 or not (number.isascii() and number.isdigit()) or len(number) > 2:
        raise file.damaged(line, f"{carrier[:20]!r} and {number[:20]!r} are not a contractor of five digits and a locality of two")
    # A workbook that keeps them as numbers has lost the zeros in front.
    locality = f"{carrier.zfill(5)}-{number.zfill(2)}"
    indices = [amount(file, line, cells[column], column, least=LEAST, most=MOST) for column in ("work", "expense", "malpractice")]
    if len(cells["state"]) != 2:
        raise file.damaged(line, f"state: {cells['state'][:40]!r} is not a two-letter state")
    return (locality, cells["state"], cells["name"].rstrip("* "), *indices)
