"""Every kind of file: new rows, the same file again, a changed row, a refused row, a dry run, and all of it taken back."""

from pathlib import Path

import pytest

from caretally.app.import_kinds import IMPORT_KINDS
from tests.builders.databases import TestDatabase
from tests.builders.import_examples import EXAMPLES, Example
from tests.builders.import_files import Desk, new_desk, outcome, rules

every_kind = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.kind))


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def shown(desk: Desk, example: Example) -> list[str]:
    return [str(row[0]) for row in desk.office.rows(f"SELECT {example.column} FROM {example.table}")]


def test_there_is_an_example_of_every_kind() -> None:
    assert [example.kind for example in EXAMPLES] == list(IMPORT_KINDS)


@every_kind
def test_a_new_row_is_written(desk: Desk, example: Example) -> None:
    result = desk.imports(example.kind, f"{example.header}\n{example.row}\n")
    assert outcome(result) == {"new": 1}, result.problems
    assert shown(desk, example) == [example.before]


@every_kind
def test_the_same_file_again_is_all_unchanged(desk: Desk, example: Example) -> None:
    desk.imports(example.kind, f"{example.header}\n{example.row}\n")
    assert outcome(desk.imports(example.kind, f"{example.header}\n{example.row}\n")) == {"unchanged": 1}


@every_kind
def test_a_changed_row_is_changed(desk: Desk, example: Example) -> None:
    desk.imports(example.kind, f"{example.header}\n{example.row}\n")
    assert outcome(desk.imports(example.kind, f"{example.header}\n{example.changed}\n")) == {"changed": 1}
    assert shown(desk, example) == [example.after]


@every_kind
def test_a_refused_row_names_line_column_value_and_rule_and_nothing_is_written(desk: Desk, example: Example) -> None:
    result = desk.imports(example.kind, f"{example.header}\n{example.row}\n{example.refused}\n")
    problem = next(found for found in result.problems if found.severity == "refused")
    assert (problem.line, problem.rule, problem.value in example.refused, bool(problem.column)) == (3, example.rule, True, True)
    assert (outcome(result), result.written, result.batch_id) == ({"refused": 1}, False, None)
    assert shown(desk, example) == []


@every_kind
def test_a_dry_run_says_what_would_happen_and_leaves_no_trace(desk: Desk, example: Example) -> None:
    events = desk.office.value("SELECT count(*) FROM audit_event")
    result = desk.imports(example.kind, f"{example.header}\n{example.row}\n", dry_run=True)
    assert (outcome(result), result.dry_run, result.batch_id) == ({"new": 1}, True, None)
    assert shown(desk, example) == []
    assert desk.office.value("SELECT count(*) FROM audit_event") == events


@every_kind
def test_undo_takes_a_change_and_then_the_row_itself_back(desk: Desk, example: Example) -> None:
    first = desk.imports(example.kind, f"{example.header}\n{example.row}\n")
    second = desk.imports(example.kind, f"{example.header}\n{example.changed}\n")
    assert desk.undoes(second.batch_id).restored == 1
    assert shown(desk, example) == [example.before]
    assert desk.undoes(first.batch_id).removed >= 1
    assert shown(desk, example) == []


@every_kind
def test_a_missing_required_column_refuses_the_file(desk: Desk, example: Example) -> None:
    name = next(column.name for column in IMPORT_KINDS[example.kind].columns if column.required)
    result = desk.imports(example.kind, f"{example.header}\n{example.row}\n".replace(name, "mystery", 1))
    assert (1, name, "column_missing") in rules(result)
    assert not result.written
