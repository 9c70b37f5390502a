"""The SQL files beside this module."""

from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text

HERE = Path(__file__).parent / "sql"
# The rule of what waits for approval stands once, within every statement that lists or counts it.
WITHIN = "{waiting_time}"


@cache
def statement(name: str) -> TextClause:
    """Return the file `sql/<name>.sql` as a statement with named parameters."""
    return text(_written(name).replace(WITHIN, _written(WITHIN.strip("{}"))))


def _written(name: str) -> str:
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")
