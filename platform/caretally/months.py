"""Calendar months: the unit in which care is counted, closed and invoiced; a month has no time zone of its own."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Self

from caretally.errors import UsageMistake

WRITTEN = re.compile(r"([0-9]{4})-([0-9]{2})")


class NotAMonth(UsageMistake):
    """The text is no month of the years 1900 to 9998."""

    code = "not_a_month"


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """One month of the Gregorian calendar, of the years 1900 to 9998; earlier months are smaller."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1900 <= self.year <= 9998 and 1 <= self.month <= 12):
            raise NotAMonth(f"{self.year:04d}-{self.month:02d} is not a month; write it as 2026-10.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the month written as `2026-10`. Raises `NotAMonth`."""
        written = WRITTEN.fullmatch(text)
        if written is None:
            raise NotAMonth(f"{text[:40]!r} is not a month; write it as 2026-10.")
        return cls(int(written[1]), int(written[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month that holds `day`."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    def next(self) -> "Month":
        """Return the month after this one."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> "Month":
        """Return the month before this one."""
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)
