"""Records of one person, however many there are."""

from typing import ClassVar
from uuid import UUID

from caretally.persons.clusters import Clusters

RECORDS = 2_000


class Counted(UUID):
    """A record's id that counts how often it is compared with another."""

    compared: ClassVar[int] = 0

    def __lt__(self, other: object) -> bool:
        """Compare as ids do."""
        Counted.compared += 1
        return super().__lt__(other)  # type: ignore[operator]


def test_the_oldest_record_is_known_without_a_look_through_all_of_its_person() -> None:
    ids = [Counted(int=number) for number in range(1, RECORDS + 1)]
    clusters = Clusters(())
    for record in ids[1:]:
        clusters.join(record, ids[RECORDS // 2])
    clusters.join(ids[0], ids[-1])
    assert {clusters.oldest(record) for record in ids} == {ids[0]}
    assert len(clusters.of(ids[7])) == RECORDS
    assert Counted.compared < 4 * RECORDS


def test_who_is_alone_is_the_oldest_of_themself() -> None:
    alone = UUID(int=5)
    assert Clusters(()).oldest(alone) == alone
