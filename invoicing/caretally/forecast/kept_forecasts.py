"""What the newest forecast of each client came to, kept so that the first page can add them up: counts, seconds and cents, nobody's name."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from caretally.close.prepare import Client
from caretally.forecast.call_list import call_list, client_totals
from caretally.forecast.forecast import ClientForecast
from caretally.months import Month

FIGURES = "patients reached short held to_call missing_seconds expected_per_mille at_stake_cents expected_cents held_cents working_days_left".split()
NONE_SAID = dict.fromkeys(FIGURES, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptForecast:
    """What a client's forecast came to on `as_of` (None with the reason in `why`, or when none was made yet); seconds and cents.

    `reached` and `short` are patients with and without a code, `to_call` those whom time may still bring to the next, `expected_cents` is money times
    chance of what is at stake, `expected_per_mille` the short ones who are expected to reach a code, in thousandths of a patient.
    """

    client_id: UUID
    client: str
    as_of: date | None
    made_at: datetime | None
    why: str
    patients: int
    reached: int
    short: int
    held: int
    to_call: int
    missing_seconds: int
    expected_per_mille: int
    at_stake_cents: int
    expected_cents: int
    held_cents: int
    working_days_left: int


def keep_forecast(connection: Connection, client: Client, month: Month, told: ClientForecast | str) -> None:
    """Keep what a forecast came to in the place of the one before; a sentence says why there is none."""
    figures = NONE_SAID if isinstance(told, str) else _figures(told)
    said = {"as_of": None, "why": told[:500]} if isinstance(told, str) else {"as_of": told.as_of, "why": ""}
    connection.execute(_keep(), {"client_id": client.id, "month": month.first_day} | said | figures)


def forecasts_kept(connection: Connection, month: Month, *, vendor_id: UUID) -> tuple[KeptForecast, ...]:
    """Return what is kept of a month, a client each, the most expected money first."""
    rows = connection.execute(_kept(), {"vendor_id": vendor_id, "month": month.first_day}).mappings()
    return tuple(KeptForecast(**row) for row in rows)


def _figures(told: ClientForecast) -> dict[str, int]:
    totals = client_totals(told)
    return {
        **{name: getattr(totals, name) for name in FIGURES if hasattr(totals, name)},
        **{name: totals.standings[name] for name in ("reached", "short", "held")},
        "expected_per_mille": int((totals.expected_to_reach * 1000).to_integral_value(ROUND_HALF_UP)),
        "to_call": len(call_list([told])),
        "working_days_left": told.working_days_left,
    }


@cache
def _keep() -> TextClause:
    names = ["as_of", "why", *FIGURES]
    sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
    return text(
        f"INSERT INTO kept_forecast (vendor_id, client_id, month, {', '.join(names)}) "
        f"VALUES ((SELECT tenancy.current_vendor()), :client_id, :month, {', '.join(f':{name}' for name in names)}) "
        f"ON CONFLICT (vendor_id, client_id, month) DO UPDATE SET made_at = clock_timestamp(), {sets}"
    )


@cache
def _kept() -> TextClause:
    return text((Path(__file__).parent / "kept.sql").read_text(encoding="utf-8"))
