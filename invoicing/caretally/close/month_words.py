"""Words and lines that a month's pages take from the rule tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from caretally.close.statements import statement
from caretally.cms.kept_rule_tables import kept_of_rules


@dataclass(frozen=True, eq=False)
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


def words_now(connection: Connection, rows: tuple[Any, ...]) -> MonthWords:
    """Return the words, read once a process for each set of rule tables; which one stands now is told by the rows of the month, when there are any."""
    return kept_of_rules(connection, rows[0].rule_tables_now, month_words) if rows else month_words(connection)
