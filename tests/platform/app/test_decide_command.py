"""`caretally decide` as a person or a script uses it."""

import json
from pathlib import Path
from typing import Any

import pytest

from caretally.app.cli import run
from tests.builders.facts import clean_patient, entry, facts


def written(folder: Path, given: Any) -> str:
    path = folder / "facts.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    return str(path)


@pytest.mark.usefixtures("caretally_environment")
def test_the_answer_is_one_json_array(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = facts(clean_patient(entries=[entry("2026-03-03T10:00", 1200)]))
    assert run(["decide", written(tmp_path, given), "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert (answer["ref"], answer["claim"]) == ("p1", [{"code": "99490", "units": 1}])


@pytest.mark.usefixtures("caretally_environment")
def test_without_json_the_answer_is_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["decide", written(tmp_path, facts(clean_patient()))]) == 0
    shown = capsys.readouterr().out
    assert "p1  not billable" in shown
    assert "TIME_BELOW_THRESHOLD" in shown


@pytest.mark.usefixtures("caretally_environment")
def test_facts_that_cannot_be_are_one_sentence_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["decide", written(tmp_path, facts(clean_patient(state="Texas")))]) == 2
    assert capsys.readouterr().err.splitlines() == ["patient 'p1': state: 'Texas' is not two capital letters."]


@pytest.mark.usefixtures("caretally_environment")
def test_a_file_that_is_not_there_is_one_sentence_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["decide", str(tmp_path / "none.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err
