"""Whom to call first, and what the forecasts come to for a client and for a member of staff."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from caretally.forecast.forecast import OPEN, ClientForecast, PatientForecast

STANDINGS = ("short", "reached", "held", "not_billable", "ended")
STOPPED = ("held", "not_billable")
NONE = Decimal("0.0000")


@dataclass(frozen=True)
class Call:
    """One place of the call list: `worth_cents` is the money at stake times what a call of the usual length adds to the chance."""

    client: str
    patient: PatientForecast
    worth_cents: int


@dataclass(frozen=True)
class ClientTotals:
    """What a client's forecasts come to: seconds and cents; `expected_to_reach` of the short ones, `expected_cents` are money times chance."""

    patients: int
    standings: Mapping[str, int]
    counted_seconds: int
    missing_seconds: int
    expected_to_reach: Decimal
    at_stake_cents: int
    expected_cents: int
    held_cents: int


@dataclass(frozen=True)
class StaffTotals:
    """The patients that one member of staff cares for; `staff` is None for those for whom nobody has logged time yet."""

    staff: str | None
    name: str | None
    patients: int
    short: int
    missing_seconds: int
    calls: int
    at_stake_cents: int
    expected_cents: int


def call_list(forecasts: Iterable[ClientForecast]) -> list[Call]:
    """Return whom a call may bring to a threshold that is worth something, the most worth first, then the least to go.

    Who can be told no chance, or whose code has no price, is worth nothing that is known and comes after the others.
    """
    calls = [Call(one.client, patient, _cents(worth(patient))) for one in forecasts for patient in one.patients if is_to_call(patient)]
    return sorted(calls, key=lambda call: (-worth(call.patient), call.patient.missing_seconds or 0, call.client, call.patient.mrn))


def is_to_call(patient: PatientForecast) -> bool:
    """Tell whether time before the month ends may bring the patient to a threshold that is worth something."""
    return patient.standing in OPEN and patient.missing_seconds is not None and patient.days_left > 0 and patient.at_stake_cents != 0


def worth(patient: PatientForecast) -> Decimal:
    """Return the cents, not rounded, that a call of the usual length may bring."""
    return (patient.at_stake_cents or 0) * (patient.call_adds or NONE)


def client_totals(forecast: ClientForecast) -> ClientTotals:
    """Return what a client's patients come to."""
    patients = forecast.patients
    short = [patient for patient in patients if patient.standing == "short"]
    counts = Counter(patient.standing for patient in patients)
    return ClientTotals(
        patients=len(patients),
        standings={standing: counts[standing] for standing in STANDINGS},
        counted_seconds=sum(patient.counted_seconds for patient in patients),
        missing_seconds=sum(patient.missing_seconds or 0 for patient in short),
        expected_to_reach=sum((patient.chance or NONE for patient in short), NONE),
        at_stake_cents=_at_stake(patients, OPEN),
        expected_cents=_expected(patients),
        held_cents=_at_stake(patients, STOPPED),
    )


def staff_totals(forecasts: Iterable[ClientForecast]) -> list[StaffTotals]:
    """Return the members of staff with the patients they care for at all clients, the most expected money first, nobody's patients last."""
    theirs: dict[tuple[str | None, str | None], list[PatientForecast]] = defaultdict(list)
    for forecast in forecasts:
        for patient in forecast.patients:
            theirs[patient.staff, patient.staff_name].append(patient)
    totals = [_of_staff(code, name, patients) for (code, name), patients in theirs.items()]
    return sorted(totals, key=lambda one: (one.staff is None, -one.expected_cents, one.staff or ""))


def _of_staff(code: str | None, name: str | None, patients: Sequence[PatientForecast]) -> StaffTotals:
    short = [patient for patient in patients if patient.standing == "short"]
    return StaffTotals(
        staff=code,
        name=name,
        patients=len(patients),
        short=len(short),
        missing_seconds=sum(patient.missing_seconds or 0 for patient in short),
        calls=sum(map(is_to_call, patients)),
        at_stake_cents=_at_stake(patients, OPEN),
        expected_cents=_expected(patients),
    )


def _at_stake(patients: Iterable[PatientForecast], standings: Sequence[str]) -> int:
    return sum(patient.at_stake_cents or 0 for patient in patients if patient.standing in standings)


def _expected(patients: Iterable[PatientForecast]) -> int:
    return _cents(sum(((patient.at_stake_cents or 0) * (patient.chance or NONE) for patient in patients), NONE))


def _cents(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
