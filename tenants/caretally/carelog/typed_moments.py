"""Days and times of day as people type them; a browser with pickers sends the ones with dashes and colons."""

import re
from datetime import date, time

ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
AMERICAN_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
PICKED_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
CLOCK = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::([0-9]{2}))?")
HALF_DAY = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))? ?([ap])\.?m\.?", re.IGNORECASE)


def day_typed(typed: str) -> date | None:
    """Return the day of `2026-10-31` or `10/31/2026`, None where there is no such day."""
    written = typed.strip()
    american = AMERICAN_DAY.fullmatch(written)
    try:
        if american:
            month, day, year = map(int, american.groups())
            return date(year, month, day)
        return date.fromisoformat(written) if ISO_DAY.fullmatch(written) else None
    except ValueError:
        return None


def time_of_day(typed: str) -> time | None:
    """Return the time of `09:30`, `9.30`, `9:30 am` or `9 pm`, None where there is no such time."""
    written = typed.strip()
    half = HALF_DAY.fullmatch(written)
    try:
        if half:
            return _of_half(int(half[1]), int(half[2] or 0), afternoon=half[3] in "pP")
        whole = CLOCK.fullmatch(written)
        return time(int(whole[1]), int(whole[2]), int(whole[3] or 0)) if whole else None
    except ValueError:
        return None


def kind_of_field(typed: str, *, of_day: bool) -> str:
    """Return the type of input that shows what was typed: a picker for what it can hold, else a line of text."""
    picked = ISO_DAY if of_day else PICKED_TIME
    shown = not typed or bool(picked.fullmatch(typed) and (day_typed(typed) if of_day else time_of_day(typed)) is not None)
    return ("date" if of_day else "time") if shown else "text"


def _of_half(hour: int, minute: int, *, afternoon: bool) -> time | None:
    """Return a time of the morning or the afternoon, whose hours are 1 to 12."""
    return time(hour % 12 + 12 * afternoon, minute) if 1 <= hour <= 12 else None
