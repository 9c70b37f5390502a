"""The statements of this capability."""

from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text


@cache
def statement(name: str) -> TextClause:
    """Return a statement by the name of its file."""
    return text((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))
