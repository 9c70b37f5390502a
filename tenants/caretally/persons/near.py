"""Which records may be one person although no identifier of theirs is the same: found in blocks by the database, weighed one by one."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from caretally.persons.clusters import Pair
from caretally.persons.likeness import Commonness, Described, Likeness, likeness
from caretally.persons.records import UNKNOWN_BIRTH_DATE
from caretally.persons.statements import statement

# A pair is put before a person from this likelihood on, in percent.
LEAST_PERCENT = 10
# What more records of one day of birth (of the vendor, for a whole name) share than this does not tell them apart.
MOST_OF_A_TRAIT, MOST_OF_A_NAME = 100, 300
AT_ONCE = 5_000

Person = bytes
PersonPair = frozenset[Person]


@dataclass(frozen=True)
class NearPair:
    """Two records that may be one person, the persons that they belong to so far, and how likely it is."""

    pair: Pair
    persons: PersonPair
    likeness: Likeness


def near_pairs(connection: Connection, commonness: Commonness) -> list[NearPair]:
    """Return the pairs of a fresh record with any other that are likely enough to be put before a person, the likeliest first.

    A fresh record is one in `person_stale`. Two persons are asked about once, by their likeliest pair.
    """
    best: dict[PersonPair, NearPair] = {}
    for found in _weighed(connection, commonness):
        other = best.get(found.persons)
        if other is None or _order(found) < _order(other):
            best[found.persons] = found
    return sorted(best.values(), key=_order)


def _order(found: NearPair) -> tuple[int, Pair]:
    return (-found.likeness.percent, found.pair)


def _weighed(connection: Connection, commonness: Commonness) -> Iterator[NearPair]:
    bounds = {"unknown_birth_date": UNKNOWN_BIRTH_DATE, "most_of_a_trait": MOST_OF_A_TRAIT, "most_of_a_name": MOST_OF_A_NAME}
    with closing(connection.execute(statement("candidates"), bounds, execution_options={"yield_per": AT_ONCE})) as rows:
        for row in rows:
            alike = likeness(_described(row[1:6]), _described(row[8:13]), commonness)
            if alike.percent >= LEAST_PERCENT:
                yield NearPair((row[0], row[7]), frozenset((bytes(row[6]), bytes(row[13]))), alike)


def _described(cells: Any) -> Described:
    return Described(*cells)
