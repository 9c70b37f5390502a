"""What both readers give: the lines of a table as cells of text, and what a person should know about how they were read."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from caretally.imports.results import RowProblem

Line = tuple[int, list[str]]
# A line of nothing but these is blank; inside a line that is not, every cell stays as it is.
EDGES = " \t\r\n\u00a0\u200b\ufeff"
SHOWN = 80


@dataclass(frozen=True)
class Fault:
    """A cell (column from 0) that a workbook shows but that holds no value."""

    column: int
    value: str
    rule: str
    sentence: str


@dataclass(frozen=True)
class RawTable:
    """Lines as (line number a person sees, cells as they are), warnings about the whole file, and faulty cells by line."""

    lines: Iterator[Line]
    notes: tuple[RowProblem, ...] = ()
    faults: dict[int, list[Fault]] = field(default_factory=dict)


def shown(value: str) -> str:
    """Return a cell as a problem may show it: at most 80 characters, NUL made visible."""
    visible = value[: SHOWN + 1].replace("\0", "␀")
    return visible if len(visible) <= SHOWN else visible[: SHOWN - 1] + "…"


def note(value: str, rule: str, sentence: str) -> RowProblem:
    """Return a warning about the whole file."""
    return RowProblem(1, "", shown(value), rule, sentence, "warning")
