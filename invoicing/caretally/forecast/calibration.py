"""How good chances are: what was told beside what happened, in ten bins, and the Brier score."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from caretally.forecast.chances import PLACES, SCALE, rounded

BINS = 10
Told = Sequence[tuple[Decimal, bool]]


@dataclass(frozen=True, slots=True)
class Prediction:
    """One patient on one day of a closed month: the chances told then, and whether the month ended with the missing seconds."""

    working_days_left: int
    standing: str
    chance: Decimal
    chance_of_anybody: Decimal
    reached: bool


@dataclass(frozen=True)
class Bin:
    """One tenth of the chances: how many were told, their mean, and the share that happened; four places, None when there are none."""

    number: int
    told: Decimal | None
    happened: Decimal | None


def told_with(predictions: Iterable[Prediction], name: str) -> Told:
    """Return the chances of one name (`chance`, `chance_of_anybody`), each with what happened."""
    return [(getattr(one, name), one.reached) for one in predictions]


def bins_of(told: Told) -> list[Bin]:
    """Return ten bins, from 0 to under 0.1 up to 0.9 to 1."""
    bins: list[list[tuple[int, bool]]] = [[] for _ in range(BINS)]
    for chance, happened in told:
        whole = _whole(chance)
        bins[min(whole * BINS // SCALE, BINS - 1)].append((whole, happened))
    return [_bin(some) for some in bins]


def brier(told: Told) -> Decimal:
    """Return the mean square of the chance less what happened (1 or 0), four places, half up: 0 is perfect, 0.25 is told by a coin."""
    squares = sum((_whole(chance) - SCALE * happened) ** 2 for chance, happened in told)
    return rounded(squares, SCALE * SCALE * len(told))


def _bin(some: list[tuple[int, bool]]) -> Bin:
    number = len(some)
    if not number:
        return Bin(0, None, None)
    return Bin(number, rounded(sum(whole for whole, _ in some), SCALE * number), rounded(sum(happened for _, happened in some), number))


def _whole(chance: Decimal) -> int:
    return int(chance.scaleb(PLACES))
