"""The chance that a month ends with the missing seconds, told from closed months by whole numbers; docs/forecast.md has the formula."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Self

# Months that stood alike are told apart by five minutes of so-far, the last band is open; shares of more months weigh as this many months.
BAND_SECONDS = 300
LAST_BAND = 12
BAND_WEIGHT = 5
OWN_WEIGHT = 4
PLACES = 4
SCALE: int = 10**PLACES


def band_of(so_far: int) -> int:
    """Return the band of the seconds so far: 0 for none at all, then one for each five minutes begun."""
    return 0 if so_far == 0 else min(1 + so_far // BAND_SECONDS, LAST_BAND)


@dataclass(frozen=True)
class ClosedMonths:
    """What became of a client's closed patient-months of one program, in seconds and sorted.

    `rests` are what each added after the cut, `rests_by_band` the same by the band in which it stood there, `totals` what each came to.
    """

    rests: Sequence[int]
    totals: Sequence[int]
    rests_by_band: Mapping[int, Sequence[int]]

    @classmethod
    def of(cls, months: Iterable[tuple[int, int]]) -> Self:
        """Return the months given as (seconds up to the cut, seconds of the whole month)."""
        by_band: dict[int, list[int]] = defaultdict(list)
        totals = []
        for so_far, total in months:
            by_band[band_of(so_far)].append(total - so_far)
            totals.append(total)
        rests_by_band = {band: sorted(some) for band, some in by_band.items()}
        return cls(sorted(chain.from_iterable(rests_by_band.values())), sorted(totals), rests_by_band)

    @property
    def told(self) -> bool:
        """Tell whether there is a closed month to tell chances from."""
        return bool(self.totals)


def chances_of(months: ClosedMonths, *, so_far: int, missing: int, own: tuple[int, int]) -> tuple[Decimal, Decimal]:
    """Return the chance that `missing` seconds or more are still added, and that of anybody who stands there; 0 to 1, four places, half up.

    `own` is how many closed months the patient has and how many of them came to as much in all; with (0, 0) the two chances are the same.
    There must be a closed month. Shares are kept as whole numbers over whole numbers until the one rounding.
    """
    rests, totals = months.rests, months.totals
    alike = months.rests_by_band.get(band_of(so_far), ())
    number, in_band = len(totals) + 2, len(alike)
    everyone = number - 1 - bisect_left(rests, missing)
    share, shares = (in_band - bisect_left(alike, missing)) * number + BAND_WEIGHT * everyone, (in_band + BAND_WEIGHT) * number
    base = number - 1 - bisect_left(totals, so_far + missing)
    mine, mines = own[1] * number + OWN_WEIGHT * base, (own[0] + OWN_WEIGHT) * number
    for_it = share * mine * (number - base)
    against = (shares - share) * (mines - mine) * base
    return rounded(for_it, for_it + against), rounded(share, shares)


def rounded(part: int, whole: int) -> Decimal:
    """Return a share with four places, rounded half up."""
    return _decimal((2 * SCALE * part + whole) // (2 * whole))


@cache
def _decimal(whole: int) -> Decimal:
    return Decimal(whole).scaleb(-PLACES)
