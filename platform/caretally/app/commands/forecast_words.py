"""How a forecast is printed: clients, staff, what holds patients, and the call list; and the call list as CSV."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from caretally.cms.rule_tables import Gate
from caretally.evaluation.claim_words import duration_words
from caretally.files.cells import dollars, minutes
from caretally.files.csv_file import csv_bytes
from caretally.files.printed_words import clock, counted
from caretally.forecast.call_list import Call, client_totals, staff_totals
from caretally.forecast.forecast import ClientForecast
from caretally.money import format_dollars
from caretally.months import Month

PIPE_WIDTH = 200  # no terminal, so no code is folded
UNKNOWN = "not known"
CSV_HEADERS = (
    *(
        "place",
        "client",
        "month",
        "mrn",
        "patient",
        "program",
        "staff",
        "staff_name",
        "counted_seconds",
        "missing_seconds",
        "missing_minutes",
    ),
    *("missing_code", "working_days_left", "chance", "call_adds", "at_stake", "worth"),
)


def tell(found: Sequence[ClientForecast], calls: Sequence[Call], *, gates: Mapping[str, Gate], number: int) -> None:
    """Print the tables; of the call list the first `number` places."""
    tables = [_clients(found), _staff(found), _held(found, gates)]
    tables += [_calls(calls[:number])] if number else []
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    for table in tables:
        if table.row_count:
            console.print(table)
    if len(calls) > number:
        click.echo(f"{counted(len(calls) - number, 'call', 'calls')} more; --calls, --out DIR or --json has them all.", err=True)


def percent(chance: Decimal | None) -> str:
    """Return a chance as whole percent, rounded half up; empty where none can be told."""
    return "" if chance is None else f"{int((chance * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))} %"


def call_list_csv(calls: Iterable[Call], month: Month) -> bytes:
    """Return the call list as CSV; amounts in dollars, chances from 0 to 1."""
    return csv_bytes(CSV_HEADERS, (_cells(place, call, month) for place, call in enumerate(calls, start=1)))


def _cells(place: int, call: Call, month: Month) -> tuple[str | int | Decimal | None, ...]:
    one = call.patient
    missing = one.missing_seconds or 0
    return (
        *(place, call.client, str(month), one.mrn, one.patient, one.program, one.staff, one.staff_name, one.counted_seconds),
        *(missing, minutes(missing), one.missing_code, one.days_left, one.chance, one.call_adds),
        *(None if one.at_stake_cents is None else dollars(one.at_stake_cents), dollars(call.worth_cents)),
    )


def _table(title: str, *headings: str) -> Table:
    return Table(*headings, title=title, title_justify="left")


def _clients(found: Sequence[ClientForecast]) -> Table:
    table = _table(
        "Clients",
        *("Client", "As of", "Days left", "Patients", "Reached", "Short", "of them likely", "Held", "Not billable", "Ended"),
        *("Counted", "At stake", "Expected", "Held back"),
    )
    for one in found:
        totals = client_totals(one)
        count = {standing: f"{number:,}" for standing, number in totals.standings.items()}
        likely = str(totals.expected_to_reach.quantize(Decimal(1), rounding=ROUND_HALF_UP)) if one.months else UNKNOWN
        table.add_row(
            *(f"{one.client} ({one.state})", str(one.as_of), f"{one.working_days_left} of {one.working_days}", f"{totals.patients:,}"),
            *(
                count["reached"],
                count["short"],
                likely,
                count["held"],
                count["not_billable"],
                count["ended"],
                clock(totals.counted_seconds),
            ),
            *(format_dollars(totals.at_stake_cents), format_dollars(totals.expected_cents), format_dollars(totals.held_cents)),
        )
    return table


def _staff(found: Sequence[ClientForecast]) -> Table:
    table = _table(
        "Staff, and the patients for whom they logged most of the time",
        "Staff",
        "Patients",
        "Short",
        "Missing",
        "Calls",
        "At stake",
        "Expected",
    )
    for one in staff_totals(found):
        name = "nobody yet" if one.staff is None else f"{one.staff} {one.name}"
        money = (format_dollars(one.at_stake_cents), format_dollars(one.expected_cents))
        table.add_row(Text(name), f"{one.patients:,}", f"{one.short:,}", clock(one.missing_seconds), f"{one.calls:,}", *money)
    return table


def _held(found: Sequence[ClientForecast], gates: Mapping[str, Gate]) -> Table:
    table = _table("What holds patients whatever the minutes", "Client", "Code", "Patients", "What fixes it", "Owner")
    for client, code, number in _raised(found):
        gate = gates[code]
        table.add_row(client, code, f"{number:,}", gate.fix, gate.owner_role.replace("_", " "))
    return table


def _raised(found: Sequence[ClientForecast]) -> Iterator[tuple[str, str, int]]:
    for one in found:
        raised = Counter(code for patient in one.patients for code in patient.gates)
        yield from ((one.client, code, number) for code, number in sorted(raised.items(), key=lambda item: (-item[1], item[0])))


def _calls(calls: Sequence[Call]) -> Table:
    table = _table("Call first", "", "Client", "Patient", "Staff", "Missing", "for", "Days left", "Chance", "A call adds", "At stake")
    for place, call in enumerate(calls, start=1):
        one = call.patient
        stake = "" if one.at_stake_cents is None else format_dollars(one.at_stake_cents)
        table.add_row(
            *(
                str(place),
                call.client,
                Text(one.mrn),
                Text(one.staff or ""),
                duration_words(one.missing_seconds or 0),
                one.missing_code or "",
            ),
            *(str(one.days_left), percent(one.chance), percent(one.call_adds), stake),
        )
    return table
