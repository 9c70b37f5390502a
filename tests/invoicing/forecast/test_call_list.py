"""Whom to call first, and what forecasts come to for a client and for a member of staff."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from caretally.forecast.call_list import call_list, client_totals, staff_totals
from caretally.forecast.forecast import ClientForecast, PatientForecast
from caretally.months import Month

SHORT = PatientForecast(
    mrn="1",
    patient="Abara, Alma",
    program="CCM",
    standing="short",
    counted_seconds=600,
    pending_seconds=0,
    so_far=600,
    missing_seconds=600,
    missing_code="99490",
    days_left=10,
    gates=(),
    at_stake_cents=4000,
    own_months=6,
    own_reached=3,
    staff="rn",
    staff_name="Rivers, Tia",
    chance=Decimal("0.5000"),
    chance_of_anybody=Decimal("0.4000"),
    call_adds=Decimal("0.2000"),
)
HELD = replace(SHORT, standing="held", gates=("NO_CONSENT",), chance=None, chance_of_anybody=None, call_adds=None)
REACHED = replace(
    SHORT, standing="reached", counted_seconds=1500, missing_seconds=None, missing_code=None, at_stake_cents=0, chance=None, call_adds=None
)


def client(*patients: PatientForecast, code: str = "LFM") -> ClientForecast:
    return ClientForecast(
        client=code,
        state="open",
        as_of=date(2026, 10, 16),
        working_days=21,
        working_days_left=10,
        months=(Month(2026, 9),),
        patients=patients,
    )


def order(*patients: PatientForecast) -> list[str]:
    return [call.patient.mrn for call in call_list([client(*patients)])]


def test_the_list_begins_with_the_most_money_that_a_call_may_bring() -> None:
    dear = replace(SHORT, mrn="2", at_stake_cents=9000)
    sure = replace(SHORT, mrn="3", chance=Decimal("0.9900"), call_adds=Decimal("0.0100"))
    assert order(SHORT, sure, dear) == ["2", "1", "3"]
    assert [call.worth_cents for call in call_list([client(SHORT, sure, dear)])] == [1800, 800, 40]


def test_of_equal_worth_the_one_with_less_to_go_comes_first_then_the_record_number() -> None:
    assert order(replace(SHORT, mrn="9"), replace(SHORT, mrn="8", missing_seconds=300), SHORT) == ["8", "1", "9"]


def test_nobody_is_called_for_nothing() -> None:
    ended = replace(SHORT, standing="ended", missing_seconds=None)
    assert order(HELD, REACHED, ended, replace(SHORT, at_stake_cents=0), replace(SHORT, days_left=0)) == []


def test_without_closed_months_or_a_price_a_patient_is_listed_by_what_is_missing() -> None:
    new = replace(SHORT, mrn="2", chance=None, call_adds=None, missing_seconds=200)
    unpriced = replace(SHORT, mrn="3", at_stake_cents=None, missing_seconds=100)
    assert order(new, SHORT, unpriced) == ["1", "3", "2"]


def test_a_clients_totals_add_up() -> None:
    totals = client_totals(client(SHORT, replace(SHORT, mrn="2", chance=Decimal("0.2500")), HELD, REACHED))
    assert (totals.patients, totals.standings) == (4, {"short": 2, "reached": 1, "held": 1, "not_billable": 0, "ended": 0})
    assert (totals.counted_seconds, totals.missing_seconds) == (3300, 1200)
    assert (totals.expected_to_reach, totals.at_stake_cents, totals.expected_cents, totals.held_cents) == (
        Decimal("0.7500"),
        8000,
        3000,
        4000,
    )


def test_a_member_of_staff_has_the_patients_of_every_client_they_care_for() -> None:
    other = replace(SHORT, mrn="5", staff="lpn", staff_name="Olsen, Rosa", at_stake_cents=9000)
    nobody = replace(SHORT, mrn="6", staff=None, staff_name=None)
    lpn, rn, none = staff_totals([client(SHORT, REACHED), client(other, nobody, HELD, code="RIM")])
    assert (rn.staff, rn.patients, rn.short, rn.missing_seconds, rn.calls, rn.at_stake_cents, rn.expected_cents) == (
        "rn",
        3,
        1,
        600,
        1,
        4000,
        2000,
    )
    assert (lpn.staff, lpn.expected_cents, none.staff, none.short) == ("lpn", 4500, None, 1)


chances = st.decimals(0, 1, places=4)
patients = st.builds(
    lambda mrn, stake, adds, missing: replace(SHORT, mrn=str(mrn), at_stake_cents=stake, call_adds=adds, missing_seconds=missing),
    st.integers(1, 99),
    st.none() | st.integers(0, 20_000),
    st.none() | chances,
    st.integers(1, 3600),
)


@given(some=st.lists(patients, max_size=12, unique_by=lambda one: one.mrn), seed=st.randoms())
def test_the_list_does_not_depend_on_the_order_in_which_patients_come(some: list[PatientForecast], seed: object) -> None:
    mixed = list(some)
    seed.shuffle(mixed)  # type: ignore[attr-defined]
    assert order(*mixed) == order(*some)
