"""Forecasts one client's month as it stood on a day: the real evaluation of the time logged so far, beside the client's closed months.

Everything happens in a part of the transaction that is taken back. The method and its formula: docs/forecast.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, TextClause, text

from caretally.agreements.in_force import Agreement, agreement_in_force
from caretally.close.known_to_planner import make_sources_known
from caretally.close.prepare import Client
from caretally.close.read_month import latest_client_month
from caretally.close.statements import statement as close_statement
from caretally.errors import UsageMistake
from caretally.evaluation.evaluate import evaluate, has_lines
from caretally.evaluation.parameters import ClientMonth, Terms
from caretally.forecast.chances import ClosedMonths, chances_of
from caretally.forecast.seen_on import Subject, day_of_forecast, read_time_until
from caretally.forecast.working_days import after_cut, days_after, federal_holidays, working_days
from caretally.months import Month

MONTHS_LOOKED_BACK = 6
# How a month goes on is told from the latest of them that hold so many patient-months together.
ENOUGH_PATIENT_MONTHS = 3000
# The planner takes closed months and what was filled a moment ago for a few rows; no step of a forecast is quicker by loops.
NO_LOOPS = "SET LOCAL enable_nestloop = off"
OPEN = ("short", "reached")
Chances = tuple[Decimal | None, Decimal | None, Decimal | None]
NONE, SURE = Decimal("0.0000"), Decimal("1.0000")
CLOSED_BEFORE = text(
    "SELECT * FROM (SELECT id, month, enrolled FROM client_month WHERE vendor_id = :vendor_id AND client_id = :client_id AND status = 'closed' "
    "AND month < :month_first ORDER BY month DESC LIMIT :months) latest ORDER BY month"
)
SECONDS = text(
    "SELECT array_agg(extract(epoch FROM day::timestamp AT TIME ZONE :timezone)::bigint ORDER BY o) "
    "FROM unnest(CAST(:days AS date[])) WITH ORDINALITY AS d (day, o)"
)
MIDNIGHT = text("SELECT CAST(:day AS date)::timestamp AT TIME ZONE :timezone")
REASONS = text(
    "SELECT array_agg(code ORDER BY ordinal) FROM exclusion_reason WHERE valid_from <= :month_first AND coalesce(valid_to >= :month_first, true)"
)
HERE = Path(__file__).parent


class NoAgreement(UsageMistake):
    """The client has no agreement for the month, so neither the rules of counting nor the money at stake are known."""

    code = "no_agreement"


@dataclass(frozen=True, slots=True)
class PatientForecast:
    """Where one patient stands; seconds are whole, money in cents at list price, chances from 0 to 1 with four places.

    `standing` is `short` (a chance of the first threshold), `reached` (of the next one, if there is one), `held` and `not_billable`
    (`gates` stand whatever the minutes) or `ended` (no day is left that counts). `so_far` are the seconds of the program that lead to the next
    code, `counted_seconds` those of all programs. Chances are None where no closed month tells them:
    `chance` that the month ends with the missing seconds or more, `chance_of_anybody` the same without the patient's own months, `call_adds` what
    one call of the usual length adds. `at_stake_cents` is None where the agreement has no price. `staff` logged most of the time.
    """

    mrn: str
    patient: str
    program: str
    standing: str
    counted_seconds: int
    pending_seconds: int
    so_far: int
    missing_seconds: int | None
    missing_code: str | None
    days_left: int
    gates: Sequence[str]
    at_stake_cents: int | None
    own_months: int
    own_reached: int
    staff: str | None
    staff_name: str | None
    chance: Decimal | None
    chance_of_anybody: Decimal | None
    call_adds: Decimal | None


@dataclass(frozen=True, kw_only=True)
class ClientForecast:
    """One client's month as it stood at the end of `as_of`; `months` are the closed months that chances are told from."""

    client: str
    state: str
    as_of: date
    working_days: int
    working_days_left: int
    months: tuple[Month, ...]
    patients: tuple[PatientForecast, ...]


def forecast(connection: Connection, client: Client, month: Month, *, now: datetime, as_of: date | None = None) -> ClientForecast:
    """Return the forecast of one client's month on a day of it (default: today where the client is); nothing is written.

    Time after the day is not read; other facts are those on record now. Raises `NotInTheMonth`, `NothingToForecast`, `NoAgreement`.
    """
    current = latest_client_month(connection, vendor_id=client.vendor_id, client_id=client.id, month=month)
    is_closed = current is not None and current["status"] == "closed"
    day = day_of_forecast(Subject(client.code, client.timezone, month, is_closed), as_of=as_of, now=now)
    return _taken_back(connection, client, month, day, state="closed" if is_closed else "open")


def forecast_of_closed(connection: Connection, client: Client, month: Month, day: date) -> ClientForecast:
    """Return what would have been told of a closed month on a day of it. Raises `NoAgreement`."""
    return _taken_back(connection, client, month, day, state="closed")


def _taken_back(connection: Connection, client: Client, month: Month, day: date, *, state: str) -> ClientForecast:
    agreement = agreement_in_force(connection, vendor_id=client.vendor_id, client_id=client.id, month=month)
    if agreement is None:
        raise NoAgreement(f"{client.code} has no agreement for {month}; import one whose dates cover the month.")
    make_sources_known(connection, client.id)
    savepoint = connection.begin_nested()
    try:
        return _forecast(connection, client, month, day, agreement, state=state)
    finally:
        savepoint.rollback()


def _forecast(connection: Connection, client: Client, month: Month, day: date, agreement: Agreement, *, state: str) -> ClientForecast:
    values = _values(client, month, agreement)
    read_time_until(connection, day, timezone=client.timezone)
    evaluate(connection, ClientMonth(client.vendor_id, client.id, client.code, client.timezone, month), Terms.of(agreement.as_json()))
    past = connection.execute(CLOSED_BEFORE, values).mappings().all()
    months = [Month.of(row["month"]) for row in past]
    first_read = len(past) - months_enough([row["enrolled"] for row in past])
    holidays = federal_holidays(connection, first=(months or [month])[0].first_day, last=month.last_day)
    days = working_days(month, holidays)
    left = days_after(day, days)
    read = months[first_read:]
    cuts = [after_cut(one, working_days(one, holidays), left=len(left)) for one in read] + [day + timedelta(days=1)]
    values |= _bounds(connection, [*read, month], cuts, timezone=client.timezone)
    ids = [row["id"] for row in past]
    values |= {"client_month_ids": ids, "months_read": ids[first_read:], "days_left": [one.day for one in left]}
    values |= {"reason_codes": connection.scalar(REASONS, values)}
    _place(connection, values)
    return ClientForecast(
        client=client.code,
        state=state,
        as_of=day,
        working_days=len(days),
        working_days_left=len(left),
        months=tuple(months),
        patients=tuple(_patients(connection, values)),
    )


def months_enough(enrolled: Sequence[int]) -> int:
    """Return how many of the latest closed months tell how a month goes on; `enrolled` are their patients, the earliest month first."""
    known = 0
    for number, patients in enumerate(reversed(enrolled), start=1):
        known += patients
        if known >= ENOUGH_PATIENT_MONTHS:
            return number
    return len(enrolled)


def _values(client: Client, month: Month, agreement: Agreement) -> dict[str, Any]:
    return {
        "vendor_id": client.vendor_id,
        "client_id": client.id,
        "timezone": client.timezone,
        "month_first": month.first_day,
        "month_last": month.last_day,
        "months": MONTHS_LOOKED_BACK,
        "agreement_id": agreement.id,
        "basis": agreement.basis,
        "percent": agreement.percent,
        "never_pool": agreement.qhp_time == "never_pool",
    }


def _bounds(connection: Connection, months: Sequence[Month], cuts: Sequence[date], *, timezone: str) -> dict[str, Any]:
    """Return the seconds, since the first of them, at which the months begin, are cut and end where the client is, and what bounds them all."""
    ends = [one.last_day + timedelta(days=1) for one in months]
    days = [*(one.first_day for one in months), *cuts, *ends]
    seconds = list(connection.scalar(SECONDS, {"days": days, "timezone": timezone}) or ())
    since_first = [second - seconds[0] for second in seconds]
    number = len(months)
    return {
        "first_second": seconds[0],
        "starts": since_first[:number],
        "cuts": since_first[number : 2 * number],
        "reads": [*since_first[number : 2 * number - 2], *since_first[-2:]],
        "ends": since_first[2 * number :],
        "since": connection.scalar(MIDNIGHT, {"day": days[0], "timezone": timezone}),
        "until": connection.scalar(MIDNIGHT, {"day": ends[-1], "timezone": timezone}),
    }


def _place(connection: Connection, values: dict[str, Any]) -> None:
    """Fill the working tables: time as logged, closed patient-months, and where each patient stands."""
    for script in ("lines" if has_lines(connection) else "lines_of_one_program", "closed_view", "tables"):
        connection.exec_driver_sql(_read(script))
    connection.exec_driver_sql(NO_LOOPS)
    if values["basis"] == "percentage":
        connection.execute(close_statement("rates"), values)
    for step in ("logged", "past", "standing"):
        connection.execute(_statement(step), values)
        connection.exec_driver_sql(f"ANALYZE pg_temp.forecast_{step}")


def _patients(connection: Connection, values: dict[str, Any]) -> Iterator[PatientForecast]:
    pools = {row.program: ClosedMonths.of(zip(row.so_far, row.totals, strict=True)) for row in connection.execute(_statement("pools"))}
    calls: dict[str, int] = dict(connection.execute(_statement("usual_call")).all())
    for row in connection.execute(_statement("patients"), values).all():
        chances = _chances(row, pools.get(row.program), call_seconds=calls.get(row.program, 0))
        yield PatientForecast(*(*row, *chances))


def _chances(row: Any, pool: ClosedMonths | None, *, call_seconds: int) -> Chances:
    """Return the three chances of one patient: None where nothing is to be reached or no closed month tells, 0 where no day is left."""
    so_far, missing, own = row.so_far, row.missing_seconds, (row.own_months, row.own_reached)
    if pool is None or missing is None or row.standing not in OPEN:
        return None, None, None
    if row.days_left == 0:
        return NONE, NONE, NONE
    chance, of_anybody = chances_of(pool, so_far=so_far, missing=missing, own=own)
    called = SURE if call_seconds >= missing else chances_of(pool, so_far=so_far + call_seconds, missing=missing - call_seconds, own=own)[0]
    return chance, of_anybody, max(called - chance, NONE)


@cache
def _statement(name: str) -> TextClause:
    return text(_read(name))


@cache
def _read(name: str) -> str:
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")
