"""What names a thing (a client, a record number, an entry) means the same however a program padded it, or is refused by name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.import_examples import EXAMPLES, Example
from tests.builders.import_files import Desk, csv_text, new_desk, outcome, rules
from tests.builders.spreadsheets import workbook

PATIENTS = "client,mrn,family_name,given_name,birth_date"
EDGES = ["{} ", " {}", "{}\u00a0", "\u3000{}", "{}\u200b", "\ufeff{}", "{}\t", "{}\n"]
File = Callable[..., str | bytes]
UNSEEN = ["M\u00a01", "M\u200b1", "M\u20091", "M\n1", "\u200eM1", "M1\u202c", "M\u00ad1", "M\u30001", "M1\u3164"]


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


@pytest.mark.parametrize("file", [lambda *rows: csv_text(",".join(rows[0]), *rows[1:]), lambda *rows: workbook(rows)], ids=["csv", "xlsx"])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.kind))
def test_blanks_at_the_edges_of_any_cell_change_nothing_of_any_kind(desk: Desk, example: Example, file: File) -> None:
    desk.imports(example.kind, f"{example.header}\n{example.row}\n")
    padded = tuple(EDGES[place % len(EDGES)].format(cell) for place, cell in enumerate(example.row.split(",")))
    assert outcome(desk.imports(example.kind, file(tuple(example.header.split(",")), padded))) == {"unchanged": 1}


@pytest.mark.parametrize("key", UNSEEN, ids=ascii)
def test_a_key_with_something_that_nobody_sees_is_refused_and_told_its_name(desk: Desk, key: str) -> None:
    result = desk.imports("patients", csv_text(PATIENTS, ("LFM", key, "Osei", "Ama", "1940-02-01")))
    assert rules(result) == [(2, "mrn", "unseen_character")]


def test_the_sentence_names_the_character(desk: Desk) -> None:
    result = desk.imports("patients", csv_text(PATIENTS, ("LFM", "M\u00a01", "Osei", "Ama", "1940-02-01")))
    assert result.problems[0].sentence == "The mrn holds NO-BREAK SPACE (U+00A0), which nobody can see; write it without."


def test_a_key_may_hold_plain_blanks_and_any_letter(desk: Desk) -> None:
    rows = [("LFM", key, "Osei", "Ama", "1940-02-01") for key in ("M 1", "Ünï-1", "王1", "💉1")]
    assert outcome(desk.imports("patients", csv_text(PATIENTS, *rows))) == {"new": 4}


def test_letters_composed_in_two_ways_name_the_same_patient(desk: Desk) -> None:
    desk.imports("patients", csv_text(PATIENTS, ("LFM", "\u00c9-1", "Osei", "Ama", "1940-02-01")))
    again = desk.imports("patients", csv_text(PATIENTS, ("LFM", "E\u0301-1", "Osei", "Ama", "1940-02-01")))
    assert outcome(again) == {"unchanged": 1}


def test_a_blank_that_only_unicode_knows_is_a_missing_key(desk: Desk) -> None:
    assert rules(desk.imports("patients", f"{PATIENTS}\nLFM,\u3000\u200b,Osei,Ama,1940-02-01\n")) == [(2, "mrn", "required")]


def test_one_entry_padded_in_two_ways_is_one_entry(desk: Desk) -> None:
    header = "external_id,client,mrn,staff,started_at,duration,program,description"
    rows = [(f"{key}", "LFM", "1", "rn", "2026-10-05T09:00", "20", "CCM", "call") for key in ("Z1 ", "Z1", "\u00a0Z1")]
    assert outcome(desk.imports("time", csv_text(header, *rows))) == {"new": 1, "unchanged": 2}
    assert desk.rows("time_entry", "external_id") == [("Z1",)]
