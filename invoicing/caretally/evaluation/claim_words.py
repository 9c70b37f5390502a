"""How seconds, days and claims are written for people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

TIMES = "\N{MULTIPLICATION SIGN}"
CLAIM_LINE = re.compile(r"([0-9A-Z]{5})x([1-9][0-9]*)")


def duration_words(seconds: int) -> str:
    """Return whole seconds as minutes and seconds, `41 min 20 s`; minutes never become hours, because thresholds are in minutes."""
    if seconds < 0:
        raise ValueError(f"{seconds} s is no duration")
    minutes, rest = divmod(seconds, 60)
    if rest == 0:
        return f"{minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def day_words(day: date) -> str:
    """Return a day as it is written in the United States, `March 5, 2026`."""
    return f"{day:%B} {day.day}, {day.year}"


def claim_text(codes: Sequence[str], units: Sequence[int]) -> str:
    """Return a claim as people write it, `99490 + 99439 \N{MULTIPLICATION SIGN}2`; an empty claim is `no code`."""
    lines = [code if count == 1 else f"{code} {TIMES}{count}" for code, count in zip(codes, units, strict=True)]
    return " + ".join(lines) or "no code"


def parse_claim(stored: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return codes and units of a stored claim, `99490x1+99439x2`; empty for an empty text.

    Raises `ValueError` when a part is not a five-character code, `x` and a positive count.
    """
    lines = [_claim_line(part) for part in stored.split("+")] if stored else []
    return tuple(code for code, _units in lines), tuple(units for _code, units in lines)


def stored_claim_text(stored: str) -> str:
    """Return a stored claim (`99490x1+99439x2`) as people write it."""
    return claim_text(*parse_claim(stored))


def _claim_line(part: str) -> tuple[str, int]:
    written = CLAIM_LINE.fullmatch(part)
    if written is None:
        raise ValueError(f"{part!r} is not a code with its units")
    return written[1], int(written[2])


def within_sentence(words: str) -> str:
    """Return words without a final full stop, beginning small unless they begin with an abbreviation."""
    bare = words.rstrip(".")
    return bare if bare[1:2].isupper() or bare[1:2].isdigit() else bare[:1].lower() + bare[1:]
