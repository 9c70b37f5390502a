"""The five steps of a month: time is in, exceptions, preview, close, send; which are done and which comes now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from caretally.close.overview import MonthOverview
from caretally.files.printed_words import counted, long_date
from caretally.money import format_dollars


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step: its name, where it stands in words, and whether it is `done`, `now` or `todo`."""

    name: str
    says: str
    state: str


def steps_of(overview: MonthOverview, *, time_is_in: bool) -> list[Step]:
    """Return the steps; the first that is not done comes now. Held patients stop nobody: once all is closed they move on."""
    clients, known = len(overview.clients), len(overview.known)
    closed, drafts = len(overview.in_status("closed")), overview.in_state("draft")
    sent = overview.in_state("open", "paid", "credited")
    all_closed = clients > 0 and closed == clients
    raw, held = overview.total("raw_seconds"), overview.total("held")
    due = sorted({one.due_on for one in overview.clients if one.due_on})
    told = [
        (
            "Time is in",
            f"{raw // 60:,} minutes logged" if known else "counted by the first preview",
            (time_is_in and known > 0) or all_closed,
        ),
        (
            "Review exceptions",
            f"{counted(held, 'patient', 'patients')} held, {format_dollars(overview.total('held_cents'))}"
            if known
            else "known after a preview",
            (known > 0 and not held) or all_closed,
        ),
        ("Preview", f"{known} of {counted(clients, 'client', 'clients')}", clients > 0 and known == clients),
        ("Close", f"{closed} of {counted(clients, 'client', 'clients')}" if closed else "freezes the month", all_closed),
        (
            "Send",
            f"{len(sent)} of {counted(len(sent) + len(drafts), 'invoice', 'invoices')}" + (f", due {_days(due)}" if due else "")
            if sent or drafts
            else "invoices wait for the close",
            all_closed and not drafts,
        ),
    ]
    now = next((place for place, (_name, _says, done) in enumerate(told) if not done), None)
    return [
        Step(name=name, says=says, state="done" if done else "now" if place == now else "todo")
        for place, (name, says, done) in enumerate(told)
    ]


def _days(days: Sequence[date]) -> str:
    return long_date(days[0]) if len(days) == 1 else f"{long_date(days[0])} to {long_date(days[-1])}"
