"""What both readers give: the lines of a table as cells of text, and what a person should know about how they were read."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from caretally.imports.results import RowProblem

Line = tuple[int, list[str]]
# Every blank of Unicode and what has no width at all, but no control character: those are refused, not passed over.
EDGES = (
    " \t\r\n\x85\u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
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
    """Lines as (line number a person sees, cells as they are), warnings about the whole file, and faulty cells by line.

    `delimiter` is that of a text, where a quote left open can swallow lines.
    """

    lines: Iterator[Line]
    notes: tuple[RowProblem, ...] = ()
    faults: dict[int, list[Fault]] = field(default_factory=dict)
    delimiter: str = ""


def shown(value: str) -> str:
    """Return a cell as a problem may show it: at most 80 characters, NUL made visible."""
    visible = value[: SHOWN + 1].replace("\0", "␀")
    return visible if len(visible) <= SHOWN else visible[: SHOWN - 1] + "…"


def note(value: str, rule: str, sentence: str) -> RowProblem:
    """Return a warning about the whole file."""
    return RowProblem(1, "", shown(value), rule, sentence, "warning")
