"""Which records are held to be one person: sets that grow pair by pair and never bring two together that a person told apart."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

Pair = tuple[UUID, UUID]


def pair_of(one: UUID, other: UUID) -> Pair:
    """Return two records in the order in which pairs are kept: the older first (their ids begin with the time)."""
    return (one, other) if one < other else (other, one)


class Clusters:
    """Sets of records, at first one for each; `apart` are the pairs that a person decided to be different people."""

    def __init__(self, apart: Iterable[Pair]) -> None:
        """Take the pairs that are never joined, not even by a third record."""
        self._members: dict[UUID, set[UUID]] = {}
        self._strangers: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for one, other in apart:
            self._strangers[one].add(other)
            self._strangers[other].add(one)

    def of(self, record: UUID) -> set[UUID]:
        """Return the records of the same person, itself among them."""
        return self._members.setdefault(record, {record})

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
        smaller, larger = sorted((self.of(one), self.of(other)), key=len)
        larger |= smaller
        for member in smaller:
            self._members[member] = larger
        return True
