"""The chance of a threshold: a share of closed months that stood alike, weighed with the patient's own; docs/forecast.md has the formula."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretally.forecast.chances import ClosedMonths, chances_of
from caretally.forecast.forecast import months_enough

past_months = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 4000)).map(lambda pair: (pair[0], pair[0] + pair[1])), min_size=1, max_size=40
)
positions = st.tuples(st.integers(0, 4000), st.integers(1, 3600))


def months(*past: tuple[int, int]) -> ClosedMonths:
    """Return closed months given as (seconds up to the cut, seconds of the whole month)."""
    return ClosedMonths.of(past)


def chance_of(pool: ClosedMonths, *, so_far: int, missing: int, own: tuple[int, int] = (0, 0)) -> Decimal:
    """Return the chance of a patient with these own months."""
    return chances_of(pool, so_far=so_far, missing=missing, own=own)[0]


def by_hand(past: list[tuple[int, int]], so_far: int, missing: int, own: tuple[int, int]) -> Fraction:
    """Return the formula of docs/forecast.md, written down once more in exact fractions."""

    def band(seconds: int) -> int:
        return 0 if seconds == 0 else 1 + min(seconds // 300, 11)

    everyone = Fraction(sum(total - s >= missing for s, total in past) + 1, len(past) + 2)
    alike = [total - s >= missing for s, total in past if band(s) == band(so_far)]
    share = (sum(alike) + 5 * everyone) / (len(alike) + 5)
    base = Fraction(sum(total >= so_far + missing for _s, total in past) + 1, len(past) + 2)
    mine = (own[1] + 4 * base) / (own[0] + 4)
    odds = share / (1 - share) * mine / (1 - mine) * (1 - base) / base
    return odds / (1 + odds)


def test_the_example_of_the_documentation() -> None:
    past = months((600, 1300), (620, 1200), (700, 900), (0, 0), (1100, 1260), (650, 1500))
    assert chance_of(past, so_far=610, missing=590, own=(0, 0)) == Decimal("0.4306")
    assert chance_of(past, so_far=610, missing=590, own=(6, 6)) == Decimal("0.7199")
    assert chance_of(past, so_far=610, missing=590, own=(6, 0)) == Decimal("0.1314")


@given(past=past_months, position=positions, own=st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[1] <= pair[0]))
def test_every_chance_is_the_formula_rounded_to_four_places(
    past: list[tuple[int, int]], position: tuple[int, int], own: tuple[int, int]
) -> None:
    so_far, missing = position
    told = chance_of(ClosedMonths.of(past), so_far=so_far, missing=missing, own=own)
    exact = by_hand(past, so_far, missing, own)
    assert abs(Fraction(told) - exact) <= Fraction(1, 20_000)
    assert 0 <= told <= 1


@given(past=past_months, position=positions)
def test_a_patient_without_closed_months_has_the_chance_of_anybody_who_stands_there(
    past: list[tuple[int, int]], position: tuple[int, int]
) -> None:
    so_far, missing = position
    pool = ClosedMonths.of(past)
    share = by_hand(past, so_far, missing, (0, 0))
    assert len(set(chances_of(pool, so_far=so_far, missing=missing, own=(0, 0)))) == 1
    assert abs(Fraction(chance_of(pool, so_far=so_far, missing=missing)) - share) <= Fraction(1, 20_000)


@given(past=past_months, position=positions, months_known=st.integers(1, 6))
def test_a_month_more_that_reached_it_never_lowers_the_chance(
    past: list[tuple[int, int]], position: tuple[int, int], months_known: int
) -> None:
    so_far, missing = position
    pool = ClosedMonths.of(past)
    chances = [chance_of(pool, so_far=so_far, missing=missing, own=(months_known, reached)) for reached in range(months_known + 1)]
    assert chances == sorted(chances)


@given(past=past_months, position=positions, reached=st.integers(0, 6))
def test_a_second_more_to_go_never_raises_the_chance_of_anybody(
    past: list[tuple[int, int]], position: tuple[int, int], reached: int
) -> None:
    so_far, missing = position
    pool = ClosedMonths.of(past)
    assert chance_of(pool, so_far=so_far, missing=missing) >= chance_of(pool, so_far=so_far, missing=missing + 1 + reached)


def test_without_any_closed_month_there_is_no_chance_to_tell() -> None:
    assert months().told is False


@pytest.mark.parametrize(("enrolled", "enough"), [([], 0), ([400] * 6, 6), ([1000, 1000, 1600, 1500], 2), ([20_000, 20_000], 1)])
def test_as_many_of_the_latest_months_are_read_as_hold_three_thousand_patient_months(enrolled: list[int], enough: int) -> None:
    assert months_enough(enrolled) == enough
