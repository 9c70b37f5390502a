"""`caretally forecast`: where a month under way will end, and whom to call first."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from caretally.app.commands.forecast_words import call_list_csv, tell
from caretally.app.installation import Installation, Vendor
from caretally.app.output import json_option, print_json
from caretally.app.patients_read import note_patients_read
from caretally.close.close_month import clients_to_close
from caretally.close.prepare import Client
from caretally.cms.rule_tables import Gate, rule_tables
from caretally.errors import UsageMistake
from caretally.files.atomic import write_together
from caretally.forecast.call_list import Call, call_list, client_totals, staff_totals
from caretally.forecast.forecast import ClientForecast, NoAgreement, forecast
from caretally.forecast.seen_on import NothingToForecast
from caretally.months import Month

NotForecast = list[tuple[str, str]]


@click.command("forecast")
@click.argument("month")
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@click.option("--client", "codes", multiple=True, help="code of a client; again for more, none for all")
@click.option("--staff", "staff_code", help="the call list of one member of staff only")
@click.option(
    "--as-of",
    "as_of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="a day of the month, as 2026-10-16; time after it is not read (default: today)",
)
@click.option("--calls", "number", type=click.IntRange(min=0), default=20, show_default=True, help="how many calls to print")
@click.option("--out", "--output", "out", type=click.Path(file_okay=False, path_type=Path), help="folder for the whole call list as CSV")
@json_option
def forecast_command(
    month: str,
    vendor_word: str,
    codes: tuple[str, ...],
    staff_code: str | None,
    as_of: datetime | None,
    number: int,
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say where MONTH, which is under way, will end: seconds so far, working days left, the chance of the next threshold, money at stake.

    Chances are told from the client's closed months and the patient's own; nothing is written. Exit code: 3 the month has not begun, is
    over, or is closed (a day of it can be looked at again with --as-of).
    """
    chosen = Month.parse(month)
    vendor = Installation().vendor(vendor_word)
    with vendor.transaction() as connection:
        clients = clients_to_close(connection, codes)
        gates = rule_tables(connection).gates
    found, not_forecast = forecasts(vendor, clients, chosen, as_of=as_of)
    calls = [call for call in call_list(found) if staff_code in {None, call.patient.staff}]
    if staff_code is not None and staff_code not in {patient.staff for one in found for patient in one.patients}:
        raise UsageMistake(
            f"No patient of {chosen} is cared for by staff {staff_code[:40]!r}; leave --staff out to see who cares for whom."
        )
    with vendor.transaction() as connection:
        shown = [(one.client, patient.mrn) for one in found for patient in one.patients]
        note_patients_read(connection, "forecast", shown, month=str(chosen))
    if as_json:
        print_json(as_dict(vendor, chosen, found, calls, gates=gates, not_forecast=not_forecast))
    else:
        tell(found, calls, gates=gates, number=number)
        for _code, sentence in not_forecast:
            click.echo(sentence, err=True)
    if out is not None:
        write_together({out / f"call-list-{chosen}.csv": call_list_csv(calls, chosen)})


def forecasts(
    vendor: Vendor, clients: Sequence[Client], month: Month, *, as_of: datetime | None
) -> tuple[list[ClientForecast], NotForecast]:
    """Return the forecast of each client, and code and sentence of those that have none; raises the first reason when nobody has one."""
    found: list[ClientForecast] = []
    reasons: list[tuple[str, NothingToForecast | NoAgreement]] = []
    now = datetime.now(UTC)
    for client in clients:
        with vendor.transaction() as connection:
            try:
                found.append(forecast(connection, client, month, now=now, as_of=as_of.date() if as_of else None))
            except (NothingToForecast, NoAgreement) as reason:
                reasons.append((client.code, reason))
    if reasons and not found:
        raise reasons[0][1]
    return found, [(code, reason.message) for code, reason in reasons]


def as_dict(
    vendor: Vendor,
    month: Month,
    found: Sequence[ClientForecast],
    calls: Sequence[Call],
    *,
    gates: Mapping[str, Gate],
    not_forecast: NotForecast,
) -> dict[str, Any]:
    """Return everything as JSON shows it; docs/forecast.md says what each name means."""
    raised = {gate for one in found for patient in one.patients for gate in patient.gates}
    return {
        "vendor": vendor.slug,
        "month": str(month),
        "clients": [_client(one) for one in found],
        "staff": [asdict(one) for one in staff_totals(found)],
        "calls": [_call(call) for call in calls],
        "patients": [_patient(one.client, patient) for one in found for patient in one.patients],
        "gates": {code: {"label": gates[code].label, "fix": gates[code].fix, "owner": gates[code].owner_role} for code in sorted(raised)},
        "not_forecast": [{"client": code, "reason": sentence} for code, sentence in not_forecast],
    }


def _client(one: ClientForecast) -> dict[str, Any]:
    totals = asdict(client_totals(one))
    standings = totals.pop("standings")
    return {
        "client": one.client,
        "state": one.state,
        "as_of": one.as_of,
        "working_days": one.working_days,
        "working_days_left": one.working_days_left,
        "months_looked_back": [str(month) for month in one.months],
        **totals,
        **standings,
    }


def _call(call: Call) -> dict[str, Any]:
    patient = call.patient
    names = ("mrn", "program", "staff", "missing_seconds", "missing_code", "days_left", "chance", "call_adds", "at_stake_cents")
    return {"client": call.client} | {name: getattr(patient, name) for name in names} | {"worth_cents": call.worth_cents}


def _patient(client: str, patient: Any) -> dict[str, Any]:
    return {"client": client} | {name: value for name, value in asdict(patient).items() if name != "patient"}
