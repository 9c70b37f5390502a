"""Patients come in with names in any script and a Medicare number that can be one."""

from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk, outcome, rules

HEADER = "client,mrn,family_name,given_name,birth_date,mbi,state,qmb,died_on"


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def test_a_medicare_number_is_kept_without_its_dashes(desk: Desk) -> None:
    desk.imports("patients", f"{HEADER}\nLFM,8,Osei,Ama,1940-02-01,1eg4-te5-mk73,ny,YES,\n")
    assert desk.office.rows("SELECT mbi, state, qmb FROM patient WHERE mrn = '8'") == [("1EG4TE5MK73", "NY", True)]


def test_two_patients_with_one_medicare_number_are_a_warning_in_the_file(desk: Desk) -> None:
    body = f"{HEADER}\nLFM,8,Osei,Ama,1940-02-01,1EG4TE5MK73,,,\nLFM,9,Osei,Kofi,1940-02-01,1EG4-TE5-MK73,,,\n"
    result = desk.imports("patients", body)
    assert rules(result) == [(2, "mbi", "mbi_twice"), (3, "mbi", "mbi_twice")]
    assert (outcome(result), result.problems[0].sentence) == ({"new": 2}, "The patient 9 of this client carries the same Medicare number.")


def test_two_patients_with_one_medicare_number_are_a_warning_against_the_table(desk: Desk) -> None:
    desk.imports("patients", f"{HEADER}\nLFM,8,Osei,Ama,1940-02-01,1EG4TE5MK73,,,\n")
    assert rules(desk.imports("patients", f"{HEADER}\nLFM,9,Osei,Kofi,1940-02-01,1EG4TE5MK73,,,\n")) == [(2, "mbi", "mbi_twice")]


def test_one_medicare_number_at_two_clients_is_no_warning(desk: Desk) -> None:
    desk.imports("patients", f"{HEADER}\nLFM,8,Osei,Ama,1940-02-01,1EG4TE5MK73,,,\n")
    assert rules(desk.imports("patients", f"{HEADER}\nHIL,9,Osei,Ama,1940-02-01,1EG4TE5MK73,,,\n")) == []


@pytest.mark.parametrize(
    ("line", "column", "rule"),
    [
        ("LFM,8,Osei,Ama,1940-02-30,,,,", "birth_date", "date"),
        ("LFM,8,Osei,Ama,2040-02-03,,,,", "birth_date", "birth_date"),
        ("LFM,8,Osei,Ama,1940-02-03,1EG4TE5MK7,,,", "mbi", "mbi"),
        ("LFM,8,Osei,Ama,1940-02-03,,New York,,", "state", "state"),
        ("LFM,8,Osei,Ama,1940-02-03,,,perhaps,", "qmb", "yes_no"),
        ("LFM,8,Osei,Ama,1940-02-03,,,,1939-01-01", "died_on", "date_order"),
        ("ZZZ,8,Osei,Ama,1940-02-03,,,,", "client", "unknown_client"),
    ],
)
def test_a_patient_who_cannot_be_is_refused_by_name(desk: Desk, line: str, column: str, rule: str) -> None:
    assert rules(desk.imports("patients", f"{HEADER}\n{line}\n")) == [(2, column, rule)]


@pytest.mark.parametrize("written", ["2/1/1940", "02/01/1940", "1940-02-01"])
def test_a_date_is_iso_or_american(desk: Desk, written: str) -> None:
    desk.imports("patients", f"{HEADER}\nLFM,8,Osei,Ama,{written},,,,\n")
    assert desk.office.value("SELECT birth_date::text FROM patient WHERE mrn = '8'") == "1940-02-01"


@pytest.mark.parametrize(
    ("written", "taken"), [("2/29/1940", True), ("2/29/1941", False), ("1900-02-29", False), ("2000-02-29", True), ("4/31/1940", False)]
)
def test_a_leap_day_is_only_in_leap_years(desk: Desk, written: str, taken: bool) -> None:
    assert desk.imports("patients", f"{HEADER}\nLFM,8,Osei,Ama,{written},,,,\n").written is taken


def test_names_are_searchable_without_their_accents(desk: Desk) -> None:
    desk.imports("patients", f"{HEADER}\nLFM,8,O'Brien,Zoë,1940-02-01,,,,\nLFM,9,王,小明,1940-02-01,,,,\n")
    assert [row[0] for row in desk.office.rows("SELECT search_name FROM patient WHERE mrn IN ('8', '9') ORDER BY mrn")] == [
        "o brien zoe",
        "王 小明",
    ]
