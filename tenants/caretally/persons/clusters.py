"""Which records are held to be one person: sets that grow pair by pair and never bring two together that a person told apart."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

Pair = tuple[UUID, UUID]


def pair_of(one: UUID, other: UUID) -> Pair:
    """Return two records in the order in which pairs are kept: the older first (their ids begin with the time)."""
    return (one, other) if one < other else (other, one)


@dataclass
class Together:
    """Records of one person, and the oldest of them, kept beside so that nobody looks through all for it."""

    records: set[UUID]
    oldest: UUID


class Clusters:
    """Sets of records, at first one for each; `apart` are the pairs that a person decided to be different people."""

    def __init__(self, apart: Iterable[Pair]) -> None:
        """Take the pairs that are never joined, not even by a third record."""
        self._members: dict[UUID, Together] = {}
        self._strangers: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for one, other in apart:
            self._strangers[one].add(other)
            self._strangers[other].add(one)

    def of(self, record: UUID) -> set[UUID]:
        """Return the records of the same person, itself among them."""
        return self._with(record).records

    def oldest(self, record: UUID) -> UUID:
        """Return the oldest record of the same person."""
        return self._with(record).oldest

    def _with(self, record: UUID) -> Together:
        if record not in self._members:
            self._members[record] = Together({record}, record)
        return self._members[record]

    def together(self, one: UUID, other: UUID) -> bool:
        """Tell whether two records are held to be one person."""
        return other in self.of(one)

    def kept_apart(self, one: UUID, other: UUID) -> bool:
        """Tell whether a decision stands between two records or any that are one with them."""
        return self.decision_between(one, other) is not None

    def decision_between(self, one: UUID, other: UUID) -> Pair | None:
        """Return the first pair, told apart by a person, that keeps these two from being one person."""
        smaller, larger = sorted((self.of(one), self.of(other)), key=len)
        between = (pair_of(member, stranger) for member in smaller for stranger in self._strangers.get(member, ()) if stranger in larger)
        return min(between, default=None)

    def join(self, one: UUID, other: UUID) -> bool:
        """Hold two records to be one person, unless a decision stands between them; return whether they now are."""
        if self.together(one, other):
            return True
        if self.kept_apart(one, other):
            return False
        smaller, larger = sorted((self._with(one), self._with(other)), key=lambda together: len(together.records))
        larger.records |= smaller.records
        larger.oldest = min(larger.oldest, smaller.oldest)
        for member in smaller.records:
            self._members[member] = larger
        return True
