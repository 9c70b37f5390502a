"""What the figures of a month's page look like: its parts, made once for the same rows, checks, choices and permissions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup

from caretally.close.before_close import before_close, waits_in
from caretally.close.clients_table import FILTERS, Asked, shown
from caretally.close.minutes_picture import minutes_picture
from caretally.close.month_words import MonthWords
from caretally.close.overview import Figures, MonthRows, overview_of
from caretally.close.steps import steps_of
from caretally.months import Month
from caretally.web.columns import Shown
from caretally.web.parts import made_once, part


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How somebody looks at a month: `sealed` are the words looked for as an address holds them, `reopened` and `sent` what they have just done.

    `link` leads from a month to the exceptions behind a figure, or nowhere, `patients` to the patients behind it.
    """

    asked: Asked
    columns: Shown
    permissions: frozenset[str]
    sealed: str | None
    reopened: str
    sent: int
    link: Callable[..., str]
    patients: Callable[..., str]


class MonthParts(NamedTuple):
    """The parts of the page, and what the rest of it hangs on: `clients` is empty when no client is shown, and `nobody` says why."""

    above: Markup
    listing: Markup
    clients: Markup
    below: Markup
    nobody: Markup
    checked: Markup
    beside: Markup
    as_asked: str
    to_preview: bool
    act: bool
    clients_in_all: int
    not_closed: int


@made_once
def month_parts(month: Month, rows: MonthRows, live: Any, *, figures: Figures, words: MonthWords, choices: Choices) -> MonthParts:
    """Return the parts of a month; `live` is None for a practice, and its clock stands at the day's beginning (`at_day`)."""
    overview = overview_of(rows, figures, month=month, words=words, waits=waits_in(live) if live else None)
    checks = before_close(overview, live) if live else None
    table = shown(overview, choices.asked)
    made = part(
        "close/month_parts.html",
        overview=overview,
        table=table,
        checks=checks,
        steps=steps_of(overview, time_is_in=checks is None or checks.time_is_in),
        columns=choices.columns,
        filters=FILTERS,
        picture=minutes_picture,
        link_to_exceptions=partial(choices.link, month),
        link_to_patients=partial(choices.patients, month),
        before=month.previous(),
        after=month.next(),
        may=choices.permissions.__contains__,
        sealed=choices.sealed,
        reopened=next((one.name for one in overview.clients if one.code == choices.reopened), ""),
        sent=choices.sent,
    )
    nothing, closed = Markup(), len(overview.in_status("closed"))
    return MonthParts(
        above=made.above(),
        listing=made.listing(),
        clients=made.clients() if table.on_page else nothing,
        below=made.below() if table.on_page else nothing,
        nobody=nothing if table.on_page else made.nobody(),
        checked=made.checked() if checks else nothing,
        beside=made.beside(),
        as_asked=str(made.as_asked),
        to_preview=bool(checks and overview.clients and not overview.known),
        act=bool(made.act),
        clients_in_all=len(overview.clients),
        not_closed=len(overview.clients) - closed,
    )


def at_day(live: Any) -> Any:
    """Return what was found with the beginning of its day in the vendor's time zone for its time: all that a part may say of the time is the day."""
    today = live.at.astimezone(ZoneInfo(live.timezone)).date()
    return live._replace(at=datetime.combine(today, time(), ZoneInfo(live.timezone)))
