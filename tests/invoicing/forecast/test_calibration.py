"""How good chances are: ten bins of what was told beside what happened, the Brier score, and a picture of both."""

from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from caretally.forecast.calibration import Bin, Prediction, bins_of, brier, told_with
from caretally.forecast.calibration_picture import picture

HALF, SURE = Decimal("0.5000"), Decimal("1.0000")
predictions = st.lists(
    st.builds(
        Prediction,
        working_days_left=st.sampled_from([2, 5]),
        standing=st.sampled_from(["short", "reached"]),
        chance=st.decimals(0, 1, places=4),
        chance_of_anybody=st.decimals(0, 1, places=4),
        reached=st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


def prediction(chance: str, *, reached: bool, anybody: str = "0.5000") -> Prediction:
    return Prediction(working_days_left=5, standing="short", chance=Decimal(chance), chance_of_anybody=Decimal(anybody), reached=reached)


def test_the_brier_score_is_the_mean_square_of_what_was_told_less_what_happened() -> None:
    some = [(Decimal("0.8"), True), (Decimal("0.4"), False)]
    assert brier(some) == Decimal("0.1000")
    assert brier([(SURE, True)]) == 0
    assert brier([(HALF, True), (HALF, False)]) == Decimal("0.2500")


def test_a_chance_falls_into_the_tenth_that_it_begins_and_certainty_into_the_last() -> None:
    told = [(Decimal(chance), True) for chance in ("0.0000", "0.0999", "0.1000", "0.9000", "1.0000")]
    assert [one.number for one in bins_of(told)] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]


def test_a_bin_has_the_mean_chance_told_and_the_share_that_happened() -> None:
    bins = bins_of([(Decimal("0.3000"), True), (Decimal("0.3200"), False), (Decimal("0.3400"), False)])
    assert bins[3] == Bin(number=3, told=Decimal("0.3200"), happened=Decimal("0.3333"))
    assert bins[4] == Bin(number=0, told=None, happened=None)


@given(some=predictions)
def test_bins_hold_every_prediction_once_and_the_mean_chance_lies_in_its_bin(some: list[Prediction]) -> None:
    bins = bins_of(told_with(some, "chance"))
    assert sum(one.number for one in bins) == len(some)
    assert sum(round((one.happened or 0) * one.number) for one in bins) == sum(one.reached for one in some)
    for place, one in enumerate(bins):
        assert one.told is None or Decimal(place) / 10 <= one.told <= Decimal(place + 1) / 10


@given(some=predictions)
def test_the_brier_score_is_exact_and_rounded_once(some: list[Prediction]) -> None:
    exact = sum(((Fraction(one.chance) - one.reached) * (Fraction(one.chance) - one.reached) for one in some), Fraction()) / len(some)
    assert abs(Fraction(brier(told_with(some, "chance"))) - exact) <= Fraction(1, 20_000)


@given(some=predictions)
def test_the_picture_is_well_formed_says_what_it_shows_and_comes_out_the_same_again(some: list[Prediction]) -> None:
    drawn = picture(some)
    root = ET.fromstring(drawn)  # noqa: S314 - our own words
    assert (root.find("{*}title"), root.find("{*}desc")) != (None, None)
    filled = [one for one in bins_of(told_with(some, "chance")) if one.number]
    assert len([circle for circle in root.iter("{http://www.w3.org/2000/svg}circle") if circle.get("class") == "own"]) == len(filled) + 1
    assert picture(list(some)) == drawn
