"""A mutant counts as killed only where it is seen, in this run, to differ from rules that the oracle agrees with."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, text

from caretally.evaluation import evaluate
from tests.builders.databases import TestDatabase
from tests.builders.facts import clean_patient, entry, facts
from tests.invoicing.evaluation.killing import FAILED, WRITE, WRONG, Hunt, KnownKillers, Mutant, nothing
from tests.invoicing.evaluation.mutation_material import Material, digest
from tests.invoicing.evaluation.sql_mutants import is_needed_within_the_month

REACHED, MISSED = (facts(clean_patient(entries=[entry("2026-03-03T10:00", seconds)])) for seconds in (1200, 300))
Judge = Callable[..., Hunt]


def with_decision(change: Callable[[str], str], _connection: Connection) -> AbstractContextManager[object]:
    changed, plain = text(change(str(evaluate.statement("decide").text))), evaluate.statement
    return patch.object(evaluate, "statement", lambda step: changed if step == "decide" else plain(step))


BEYOND = Mutant("more than reached", partial(with_decision, lambda decide: decide.replace("staff_side >= l.staff", "staff_side > l.staff")))
UNREADABLE = Mutant("unreadable", partial(with_decision, lambda _decide: "INSERT INTO nowhere SELECT 1"))
SLOW = Mutant("never ends", partial(with_decision, lambda _decide: "SELECT pg_sleep(5)"))
UNCHANGED = Mutant("nothing changed", nothing)


@pytest.fixture
def judge(database: TestDatabase, tmp_path: Path) -> Judge:
    def judged(mutant: Mutant, *, last: dict[str, str] | None = None, material: Material | None = None) -> Hunt:
        killers = KnownKillers(tmp_path / "killers.csv")
        killers.by_mutant = last or {}
        hunt = Hunt(database, killers, material or Material([MISSED, REACHED]), patience=1)
        hunt.judge([mutant])
        return hunt

    return judged


def test_what_changes_nothing_is_alive_whatever_the_list_says(judge: Judge) -> None:
    assert judge(UNCHANGED, last={UNCHANGED.name: digest(REACHED)}).alive == [UNCHANGED.name]


def test_what_killed_a_mutant_last_is_asked_alone(judge: Judge) -> None:
    hunt = judge(BEYOND, last={BEYOND.name: digest(REACHED)})
    assert (hunt.alive, hunt.searched, dict(hunt.ways)) == ([], [], {"a wrong answer": 1, "the same rule": 0})


def test_what_no_longer_kills_is_searched_for_anew(judge: Judge) -> None:
    hunt = judge(UNREADABLE, last={UNREADABLE.name: "0123456789abcdef"})
    assert (hunt.alive, hunt.searched, hunt.ways["an error"]) == ([], [UNREADABLE.name], 1)
    assert "1 searched for anew" in hunt.figure("rules")


def test_a_statement_that_does_not_end_is_counted_apart(judge: Judge) -> None:
    hunt = judge(SLOW)
    assert (hunt.alive, hunt.ways["a timeout"]) == ([], 1)
    assert "0 by an error, 1 by a timeout" in hunt.figure("rules")


def test_facts_of_which_the_product_and_the_oracle_disagree_kill_nothing(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Material, "expected", lambda _self, _one: [])
    assert judge(BEYOND, last={BEYOND.name: digest(REACHED)}).alive == [BEYOND.name]


def test_the_list_is_written_when_the_environment_asks_for_it(judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hunt = judge(BEYOND)
    hunt.write([BEYOND])
    assert not (tmp_path / "killers.csv").exists()
    monkeypatch.setenv(WRITE, "1")
    hunt.write([BEYOND])
    assert KnownKillers(tmp_path / "killers.csv").by_mutant.keys() == {BEYOND.name}
    hunt.write([UNCHANGED])
    assert KnownKillers(tmp_path / "killers.csv").by_mutant == {}


def test_a_mutant_that_is_the_same_rule_is_not_judged(judge: Judge) -> None:
    hunt = judge(Mutant("the same", lambda _connection: nullcontext(), same="for a reason"))
    assert hunt.figure("rules").startswith("0 of 0 mutants of the rules killed")
    assert "1 proven the same rule, told apart: []" in hunt.figure("rules")


def test_an_argument_that_two_rules_are_the_same_is_refuted_by_facts(judge: Judge) -> None:
    wrong = replace(BEYOND, own=lambda: [MISSED, REACHED], same="nobody has twenty minutes exactly")
    assert judge(wrong).refuted == [wrong.name]


def test_a_wrong_answer_is_looked_for_behind_an_error(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hunt, "_way", lambda _self, _mutant, one: FAILED if one == MISSED else WRONG)
    hunt = judge(replace(BEYOND, own=lambda: [MISSED, REACHED]))
    assert (hunt.found, hunt.ways["an error"]) == ({BEYOND.name: digest(REACHED)}, 0)


@pytest.mark.parametrize(
    ("step", "text_of_it", "changed"),
    [
        ("decide", ":month_first - 1 + first_counted_day", ":month_first - 2 + first_counted_day"),
        ("scope", "v.kind <> 'EM' OR bad.code IS NULL) AS last_qualifying_on", "bad.code IS NULL) AS last_qualifying_on"),
        ("tangled", "AS first_day,", "- 1 AS first_day,"),
    ],
)
def test_what_the_day_of_a_needed_visit_rests_on_is_read_from_the_rules(step: str, text_of_it: str, changed: str) -> None:
    steps = {name: str(evaluate.statement(name).text) for name in ("scope", "time", "tangled", "decide")}
    assert is_needed_within_the_month(**steps)
    assert not is_needed_within_the_month(**steps | {step: steps[step].replace(text_of_it, changed)})


def test_a_state_that_nobody_knows_is_in_no_empty_list(database: TestDatabase) -> None:
    with database.admin_engine.begin() as connection:
        assert connection.scalar(text("SELECT NULL::text = ANY ('{}'::text[])")) is False
        assert connection.scalar(text("SELECT NULL::text = ANY ('{TX}'::text[])")) is None
