"""Finds the columns of a published table below its title lines, by the words of a header that may be stacked over several rows."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from caretally.cms.published.opening import Line, PublishedFile
from caretally.cms.reference_files import Row

MOST_TITLE_LINES = 60
MOST_STACKED = 6
WORD = re.compile(r"[A-Z0-9.]+")


@dataclass(frozen=True, slots=True)
class Label:
    """What the header of a column must say and must not: words in capitals, wherever they stand in it."""

    says: tuple[str, ...]
    never: tuple[str, ...] = ()

    def fits(self, words: frozenset[str]) -> bool:
        """Return whether a header of these words is the column's."""
        return words.issuperset(self.says) and words.isdisjoint(self.never)


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """The place of each wanted column and of the `first`, the words of every header, the title lines above, and the lines below, blank ones left out."""

    file: PublishedFile
    places: dict[str, int]
    headers: tuple[frozenset[str], ...]
    title: str
    lines: Iterator[Line]

    def cells(self, line: int, cells: Sequence[str]) -> dict[str, str]:
        """Return the wanted cells of a line by name. Raises `DamagedReferenceFile` for a line that ends before the last of them."""
        if len(cells) <= max(self.places.values()):
            raise self.file.damaged(
                line, f"{len(cells)} cells stand under {len(self.headers)} columns, as when the end of the file is missing"
            )
        return {name: cells[place] for name, place in self.places.items()}


@dataclass(frozen=True, slots=True)
class PublishedRows:
    """The rows of a file for its table (in the order of the table's columns), how many data lines were read, and what is worth knowing."""

    rows: list[Row]
    read: int
    notes: tuple[str, ...] = ()


def find_table(file: PublishedFile, *, first: Sequence[Label], wanted: Mapping[str, Sequence[Label]]) -> PublishedTable:
    """Return the table whose header's first cell fits one of `first`, with the one column that fits a label of each wanted name.

    Labels are tried in turn, so that a later one can tell columns apart that an earlier one confuses. Raises `DamagedReferenceFile`
    naming the column that is missing, or that several headers fit.
    """
    lines = file.lines()
    above: deque[Sequence[str]] = deque(maxlen=MOST_STACKED)
    title: list[str] = []
    for number, cells in lines:
        if len([cell for cell in cells if cell]) >= min(3, len(wanted)) and any(label.fits(_words(cells[:1])) for label in first):
            headers = _headers(above, cells)
            places = {"first": 0} | {name: _place(file, number, name, labels, headers) for name, labels in wanted.items()}
            return PublishedTable(file, places, headers, "\n".join(title), _filled(lines))
        above.append(cells)
        title.append(" ".join(cell for cell in cells if cell))
        if len(title) > MOST_TITLE_LINES:
            break
    raise file.damaged(len(title), f"no header was found: a line whose first cell says {' '.join(first[0].says)}")


def _headers(above: deque[Sequence[str]], last: Sequence[str]) -> tuple[frozenset[str], ...]:
    stacked = [cells for cells in above if len(cells) > 1 and not cells[0]]
    return tuple(_words([*(cells[place] for cells in stacked if place < len(cells)), last[place]]) for place in range(len(last)))


def _words(cells: Sequence[str]) -> frozenset[str]:
    return frozenset(WORD.findall(" ".join(cells).upper()))


def _place(file: PublishedFile, line: int, name: str, labels: Sequence[Label], headers: tuple[frozenset[str], ...]) -> int:
    fitting = [[place for place, words in enumerate(headers) if label.fits(words)] for label in labels]
    only = next((places[0] for places in fitting if len(places) == 1), None)
    if only is not None:
        return only
    said = " ".join(labels[0].says)
    raise file.damaged(line, f"several columns could be {name} ({said})" if any(fitting) else f"missing column {name} ({said})")


def _filled(lines: Iterator[Line]) -> Iterator[Line]:
    return ((number, cells) for number, cells in lines if any(cells))
