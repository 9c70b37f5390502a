"""Which records are one person because their identifiers are the same, and where identifiers contradict each other.

The same Medicare number with the same day of birth, or the same name with the same day of birth, is one person. Not so where the
identifiers themselves disagree (decision 0010); such pairs are put before a person, and nobody is held for them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from uuid import UUID

from caretally.persons.clusters import Clusters, Pair, pair_of

# A number or name that contradicts itself in more groups than this is a placeholder: each later group is only asked about with the first.
GROUPS_COMPARED_WITH_EACH_OTHER = 5


@dataclass(frozen=True)
class Identifiers:
    """What one record says about a person: keyed hashes of the name with the day of birth and of the Medicare number, None when it has none."""

    patient_id: UUID
    birth_date: date
    name_key: bytes | None
    mbi_key: bytes | None


@dataclass(frozen=True)
class Finding:
    """A pair whose identifiers say that it is one person (`mbi`, `name`), or contradict each other (`mbi_conflict`, `name_conflict`)."""

    pair: Pair
    found_by: str
    status: str


Identity = tuple[bytes, date | None]


def exact_findings(records: Iterable[Identifiers], clusters: Clusters) -> list[Finding]:
    """Return what the identifiers of these records say, and join in `clusters` those that are one person.

    `records` hold every record that shares a name or a number with another of them, and `clusters` the decisions of people; the
    outcome does not depend on the order in which the records came, only on which is older.
    """
    ordered = sorted(records, key=lambda record: record.patient_id)
    identities = _identities(ordered)
    found: dict[Pair, Finding] = {}
    for group in _grouped(ordered, identities).values():
        for finding in _one_identity(group, clusters):
            found.setdefault(finding.pair, finding)
    for finding in _conflicts(ordered, identities, clusters):
        found.setdefault(finding.pair, finding)
    return list(found.values())


def _identities(records: Sequence[Identifiers]) -> dict[UUID, Identity]:
    """Return what each record stands for: its number and day of birth, else the one number that its name has elsewhere, else its name.

    A name that has two numbers elsewhere says of a record without one only that it is that name.
    """
    numbers: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for record in records:
        if record.name_key and record.mbi_key:
            numbers[record.name_key].add(record.mbi_key)
    found: dict[UUID, Identity] = {}
    for record in records:
        if record.mbi_key:
            found[record.patient_id] = (record.mbi_key, record.birth_date)
        elif record.name_key:
            known = numbers[record.name_key]
            found[record.patient_id] = (next(iter(known)), record.birth_date) if len(known) == 1 else (record.name_key, None)
    return found


def _grouped(records: Sequence[Identifiers], identities: dict[UUID, Identity]) -> dict[Identity, list[Identifiers]]:
    groups: defaultdict[Identity, list[Identifiers]] = defaultdict(list)
    for record in records:
        if record.patient_id in identities:
            groups[identities[record.patient_id]].append(record)
    return groups


def _one_identity(group: Sequence[Identifiers], clusters: Clusters) -> Iterator[Finding]:
    """Yield, for each record, one earlier record that shares its number and one that shares its name: less than 2n pairs for n records.

    Where a person told two of them apart, a later record goes with the older one, and a record told apart from that with the next.
    """
    first_of_each: defaultdict[bytes, list[UUID]] = defaultdict(list)
    for record in group:
        for key, found_by in ((record.mbi_key, "mbi"), (record.name_key, "name")):
            if key is None:
                continue
            other = next((first for first in first_of_each[key] if clusters.join(record.patient_id, first)), None)
            if other is None:
                first_of_each[key].append(record.patient_id)
            else:
                yield Finding(pair_of(record.patient_id, other), found_by, "same")


def _conflicts(records: Sequence[Identifiers], identities: dict[UUID, Identity], clusters: Clusters) -> Iterator[Finding]:
    """Yield the pairs that one identifier calls one person and another calls two, once for each two groups of records."""
    first_with: defaultdict[tuple[str, bytes], dict[Identity, UUID]] = defaultdict(dict)
    for record in records:
        for found_by, key in (("mbi_conflict", record.mbi_key), ("name_conflict", record.name_key)):
            if key is not None:
                first_with[found_by, key].setdefault(identities[record.patient_id], record.patient_id)
    for (found_by, _), firsts in first_with.items():
        for (place, one), (other_place, other) in combinations(enumerate(firsts.values()), 2):
            near = place == 0 or other_place < GROUPS_COMPARED_WITH_EACH_OTHER
            if near and not clusters.together(one, other) and not clusters.kept_apart(one, other):
                yield Finding(pair_of(one, other), found_by, "proposed")
