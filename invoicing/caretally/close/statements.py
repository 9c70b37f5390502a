"""The SQL files beside this module."""

from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text

from caretally.tenancy.read_rows import Statement


@cache
def statement(name: str) -> TextClause:
    """Return the file `<name>.sql` as a statement with named parameters."""
    return text(written(name))


@cache
def quick_statement(name: str) -> Statement:
    """Return the file `<name>.sql` as a statement that is read past SQLAlchemy."""
    return Statement(of_month(written(name)))


def of_month(statement: str, month: str = "CAST(:month AS date)") -> str:
    """Return a statement with the condition of_month.sql in the place of `{of_month}`; `month` is what the statement calls the first day."""
    condition = "\n".join(line for line in written("of_month").splitlines() if not line.startswith("--"))
    return statement.replace("{of_month}", condition.replace("{month}", month))


def written(name: str) -> str:
    """Return the text of the file `<name>.sql`."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
