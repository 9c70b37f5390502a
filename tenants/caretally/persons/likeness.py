"""How likely two records are one person: what they agree and differ in, weighed by how often that happens by chance.

Fellegi and Sunter (1969), with names weighed by how common they are among the vendor's patients. A weight is the binary logarithm of
how much more often one person's two records look so than two strangers' records do. Decision 0010 says where the shares come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import exp2, log2

from nicknames import NickNamer
from rapidfuzz.distance import OSA, JaroWinkler

# Chance agreement. Days of birth of Medicare's patients spread over some 35 years; a name is never rarer than in a list of this size.
DAYS_OF_BIRTH = 35 * 365
SMALLEST_LIST = 5_000
COMMON_NAME = 0.002
# One patient in a hundred stands in a second record.
SHARE_OF_SECOND_RECORDS = 0.01
# How often the two records of one person look so, beside how often two strangers' do.
BIRTH_DATE = {
    "birth_date_same": log2(0.95 * DAYS_OF_BIRTH),
    "birth_date_day_and_month_swapped": log2(0.008 / (0.4 / DAYS_OF_BIRTH)),
    "birth_date_one_day_apart": log2(0.004 / (2 / DAYS_OF_BIRTH)),
    "birth_date_one_digit": log2(0.02 / (30 / DAYS_OF_BIRTH)),
    "birth_date_digits_swapped": log2(0.006 / (4 / DAYS_OF_BIRTH)),
    "birth_date_different": log2(0.004 / 0.997),
}
FAMILY = {
    "family_name_similar": log2(0.05 / 0.004),
    "family_name_one_of_two": log2(0.02 / 0.002),
    "family_name_different": log2(0.04 / 0.99),
}
GIVEN = {
    "given_name_similar": log2(0.05 / 0.012),
    "given_name_first_word": log2(0.08 / 0.015),
    "given_name_short_form": log2(0.06 / 0.01),
    "given_name_initial": log2(0.02 / 0.03),
    "given_name_different": log2(0.02 / 0.95),
}
NAME_KEPT = 0.88
NAMES_SWAPPED = log2(0.004)
# Brothers and sisters share the family name and, as twins, the day of birth; so do fathers and sons with one name, but for the year.
TWINS = {"given_name_different": -5.0, "given_name_similar": -2.5}
GENERATIONS_DIFFER = -8.0
MBI = {"mbi_same": 12.0, "mbi_one_character": 14.0, "mbi_different": log2(0.01)}

NICKNAMES = NickNamer()


@dataclass(frozen=True)
class Described:
    """One record as it is compared: its names as `persons.names` reads them, and a valid Medicare number or None."""

    family: str
    given: str
    generation: int | None
    birth_date: date
    mbi: str | None


@dataclass(frozen=True)
class Commonness:
    """How many records the vendor has, and how many of them bear each name that is asked about, as a family or a given name."""

    records: int
    bearers: Mapping[str, int]

    def agreement(self, *spellings: str) -> float:
        """Return what it says, as a weight, that two records bear one name, whose spellings are given."""
        bearers = max(self.bearers.get(spelling, 0) for spelling in spellings)
        share = (bearers + SMALLEST_LIST * COMMON_NAME) / (self.records + SMALLEST_LIST)
        return log2(NAME_KEPT / share)

    @property
    def beforehand(self) -> float:
        """Return the weight of two records being one person before anything of them is known."""
        return log2(2 * SHARE_OF_SECOND_RECORDS / max(self.records, SMALLEST_LIST))


@dataclass(frozen=True)
class Likeness:
    """How likely two records are one person, in whole percent, and what speaks for or against it."""

    percent: int
    reasons: tuple[str, ...]


def likeness(one: Described, other: Described, commonness: Commonness) -> Likeness:
    """Return how likely two records are one person, and why."""
    parts = [birth_dates(one.birth_date, other.birth_date), *names(one, other, commonness), *medicare_numbers(one.mbi, other.mbi)]
    reasons = {reason for reason, _ in parts}
    if one.generation and other.generation and one.generation != other.generation:
        parts.append(("generations_differ", GENERATIONS_DIFFER))
    if {"family_name_same", "birth_date_same"} <= reasons:
        parts += [("could_be_twins", weight) for given, weight in TWINS.items() if given in reasons]
    weight = commonness.beforehand + sum(part for _, part in parts)
    return Likeness(percent_of(weight), tuple(reason for reason, _ in parts))


def percent_of(weight: float) -> int:
    """Return the probability that belongs to a weight, in whole percent."""
    odds = exp2(min(max(weight, -30.0), 30.0))
    return round(100 * odds / (1 + odds))


def birth_dates(one: date, other: date) -> tuple[str, float]:
    """Return how two days of birth differ: not at all, as typing and reading errors make them differ, or wholly."""
    return (how := _birth_dates_differ(one, other)), BIRTH_DATE[how]


def _birth_dates_differ(one: date, other: date) -> str:
    if one == other:
        return "birth_date_same"
    if one.year == other.year and (one.month, one.day) == (other.day, other.month):
        return "birth_date_day_and_month_swapped"
    if abs(one - other) == timedelta(days=1):
        return "birth_date_one_day_apart"
    written, otherwise = f"{one:%Y%m%d}", f"{other:%Y%m%d}"
    if OSA.distance(written, otherwise, score_cutoff=1) <= 1:
        changed = sum(a != b for a, b in zip(written, otherwise, strict=True))
        return "birth_date_one_digit" if changed == 1 else "birth_date_digits_swapped"
    return "birth_date_different"


def names(one: Described, other: Described, commonness: Commonness) -> list[tuple[str, float]]:
    """Return how two names differ; when family and given name stand in each other's place, as if they stood right, with less weight."""
    straight = [family_names(one.family, other.family, commonness), given_names(one.given, other.given, commonness)]
    if straight[0][0] == "family_name_different" and straight[1][0] == "given_name_different":
        crossed = [
            family_names(one.family, other.given, commonness),
            given_names(one.given, other.family, commonness),
            ("names_swapped", NAMES_SWAPPED),
        ]
        if crossed[0][0] != "family_name_different" and crossed[1][0] != "given_name_different":
            return crossed
    return straight


def family_names(one: str, other: str, commonness: Commonness) -> tuple[str, float]:
    """Return how two family names differ."""
    if (joined := one.replace(" ", "")) == other.replace(" ", "") != "":
        return "family_name_same", commonness.agreement(one, other)
    if similar(joined, other.replace(" ", "")):
        how = "family_name_similar"
    else:
        how = "family_name_one_of_two" if _share_a_name(one, other) else "family_name_different"
    return how, FAMILY[how]


def given_names(one: str, other: str, commonness: Commonness) -> tuple[str, float]:
    """Return how two given names differ."""
    if one.replace(" ", "") == other.replace(" ", "") != "":
        return "given_name_same", commonness.agreement(one, other)
    how = _given_names_differ(one.split(), other.split())
    return how, GIVEN[how]


def _given_names_differ(one: list[str], other: list[str]) -> str:
    if not one or not other:
        return "given_name_different"
    first, other_first = one[0], other[0]
    if first == other_first and len(first) > 1:
        return "given_name_first_word"
    if similar("".join(one), "".join(other)) or similar(first, other_first):
        return "given_name_similar"
    if short_forms(first, other_first):
        return "given_name_short_form"
    if first[0] == other_first[0] and 1 in {len(first), len(other_first)}:
        return "given_name_initial"
    return "given_name_different"


def medicare_numbers(one: str | None, other: str | None) -> list[tuple[str, float]]:
    """Return how two Medicare numbers differ; nothing when one of them is not known."""
    if one is None or other is None:
        return []
    distance = OSA.distance(one, other, score_cutoff=1)
    how = "mbi_same" if distance == 0 else "mbi_one_character" if distance == 1 else "mbi_different"
    return [(how, MBI[how])]


def similar(one: str, other: str) -> bool:
    """Tell whether two words may be one, mistyped or misread: one slip in a short word, two in a long one, or alike throughout."""
    longest = max(len(one), len(other))
    slips = 0 if longest < 3 else 1 if longest < 6 else 2
    return OSA.distance(one, other, score_cutoff=slips) <= slips or (
        longest > 4 and JaroWinkler.similarity(one, other, score_cutoff=ALIKE) >= ALIKE
    )


ALIKE = 0.94


@lru_cache(maxsize=50_000)
def short_forms(one: str, other: str) -> bool:
    """Tell whether one given name is a short form of the other: Bob of Robert, Barb of Barbara.

    Two short forms of one name are not taken for each other, since Bob and Bill share a list.
    """
    shorter, longer = sorted((one, other), key=len)
    return (len(shorter) > 2 and longer.startswith(shorter)) or other in NICKNAMES.nicknames_of(one) or one in NICKNAMES.nicknames_of(other)


def _share_a_name(one: str, other: str) -> bool:
    """Tell whether one of two family names is among the other's (Garcia, Garcia Lopez); particles such as `de` are none."""
    return any(len(word) > 3 for word in {*one.split()} & {*other.split()}) and (" " in one or " " in other)
