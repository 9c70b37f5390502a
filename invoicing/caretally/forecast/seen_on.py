"""The day that a forecast is made on, and the client's time as it was logged up to the end of that day."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from caretally.errors import NothingToDo, UsageMistake
from caretally.months import Month

COLUMNS = text(
    "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = 'time_entry'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
)
END_OF_DAY = text(
    "SELECT extract(epoch FROM at)::bigint AS second, at::text AS at FROM (SELECT (CAST(:day AS date) + 1)::timestamp AT TIME ZONE :timezone AS at) midnight"
)
SCHEMA = text("SELECT split_part(current_setting('search_path'), ',', 1)")
TEMPORARY_FIRST = text("SELECT set_config('search_path', 'pg_temp, ' || :schema, true)")


class NotInTheMonth(UsageMistake):
    """The day asked for does not lie in the month, or has not come yet."""

    code = "not_in_the_month"


class NothingToForecast(NothingToDo):
    """The month has not begun, is over, or is closed already."""

    code = "nothing_to_forecast"


@dataclass(frozen=True)
class Subject:
    """What a sentence about a month names: the client's code and time zone, the month, and whether it is closed."""

    client: str
    timezone: str
    month: Month
    is_closed: bool


def day_of_forecast(subject: Subject, *, as_of: date | None, now: datetime) -> date:
    """Return the day up to which time is read: `as_of`, else the client's today, which must lie in an open month.

    With `as_of` any month can be looked at again as it stood on a day of it. `now` is an aware moment. Raises `NotInTheMonth` and
    `NothingToForecast`.
    """
    month, today = subject.month, now.astimezone(ZoneInfo(subject.timezone)).date()
    if as_of is not None and Month.of(as_of) != month:
        raise NotInTheMonth(f"{as_of} is not a day of {month}; give a day of the month with --as-of.")
    if today < month.first_day:
        raise NothingToForecast(f"{month} has not begun at {subject.client}, where it is {today}; ask again from {month.first_day} on.")
    if as_of is not None and as_of > today:
        raise NotInTheMonth(f"{as_of} has not come yet at {subject.client}, where it is {today}; give an earlier day with --as-of.")
    if as_of is None and (subject.is_closed or today > month.last_day):
        how = "closed" if subject.is_closed else "over"
        raise NothingToForecast(
            f"{month} is {how} at {subject.client}, so nothing is left to forecast; give a day with --as-of to see it as it stood then."
        )
    return as_of or today


def read_time_until(connection: Connection, as_of: date, *, timezone: str) -> None:
    """Let every statement that follows in this transaction read the time logged up to the end of a local day and no later.

    An entry that is at work at that midnight is read up to it. Must be rolled back by the caller, since a temporary view outlives a
    transaction.
    """
    midnight = connection.execute(END_OF_DAY, {"day": as_of, "timezone": timezone}).one()
    cut = {"ended_at": f"least(ended_at, timestamptz '{midnight.at}')", "ended_second": f"least(ended_second, {int(midnight.second)})"}
    columns = ", ".join(f"{cut[name]} AS {name}" if name in cut else name for name in connection.scalars(COLUMNS))
    schema = connection.scalar(SCHEMA)
    connection.exec_driver_sql(
        f"CREATE TEMP VIEW time_entry WITH (security_invoker = true) AS SELECT {columns} FROM {schema}.time_entry "
        f"WHERE started_at < timestamptz '{midnight.at}'"
    )
    connection.execute(TEMPORARY_FIRST, {"schema": schema})
