"""XLSX workbooks: the first visible sheet, what its cells mean, and cells that show no value."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest

from tests.builders.spreadsheets import Formula, read, with_sheet, workbook

TEXTS = [
    ("1234567893", "1234567893"),
    (1234567893, "1234567893"),
    (38, "38"),
    (38.1, "38.1"),
    (30.1 + 8, "38.1"),
    (0.00001, "0.00001"),
    (-5, "-5"),
    (True, "true"),
    (False, "false"),
    (date(2026, 10, 31), "2026-10-31"),
    (datetime(2026, 10, 31, 9, 30), "2026-10-31T09:30:00"),  # noqa: DTZ001 - a spreadsheet knows no zones
    (time(9, 5), "9:05:00 AM"),
    (timedelta(minutes=20), "00:20:00"),
    (timedelta(hours=30, seconds=1), "1900-01-01T06:00:01"),
    (Formula("=A1*2", 40), "40"),
    (Formula('="a"&"b"', "ab"), "ab"),
    ("two\nlines", "two\nlines"),
    (" 007\u00a0", "007"),
    ("=not a formula", "=not a formula"),
]


@pytest.mark.parametrize(("cell", "text"), TEXTS, ids=[repr(text) + str(number) for number, (_, text) in enumerate(TEXTS)])
def test_a_cell_becomes_the_text_a_person_would_type(tmp_path: Path, cell: object, text: str) -> None:
    written = Formula(f'="{cell[1:]}"', cell) if isinstance(cell, str) and cell.startswith("=") else cell
    assert read(tmp_path, workbook([["mrn", "value"], ["1", written]])).rows == {2: ["1", text]}


def test_a_moment_that_excel_keeps_a_microsecond_short_is_whole(tmp_path: Path) -> None:
    moments = [datetime(2026, 10, 31, hour, minute, 1) for hour in range(24) for minute in range(0, 60, 7)]  # noqa: DTZ001
    reading = read(tmp_path, workbook([["mrn", "at"], *(["1", moment] for moment in moments)]))
    assert [cells[1] for cells in reading.rows.values()] == [moment.isoformat() for moment in moments]


def test_rows_keep_the_numbers_of_the_sheet_wherever_the_table_stands(tmp_path: Path) -> None:
    reading = read(tmp_path, workbook([["mrn", "name"], ["1", "a"], [], ["2", "b"]], top=4, left=3))
    assert (reading.headers, reading.rows) == (["mrn", "name"], {6: ["1", "a"], 8: ["2", "b"]})


def test_the_first_visible_sheet_is_read_and_the_others_are_mentioned(tmp_path: Path) -> None:
    reading = read(tmp_path, workbook([["mrn"], ["1"]], hidden="Lists", others=["November", "December"]))
    assert (reading.rows, reading.warned) == ({2: ["1"]}, ["other_sheets"])
    assert reading.problems[0].sentence == "Only the first sheet “Table” was read, 2 more were not."


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    assert read(tmp_path, workbook([["mrn"], ["1"]]), name="rows.csv").rows == {2: ["1"]}
    assert read(tmp_path, "mrn\n1\n", name="rows.xlsx").rows == {2: ["1"]}


def test_a_formula_that_failed_is_named_though_readers_see_a_blank(tmp_path: Path) -> None:
    reading = read(tmp_path, workbook([["mrn", "price"], ["1", Formula("=1/0", "#DIV/0!")], ["2", 38]], top=1, left=1))
    assert reading.broken == [(3, "price", "formula_error")]
    assert reading.problems[0].sentence == "The formula of C3 failed with #DIV/0!; write its value."
    assert list(reading.rows) == [3, 4]


def test_a_formula_that_no_program_computed_is_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["mrn", "price"], ["1", "=2*19"], ["2", 38]):
        book.active.append(row)
    book.save(tmp_path / "made.xlsx")
    reading = read(tmp_path, (tmp_path / "made.xlsx").read_bytes())
    assert reading.broken == [(2, "price", "formula_without_value")]


def test_a_formula_whose_value_is_an_empty_text_is_a_blank_cell(tmp_path: Path) -> None:
    xml = (
        '<row r="1"><c r="A1" t="str"><v>mrn</v></c><c r="B1" t="str"><v>name</v></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
    )
    reading = read(tmp_path, with_sheet(xml))
    assert (reading.rows, reading.broken) == ({2: ["1", ""]}, [])


def test_an_error_outside_of_the_table_and_in_another_sheet_hurts_nobody(tmp_path: Path) -> None:
    assert read(tmp_path, workbook([["mrn", "name"], ["1", "a", "", Formula("=1/0", "#DIV/0!")]])).broken == []


def test_cells_beyond_the_headers_are_named(tmp_path: Path) -> None:
    assert read(tmp_path, workbook([["mrn", "name"], ["1", "a", "stray"], ["2", "b"]])).broken == [(2, "", "ragged")]
