"""The SQL files beside this module."""

from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text

from caretally.cms.kept_rule_tables import NEWEST

HERE = Path(__file__).parent / "sql"


@cache
def statement(name: str) -> TextClause:
    """Return the file `sql/<name>.sql` as a statement with named parameters.

    The rule of what waits for approval stands once, within every statement that lists or counts it.
    """
    return text(_written(name).replace("{waiting_time}", _written("waiting_time")).replace("{newest}", NEWEST))


def _written(name: str) -> str:
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")
