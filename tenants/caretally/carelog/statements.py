"""The SQL files beside this module."""

from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text

HERE = Path(__file__).parent / "sql"


@cache
def statement(name: str) -> TextClause:
    """Return the file `sql/<name>.sql` as a statement with named parameters."""
    return text((HERE / f"{name}.sql").read_text(encoding="utf-8"))
