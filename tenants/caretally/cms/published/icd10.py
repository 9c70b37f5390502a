"""The ICD-10-CM codes of a fiscal year: CMS's order file, CMS's list of codes with descriptions, or a bare list with chapters and blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from caretally.cms.published.opening import PublishedFile
from caretally.cms.published.tables import PublishedRows
from caretally.cms.published.values import diagnosis_code
from caretally.cms.reference_files import Row

FITTING = r"^icd10cm[-_](order|codes)|code-list"
COLUMNS = ("code", "billable")
ORDERED = re.compile(r"(\d{5}) ([A-Z0-9 ]{7}) ([01]) .{60} \S.*")
DESCRIBED = re.compile(r"([A-Z][0-9A-Z]{2,6}) +\S.*")
CHAPTER = re.compile(r"\d{1,2}")
Lines = Sequence[tuple[int, str]]
NumberedRow = tuple[int, Row]
BLOCK = re.compile(r"[A-Z][0-9A-Z]{2}-[A-Z][0-9A-Z]{2}")


def read_diagnosis_codes(file: PublishedFile) -> PublishedRows:
    """Return each code, with whether it is complete enough to be billed where the file says so. Raises `DamagedReferenceFile`."""
    lines = [(number, line.rstrip()) for number, line in file.text_lines() if line.strip("\x1a \t")]
    if not lines:
        raise file.damaged(0, "it holds no code")
    rows: dict[str, Row] = {}
    for number, row in _LAYOUTS[_layout(lines[0][1])](file, lines):
        if row[0] in rows:
            raise file.damaged(number, f"duplicate key {row[0]}")
        rows[str(row[0])] = row
    return PublishedRows(list(rows.values()), len(lines))


def _layout(line: str) -> str:
    return "ordered" if ORDERED.fullmatch(line) else "described" if DESCRIBED.fullmatch(line) else "listed"


def _ordered(file: PublishedFile, lines: Lines) -> Iterator[NumberedRow]:
    for place, (number, line) in enumerate(lines, start=1):
        found = ORDERED.fullmatch(line)
        if not found:
            raise file.damaged(
                number, "it is not an order number, a code, 0 or 1, and two descriptions, as when the end of the file is missing"
            )
        if int(found[1]) != place:
            raise file.damaged(number, f"the order number is {found[1]}, and {place:05d} was to come")
        yield number, (diagnosis_code(file, number, found[2].rstrip()), found[3] == "1")


def _described(file: PublishedFile, lines: Lines) -> Iterator[NumberedRow]:
    for number, line in lines:
        found = DESCRIBED.fullmatch(line)
        if not found:
            raise file.damaged(number, "it is not a code and its description, as when the end of the file is missing")
        yield number, (diagnosis_code(file, number, found[1]), True)


def _listed(file: PublishedFile, lines: Lines) -> Iterator[NumberedRow]:
    for place, (number, line) in enumerate(lines):
        # A block of one category has the category's name.
        is_block = BLOCK.fullmatch(line) or line == (lines[place + 1][1] if place + 1 < len(lines) else "")
        if not is_block and not CHAPTER.fullmatch(line):
            yield number, (diagnosis_code(file, number, line), None)


_LAYOUTS = {"ordered": _ordered, "described": _described, "listed": _listed}
