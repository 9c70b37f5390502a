"""How days, minutes and counts are written on printed documents."""

from datetime import date
from functools import lru_cache


@lru_cache(maxsize=4096)
def long_date(day: date) -> str:
    """Return a date as printed, as in 2 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


def clock(seconds: int) -> str:
    """Return seconds as minutes and seconds, as in 47:05 or 6,206:40; never rounded."""
    return f"{seconds // 60:,}:{seconds % 60:02d}"


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun, as in 1,134 patients."""
    return f"{number:,} {one if number == 1 else many}"
