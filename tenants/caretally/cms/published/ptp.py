"""The procedure-to-procedure edits of NCCI for practitioners, which CMS publishes each quarter in four parts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from caretally.cms.published.opening import PublishedFile
from caretally.cms.published.tables import Label, PublishedRows, find_table
from caretally.cms.published.values import CODE, compact_date, procedure_code
from caretally.cms.reference_files import Row

FITTING = r"^ccipra"
COLUMNS = ("column_one", "column_two", "valid_from", "valid_to", "modifier", "before_1996", "rationale")
FIRST = (Label(("COLUMN", "1")),)
WANTED = {
    "column_two": (Label(("COLUMN", "2")),),
    "before_1996": (Label(("EXISTENCE",)),),
    "valid_from": (Label(("EFFECTIVE",)),),
    "valid_to": (Label(("DELETION",)),),
    "modifier": (Label(("MODIFIER",)),),
    "rationale": (Label(("RATIONALE",)),),
}
NCCI_BEGAN = date(1996, 1, 1)
NO_DATE = "*"


def read_pair_edits(files: Sequence[PublishedFile], *, known: Collection[str]) -> PublishedRows:
    """Return the pairs of which at least one code is in `known`, of all parts together; every line is checked, also those left out.

    A pair deleted on the day it began was never in force and is left out. Raises `DamagedReferenceFile` with the line and the reason.
    """
    rows: dict[tuple[str, str, date], Row] = {}
    read = 0
    for file in files:
        table = find_table(file, first=FIRST, wanted=WANTED)
        for line, cells in table.lines:
            if _is_header(cells):
                continue
            read += 1
            row = _row(file, line, table.cells(line, cells))
            key = (str(row[0]), str(row[1]), row[2])
            if key in rows:
                raise file.damaged(line, f"duplicate key {key[0]} {key[1]} {key[2]}")
            if row[2] != row[3] and (row[0] in known or row[1] in known):
                rows[key] = row  # type: ignore[index]
    if not read:
        raise files[0].damaged(0, "it holds no pair")
    return PublishedRows(list(rows.values()), read)


def _is_header(cells: Sequence[str]) -> bool:
    """Return whether the line goes on with the header, which the workbooks stack over several rows."""
    return not cells[0] and not CODE.fullmatch(cells[1] if len(cells) > 1 else "")


def _row(file: PublishedFile, line: int, cells: dict[str, str]) -> Row:
    one, two = procedure_code(file, line, cells["first"], "column 1"), procedure_code(file, line, cells["column_two"], "column 2")
    before = cells["before_1996"] == NO_DATE
    if cells["before_1996"] not in ("", NO_DATE):
        raise file.damaged(line, f"in existence before 1996: {cells['before_1996'][:40]!r} is neither * nor blank")
    start = NCCI_BEGAN if before and not cells["valid_from"] else compact_date(file, line, cells["valid_from"], "effective date")
    end = None if cells["valid_to"] in ("", NO_DATE) else compact_date(file, line, cells["valid_to"], "deletion date")
    if end is not None and end < start:
        raise file.damaged(line, f"impossible dates: it ends on {end}, before it begins on {start}")
    if cells["modifier"] not in ("0", "1", "9"):
        raise file.damaged(line, f"modifier: {cells['modifier'][:40]!r} is not 0, 1 or 9")
    return (one, two, start, end, int(cells["modifier"]), before, cells["rationale"])
