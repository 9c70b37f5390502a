"""A calendar month as a client lives it: local days, in seconds since the epoch."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


class LocalMonth:
    """One month in one time zone; `starts` and `ends` are epoch seconds, the end excluded."""

    def __init__(self, month: str, timezone: str) -> None:
        """Take `2026-03` and an IANA zone name."""
        year, number = (int(part) for part in month.split("-"))
        self.name = month
        self.zone = ZoneInfo(timezone)
        self.first_day = date(year, number, 1)
        self.last_day = date(year, number, monthrange(year, number)[1])
        self.starts = self.midnight(self.first_day)
        self.ends = self.midnight(self.last_day + timedelta(days=1))

    def midnight(self, day: date) -> int:
        """Return the epoch second at which a local day begins."""
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def midnights(self) -> list[int]:
        """Return the beginning of each local day of the month, then the month's end."""
        days = (self.last_day - self.first_day).days + 2
        return [self.midnight(self.first_day + timedelta(days=n)) for n in range(days)]

    def day_of(self, moment: int) -> date:
        """Return the local day on which an epoch second falls."""
        return datetime.fromtimestamp(moment, self.zone).date()

    def moment(self, text: str) -> int:
        """Return the epoch second of an ISO time; one without offset is local. Raises ValueError below a second."""
        read = datetime.fromisoformat(text)
        if read.microsecond:
            raise ValueError(f"{text} is finer than a second")
        return int((read if read.tzinfo else read.replace(tzinfo=self.zone)).timestamp())


def as_day(value: str | None) -> date | None:
    """Return a date from ISO text, or None when nothing is on record."""
    return date.fromisoformat(value) if value else None


def months_later(day: date, months: int) -> date:
    """Return the same day some months later (or earlier), held back to the length of that month."""
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, index + 1, min(day.day, monthrange(year, index + 1)[1]))
