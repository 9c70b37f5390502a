"""What identifiers alone say: who is one person, and who is put before a person because they contradict each other."""

from datetime import date
from itertools import combinations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from caretally.persons.clusters import Clusters, Pair, pair_of
from caretally.persons.exact import Finding, Identifiers, exact_findings

MARCH, APRIL = date(1941, 3, 2), date(1941, 4, 2)


def record(number: int, name: str = "", mbi: str = "", born: date = MARCH) -> Identifiers:
    name_key = f"{name} {born}".encode() if name else None
    return Identifiers(UUID(int=number), born, name_key, mbi.encode() or None)


def pairs(findings: list[Finding]) -> dict[tuple[int, int], str]:
    return {(f.pair[0].int, f.pair[1].int): f"{f.found_by} {f.status}" for f in findings}


def said(*records: Identifiers, apart: tuple[Pair, ...] = ()) -> dict[tuple[int, int], str]:
    return pairs(exact_findings(records, Clusters(apart)))


def told_apart(one: int, other: int) -> Pair:
    return pair_of(UUID(int=one), UUID(int=other))


def test_the_same_number_and_day_of_birth_are_one_person_whatever_the_name() -> None:
    assert said(record(1, "Alma Abara", "M1"), record(2, "Alma Cole", "M1")) == {(1, 2): "mbi same"}


def test_the_same_name_and_day_of_birth_are_one_person_when_a_number_is_missing() -> None:
    assert said(record(1, "Alma Abara", "M1"), record(2, "Alma Abara")) == {(1, 2): "name same"}
    assert said(record(1, "Alma Abara"), record(2, "Alma Abara")) == {(1, 2): "name same"}


def test_one_number_with_two_days_of_birth_is_put_before_a_person() -> None:
    assert said(record(1, "Alma Abara", "M1"), record(2, "Alma Abara", "M1", APRIL)) == {(1, 2): "mbi_conflict proposed"}


def test_one_name_and_day_of_birth_with_two_numbers_are_put_before_a_person() -> None:
    assert said(record(1, "Alma Abara", "M1"), record(2, "Alma Abara", "M2")) == {(1, 2): "name_conflict proposed"}


def test_a_record_without_a_number_joins_neither_of_two_numbers_of_its_name() -> None:
    found = said(record(1, "Alma Abara", "M1"), record(2, "Alma Abara", "M2"), record(3, "Alma Abara"), record(4, "Alma Abara"))
    assert found == {
        (1, 2): "name_conflict proposed",
        (1, 3): "name_conflict proposed",
        (2, 3): "name_conflict proposed",
        (3, 4): "name same",
    }


def test_a_number_carries_over_two_names_of_one_person() -> None:
    found = said(record(1, "Alma Abara"), record(2, "Alma Cole", "M1"), record(3, "Alma Abara", "M1"))
    assert found == {(2, 3): "mbi same", (1, 3): "name same"}


def test_a_placeholder_number_of_many_asks_about_each_of_them_once() -> None:
    found = said(*(record(number, f"Name {number}", "M1", date(1941, 3, number)) for number in range(1, 21)))
    assert set(found.values()) == {"mbi_conflict proposed"}
    assert len(found) == 19 + 6


def test_a_thousand_records_of_one_name_take_less_than_a_thousand_pairs() -> None:
    assert len(said(*(record(number, "John Doe") for number in range(1000)))) == 999


def test_who_was_told_apart_is_not_joined_again_nor_by_a_third_record() -> None:
    found = said(record(1, "Alma Abara"), record(2, "Alma Abara"), record(3, "Alma Abara"), apart=(told_apart(1, 2),))
    assert found == {(1, 3): "name same"}


def test_who_was_told_apart_from_the_oldest_goes_with_the_next() -> None:
    apart = (told_apart(1, 2), told_apart(1, 3))
    assert said(record(1, "Alma Abara"), record(2, "Alma Abara"), record(3, "Alma Abara"), apart=apart) == {(2, 3): "name same"}


def test_nobody_is_found_by_a_name_or_number_that_they_do_not_have() -> None:
    assert said(record(1), record(2), record(3, mbi="M1"), record(4, mbi="M2"), record(5, "Alma Abara", born=APRIL)) == {}


NAMES, NUMBERS = st.sampled_from(["", "Alma Abara", "Alma Cole", "Otis Abara"]), st.sampled_from(["", "M1", "M2", "M3"])
RECORDS = st.lists(st.tuples(NAMES, NUMBERS, st.sampled_from([MARCH, APRIL])), max_size=9)
APART = st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] < pair[1]), max_size=4)


@given(RECORDS, APART, st.randoms())
def test_no_person_has_two_numbers_or_days_of_birth_and_the_order_does_not_matter(rows, apart, chance) -> None:  # type: ignore[no-untyped-def]
    records = [record(number, *row) for number, row in enumerate(rows)]
    decisions = [told_apart(*pair) for pair in apart]
    clusters = Clusters(decisions)
    found = exact_findings(records, clusters)
    for one, other in combinations(records, 2):
        if clusters.together(one.patient_id, other.patient_id):
            assert pair_of(one.patient_id, other.patient_id) not in decisions
            assert one.birth_date == other.birth_date
            assert one.mbi_key is None or other.mbi_key is None or one.mbi_key == other.mbi_key
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert pairs(exact_findings(shuffled, Clusters(decisions))) == pairs(found)


@given(RECORDS)
def test_every_pair_that_shares_an_identifier_is_one_person_or_before_a_person(rows) -> None:  # type: ignore[no-untyped-def]
    records = [record(number, *row) for number, row in enumerate(rows)]
    clusters = Clusters(())
    asked = Clusters(())
    for finding in exact_findings(records, clusters):
        asked.join(*finding.pair)
    for one, other in combinations(records, 2):
        alike = (one.name_key and one.name_key == other.name_key) or (one.mbi_key and one.mbi_key == other.mbi_key)
        assert not alike or asked.together(one.patient_id, other.patient_id)
