"""`rules load` and `rules list` on the command line: what is loaded, refused and in force."""

from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.program import program
from tests.builders.published import csv_text, gpci_lines, mue_lines, rvu_lines, rvu_row, write

SAN_FRANCISCO = ["01112", "CA", "05", "SAN FRANCISCO", "1.100", "1.368", "0.484"]
FROM = ("--effective-from", "2026-07-01")


@pytest.fixture
def file(fresh_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound GPCI file, and the program pointed at a database of this test's own."""
    for name, value in fresh_database.environment(home=tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    return write(tmp_path / "GPCI2026.csv", csv_text(gpci_lines([SAN_FRANCISCO])))


def test_a_load_is_told_in_words(file: Path) -> None:
    said = program("rules", "load", "gpci", str(file), *FROM)
    assert said.code == 0
    first, second, third = said.out.splitlines()
    assert first == "gpci: GPCI2026.csv, 1 rows read, 1 kept; in force from 2026-07-01 to 2026-12-31."
    assert second == "1 new, 0 changed, 0 gone and none before."
    assert third.startswith("SHA-256 ") and len(third) == 8 + 64


def test_a_load_is_told_as_json(file: Path) -> None:
    loaded = program("rules", "load", "gpci", str(file), *FROM, "--json").json
    assert {key: loaded[key] for key in ("kind", "file", "effective_from", "effective_to", "rows_read", "new", "dry_run")} == {
        "kind": "gpci",
        "file": "GPCI2026.csv",
        "effective_from": "2026-07-01",
        "effective_to": "2026-12-31",
        "rows_read": 1,
        "new": 1,
        "dry_run": False,
    }


def test_what_is_in_force_is_listed(file: Path) -> None:
    program("rules", "load", "gpci", str(file), *FROM)
    rows = {(row["kind"], row["effective_from"]): row for row in program("rules", "list", "--json").json}
    assert (rows["gpci", "2026-07-01"]["file"], rows["rvu", "2024-01-01"]["effective_to"]) == ("GPCI2026.csv", "2024-12-31")
    assert "GPCI2026.csv" in program("rules", "list").out


def test_a_dry_run_says_that_nothing_was_written_and_nothing_is(file: Path) -> None:
    said = program("rules", "load", "gpci", str(file), *FROM, "--dry-run")
    assert (said.code, said.out.splitlines()[-1]) == (0, "Dry run: nothing was written.")
    assert [row for row in program("rules", "list", "--json").json if row["kind"] == "gpci"] == []


def test_a_damaged_file_is_1_and_names_file_line_and_reason(file: Path) -> None:
    write(file, csv_text(gpci_lines([SAN_FRANCISCO, SAN_FRANCISCO])))
    said = program("rules", "load", "gpci", str(file), *FROM)
    assert said.is_one_sentence(1, "Reference file GPCI2026.csv, line 5: duplicate key 01112-05. Nothing was loaded")
    assert [row for row in program("rules", "list", "--json").json if row["kind"] == "gpci"] == []


def test_the_same_file_again_is_3(file: Path) -> None:
    program("rules", "load", "gpci", str(file), *FROM)
    assert program("rules", "load", "gpci", str(file), *FROM).is_one_sentence(3, "is in force from 2026-07-01 already")


def test_the_file_of_the_other_participants_is_5(file: Path) -> None:
    write(file, csv_text(rvu_lines([rvu_row("99490", factor="33.5675")])))
    assert program("rules", "load", "rvu", str(file), *FROM).is_one_sentence(5, "load it with --qualifying-apm, or take the other file")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["gpci", "{file}"], "Missing option '--effective-from'"),
        (["gpci", "{file}", "--effective-from", "2026-02-30"], "'2026-02-30' does not match"),
        (["prices", "{file}", *FROM], "'prices' is not one of"),
        (["gpci", *FROM], "Missing argument 'FILE...'"),
        (["gpci", "{file}", "{file}", *FROM], "A load of gpci takes one file, not 2"),
        (["gpci", "{file}", *FROM, "--qualifying-apm"], "--qualifying-apm is for rvu alone"),
        (["ccir", "{file}", "--effective-from", "9999-12-31"], "cannot be in force from 9999-12-31; give a day of the years 1992 to"),
        (["mue", "{file}", "--effective-from", "0026-01-01"], "cannot be in force from 0026-01-01; give a day of the years 1992 to"),
    ],
)
def test_what_the_command_cannot_take_is_2(file: Path, words: list[str], sentence: str) -> None:
    assert program("rules", "load", *(word.format(file=file) for word in words)).is_one_sentence(2, sentence)


def test_a_file_that_is_not_there_is_1(file: Path) -> None:
    said = program("rules", "load", "gpci", str(file.with_name("gone.csv")), *FROM)
    assert said.is_one_sentence(1, "gone.csv: it cannot be read (no such file or directory)")


def test_a_login_that_may_not_act_as_the_owner_is_6(file: Path, fresh_database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = fresh_database.vendor_engine.url
    monkeypatch.setenv("CARETALLY_DATABASE_URL", vendor.render_as_string(hide_password=False))
    said = program("rules", "load", "gpci", str(file), *FROM)
    assert said.is_one_sentence(6, "permission denied")


def test_the_units_of_practitioners_are_loaded_too(file: Path) -> None:
    write(file, csv_text(mue_lines([["99490", "1", "2 Date of Service Edit: Policy", "x"]])))
    said = program("rules", "load", "mue", str(file), *FROM)
    assert (said.code, said.out.splitlines()[0]) == (
        0,
        "mue: GPCI2026.csv, 1 rows read, 1 kept; in force from 2026-07-01 until the next one.",
    )
