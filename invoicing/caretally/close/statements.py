"""The SQL files beside this module."""

from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text


@cache
def statement(name: str) -> TextClause:
    """Return the file `<name>.sql` as a statement with named parameters."""
    return text((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))
