"""A person's word on a pair: it holds or frees both records, stands against identifiers, can be taken back, and is told without names."""

from pathlib import Path

import pytest

from caretally.errors import Conflict, NothingToDo, UsageMistake
from caretally.persons.decide import Decision, Word, decide_pair, take_back
from caretally.persons.review import ALL, ReviewedPair, reviewed_pairs
from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk
from tests.tenants.persons.test_matching import imports, pairs, persons

ALIKE = ("LFM,k1,Quartermain,Wilhelmina,1940-02-01,", "HIL,k2,Quatermain,Wilhelmina,1940-02-01,")
THE_SAME = ("LFM,k1,Osei,Ama,1940-02-01,", "HIL,k2,Osei,Ama,1940-02-01,")


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def pair_between(desk: Desk, one: str, other: str) -> ReviewedPair:
    with desk.office.transaction() as connection:
        found = reviewed_pairs(connection, statuses=ALL)
    return next(pair for pair in found if {record.mrn for record in pair.records} == {one, other})


def decide(desk: Desk, one: str, other: str, word: Word, reason: str = "asked the practice") -> Decision:
    with desk.office.transaction() as connection:
        return decide_pair(connection, pair_between(desk, one, other).pair, word=word, reason=reason)


def undo(desk: Desk, one: str, other: str) -> Decision:
    with desk.office.transaction() as connection:
        return take_back(connection, pair_between(desk, one, other).pair, reason="a mistake")


def test_the_same_joins_both_records(desk: Desk) -> None:
    imports(desk, *ALIKE)
    decision = decide(desk, "k1", "k2", "same")
    assert persons(desk) == {frozenset({"k1", "k2"})}
    assert (decision.was.status, decision.now and decision.now.status, len(decision.matched.linked)) == ("proposed", "same", 2)


def test_who_decided_when_and_why_is_kept(desk: Desk) -> None:
    imports(desk, *ALIKE)
    decide(desk, "k1", "k2", "same", reason="  called\n both ")
    found = pair_between(desk, "k1", "k2")
    assert (found.decided_by, found.reason) == ("tester", "called both")
    assert found.decided_at is not None and found.decided_at >= found.found_at


def test_different_frees_two_whom_their_identifiers_had_joined(desk: Desk) -> None:
    imports(desk, *THE_SAME)
    decide(desk, "k1", "k2", "different")
    assert persons(desk) == set()


@pytest.mark.parametrize("word", ["same", "different"])
def test_a_decided_pair_does_not_come_again(desk: Desk, word: Word) -> None:
    imports(desk, *ALIKE)
    decide(desk, "k1", "k2", word)
    before = pairs(desk)
    imports(desk, "LFM,k1,Quartermain,Wilhelmina,1940-02-01,1EG4TE5MK73")
    imports(desk, "HIL,k2,Quartermaine,Wilhelmina,1940-02-01,")
    assert pairs(desk) == before


def test_different_stands_when_the_identifiers_become_the_same(desk: Desk) -> None:
    imports(desk, *ALIKE)
    decide(desk, "k1", "k2", "different")
    imports(desk, "HIL,k2,Quartermain,Wilhelmina,1940-02-01,")
    assert persons(desk) == set()


def test_what_was_decided_stays_as_it_was_decided_when_the_identifiers_become_the_same(desk: Desk) -> None:
    imports(desk, *ALIKE)
    decide(desk, "k1", "k2", "same")
    before = pair_between(desk, "k1", "k2")
    imports(desk, "HIL,k2,Quartermain,Wilhelmina,1940-02-01,")
    after = pair_between(desk, "k1", "k2")
    assert (after.found_by, after.score, after.decided_by, after.reason) == ("near", before.score, "tester", "asked the practice")
    undo(desk, "k1", "k2")
    assert pairs(desk) == {("k1", "k2", "name", "same")}


def test_a_third_record_does_not_join_two_who_are_different(desk: Desk) -> None:
    imports(desk, *THE_SAME)
    decide(desk, "k1", "k2", "different")
    imports(desk, "LFM,k3,Osei,Ama,1940-02-01,")
    (joined,) = persons(desk)
    # which of the two it is decided by their ids, whose order within a millisecond is anybody's
    one, other = ("k1", "k2") if "k1" in joined else ("k2", "k1")
    assert joined == {one, "k3"}
    decide(desk, one, "k3", "different")
    assert persons(desk) == {frozenset({other, "k3"})}


def test_same_joins_all_that_is_one_with_either(desk: Desk) -> None:
    imports(desk, *ALIKE, "LFM,k3,Quartermain,Wilhelmina,1940-02-01,")
    (open_pair,) = [(one, other) for one, other, _, status in pairs(desk) if status == "proposed"]
    decide(desk, *open_pair, "same")
    assert persons(desk) == {frozenset({"k1", "k2", "k3"})}


def test_two_persons_are_asked_about_once_however_many_records_they_have(desk: Desk) -> None:
    imports(desk, *ALIKE, "LFM,k3,Quartermain,Wilhelmina,1940-02-01,", "LFM,k4,Quatermain,Wilhelmina,1940-02-01,")
    assert sum(status == "proposed" for *_, status in pairs(desk)) == 1


def test_an_answer_about_one_record_is_an_answer_about_all_of_the_person(desk: Desk) -> None:
    imports(desk, *ALIKE)
    decide(desk, "k1", "k2", "different")
    imports(desk, "LFM,k3,Quartermain,Wilhelmina,1940-02-01,")
    assert {status for *_, status in pairs(desk)} == {"same", "different"}


def test_a_word_is_taken_back(desk: Desk) -> None:
    imports(desk, *ALIKE)
    decide(desk, "k1", "k2", "same")
    undo(desk, "k1", "k2")
    assert (persons(desk), pairs(desk)) == (set(), {("k1", "k2", "near", "proposed")})


def test_what_identifiers_say_counts_again_when_the_word_against_it_is_taken_back(desk: Desk) -> None:
    imports(desk, *THE_SAME)
    decide(desk, "k1", "k2", "different")
    undo(desk, "k1", "k2")
    assert persons(desk) == {frozenset({"k1", "k2"})}


def test_a_word_can_be_changed(desk: Desk) -> None:
    imports(desk, *ALIKE)
    decide(desk, "k1", "k2", "same")
    decide(desk, "k1", "k2", "different")
    assert persons(desk) == set()


THREE = (*ALIKE, "HIL,k3,Quartermayn,Wilhelmina,1940-02-01,")


def test_one_person_against_a_pair_that_is_different_is_refused_with_that_pair(desk: Desk) -> None:
    imports(desk, *THREE)
    decide(desk, "k1", "k2", "different")
    decide(desk, "k1", "k3", "different")
    decide(desk, "k2", "k3", "same")
    other = pair_between(desk, "k1", "k3").pair
    with pytest.raises(Conflict, match=f"The pair {other} of the same people was decided to be different"):
        decide(desk, "k1", "k2", "same")
    assert persons(desk) == {frozenset({"k2", "k3"})}


def test_different_against_pairs_that_make_them_one_person_is_refused_with_those_pairs(desk: Desk) -> None:
    imports(desk, *THREE)
    decide(desk, "k1", "k2", "same")
    decide(desk, "k1", "k3", "same")
    imports(desk, "HIL,k3,Quatermain,Wilhelmina,1940-02-01,")
    through = sorted(pair_between(desk, "k1", other).pair for other in ("k2", "k3"))
    with pytest.raises(Conflict, match=f"one person by the decided pairs {through[0]}, {through[1]};"):
        decide(desk, "k2", "k3", "different")


def test_the_same_word_twice_is_nothing_to_do(desk: Desk) -> None:
    imports(desk, *ALIKE)
    decide(desk, "k1", "k2", "same")
    with pytest.raises(NothingToDo, match="was decided to be one person already"):
        decide(desk, "k1", "k2", "same")


@pytest.mark.parametrize("called", ["ffff", "0000000000", "x'; --", "", "%", "12"])
def test_a_pair_that_is_not_there_is_named(desk: Desk, called: str) -> None:
    with desk.office.transaction() as connection, pytest.raises(UsageMistake, match="has no pair"):
        decide_pair(connection, called, word="same", reason="because")


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501])
def test_a_reason_that_says_nothing_is_refused(desk: Desk, reason: str) -> None:
    imports(desk, *ALIKE)
    with pytest.raises(UsageMistake, match="Say why"):
        decide(desk, "k1", "k2", "same", reason)


def test_nothing_decided_is_nothing_to_take_back(desk: Desk) -> None:
    imports(desk, *ALIKE)
    with pytest.raises(NothingToDo):
        undo(desk, "k1", "k2")


def test_the_audit_log_tells_the_decision_without_names_and_without_the_reason(desk: Desk) -> None:
    imports(desk, *ALIKE)
    decide(desk, "k1", "k2", "same", reason="Wilhelmina says so")
    undo(desk, "k1", "k2")
    events = desk.office.rows("SELECT action, actor, detail FROM audit_event WHERE action LIKE 'persons.%' ORDER BY seq")
    assert [event.action for event in events] == ["persons.decided", "persons.undecided"]
    assert {event.actor for event in events} == {"tester"}
    assert events[0].detail["decision"] == "same" and len(events[0].detail["patients"]) == 2
    told = str([event.detail for event in events]).lower()
    assert [word for word in ("wilhelmina", "quartermain", "1940", "k1", "says") if word in told] == []


def test_an_undone_import_takes_its_decisions_with_it(desk: Desk) -> None:
    imports(desk, ALIKE[0])
    batch = desk.imports("patients", f"client,mrn,family_name,given_name,birth_date,mbi\n{ALIKE[1]}\n").batch_id
    decide(desk, "k1", "k2", "same")
    desk.undoes(batch)
    assert (pairs(desk), persons(desk)) == (set(), set())
