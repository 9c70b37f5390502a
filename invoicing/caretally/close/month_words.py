"""Words and lines that a month's pages take from the rule tables."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from caretally.close.statements import statement


@dataclass(frozen=True)
class MonthWords:
    """`gates` gives label and owner by code; `thresholds` the seconds at which staff time reaches the codes of the first timed program."""

    gates: Mapping[str, tuple[str, str]]
    thresholds: tuple[int, ...]

    def label(self, code: str) -> str:
        """Return a reason in words, the code itself when the tables do not know it any more."""
        return self.gates[code][0] if code in self.gates else code

    def owner(self, code: str) -> str:
        """Return who can cure a reason."""
        return self.gates[code][1] if code in self.gates else "nobody"


def month_words(connection: Connection) -> MonthWords:
    """Return the words in one query."""
    row = connection.execute(statement("month_words")).one()
    gates = {code: (label, owner) for code, (label, owner) in (row.gates or {}).items()}
    return MonthWords(gates, tuple(sorted(row.thresholds or ())))
