"""A file with other headers goes in by a mapping, given as a file or saved under a name."""

import json
from pathlib import Path

import pytest

from caretally.app.import_kinds import IMPORT_KINDS
from caretally.errors import UsageMistake
from caretally.imports.mappings import normal_header, read_mapping, save_mapping
from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk, outcome, rules

MAPPING = {"Practice": "client", "Chart #": "mrn", "Last": "family_name", "First": "given_name", "DOB": "birth_date"}
FILE = "practice,CHART #,Last,First,DOB\nLFM,8,Osei,Ama,1940-02-01\n"
PATIENTS = IMPORT_KINDS["patients"]


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def test_a_mapping_names_the_column_of_each_header(desk: Desk) -> None:
    assert outcome(desk.imports("patients", FILE, mapping=MAPPING)) == {"new": 1}


def test_without_the_mapping_the_columns_are_missing(desk: Desk) -> None:
    assert (1, "mrn", "column_missing") in rules(desk.imports("patients", FILE))


def test_a_mapping_is_saved_under_a_name_and_replaced(desk: Desk) -> None:
    with desk.office.transaction() as connection:
        save_mapping(connection, PATIENTS, name="athena", mapping={"Practice": "client"})
        save_mapping(connection, PATIENTS, name="athena", mapping=MAPPING)
        assert read_mapping(connection, PATIENTS, "athena") == MAPPING


def test_a_mapping_belongs_to_one_kind(desk: Desk) -> None:
    with desk.office.transaction() as connection:
        save_mapping(connection, PATIENTS, name="athena", mapping=MAPPING)
        with pytest.raises(UsageMistake, match="There is no mapping “athena” for visits"):
            read_mapping(connection, IMPORT_KINDS["visits"], "athena")


def test_a_mapping_is_read_from_a_file(desk: Desk) -> None:
    path = desk.folder / "mapping.json"
    path.write_text(json.dumps(MAPPING), encoding="utf-8")
    with desk.office.transaction() as connection:
        assert read_mapping(connection, PATIENTS, str(path)) == {normal_header(header): column for header, column in MAPPING.items()}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "cannot be read as JSON"),
        ('["mrn"]', "must be a JSON object"),
        ('{"Chart": "chart"}', "names columns that patients do not have: chart"),
    ],
)
def test_a_mapping_that_is_none_is_refused_in_one_sentence(desk: Desk, content: str, sentence: str) -> None:
    path = desk.folder / "mapping.json"
    path.write_text(content, encoding="utf-8")
    with desk.office.transaction() as connection, pytest.raises(UsageMistake, match=sentence):
        read_mapping(connection, PATIENTS, str(path))


def test_blanks_in_a_mapping_and_around_its_name_mean_nothing(desk: Desk) -> None:
    path = desk.folder / "mapping.json"
    padded = {f"\u00a0{header}\u200b": f" {column}\u3000" for header, column in MAPPING.items()}
    path.write_text(f"\ufeff{json.dumps(padded)}", encoding="utf-8")
    with desk.office.transaction() as connection:
        save_mapping(connection, PATIENTS, name="\u00a0padded ", mapping=read_mapping(connection, PATIENTS, str(path)))
        assert outcome(desk.imports("patients", FILE, mapping=read_mapping(connection, PATIENTS, "padded\u200b"))) == {"new": 1}


@pytest.mark.parametrize("name", ["", " ", "\u00a0", "x" * 101], ids=ascii)
def test_a_mapping_is_not_saved_without_a_name_or_under_a_very_long_one(desk: Desk, name: str) -> None:
    with desk.office.transaction() as connection, pytest.raises(UsageMistake, match="needs a name of 1 to 100 characters"):
        save_mapping(connection, PATIENTS, name=name, mapping=MAPPING)


def test_a_mapping_that_gives_one_header_two_meanings_is_refused(desk: Desk) -> None:
    path = desk.folder / "mapping.json"
    path.write_text('{"Chart No": "mrn", "chart-no ": "client"}', encoding="utf-8")
    with desk.office.transaction() as connection, pytest.raises(UsageMistake, match="gives the header “chart_no” two meanings"):
        read_mapping(connection, PATIENTS, str(path))


def test_a_name_too_long_for_a_file_is_no_mapping(desk: Desk) -> None:
    with desk.office.transaction() as connection, pytest.raises(UsageMistake, match="There is no mapping “xxx"):
        read_mapping(connection, PATIENTS, "x" * 5000)


def test_a_mapping_of_megabytes_is_not_read(desk: Desk) -> None:
    path = desk.folder / "mapping.json"
    path.write_text(json.dumps({"x" * 1_000_000: "mrn"}), encoding="utf-8")
    with desk.office.transaction() as connection, pytest.raises(UsageMistake, match="cannot be read as JSON"):
        read_mapping(connection, PATIENTS, str(path))
