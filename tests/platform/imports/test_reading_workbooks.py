"""XLSX workbooks: the first visible sheet, what its cells mean, and cells that show no value."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest

from caretally.imports.refusals import DamagedWorkbook
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


def test_a_number_with_more_digits_than_a_spreadsheet_keeps_is_refused(tmp_path: Path) -> None:
    reading = read(tmp_path, workbook([["mrn", "name"], [2026100512345678, "a"], [999999999999999, "b"]]))
    assert (reading.broken, reading.rows[3]) == ([(2, "mrn", "digits_lost")], ["999999999999999", "b"])


@pytest.mark.parametrize("number", ["1e999", "inf", "nan"])
def test_what_only_a_program_calls_a_number_is_read_as_it_stands(tmp_path: Path, number: str) -> None:
    reading = read(tmp_path, with_sheet(f'{HEADERS}<row r="2"><c r="A2"><v>{number}</v></c></row>'))
    assert reading.rows[2][0] in {"inf", "nan"}


HEADERS = '<row r="1"><c r="A1" t="str"><v>mrn</v></c><c r="B1" t="str"><v>price</v></c></row>'
ODD_ERRORS = {
    "a prefix": '<row r="2"><x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="B2" t="e"><x:v>#N/A</x:v></x:c></row>',
    "single quotes": "<row r='2'><c r='B2' t='e'><v>#N/A</v></c></row>",
}


@pytest.mark.parametrize("row", ODD_ERRORS.values(), ids=list(ODD_ERRORS))
def test_a_formula_that_failed_is_named_however_its_program_writes_xml(tmp_path: Path, row: str) -> None:
    assert read(tmp_path, with_sheet(HEADERS + row)).broken == [(2, "price", "formula_error")]


DAMAGED = {
    "two rows of one number": '<row r="2"><c r="A2"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>',
    "rows out of order": '<row r="5"><c r="A5"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>',
    "a failed formula without a place": '<row r="2"><c><v>1</v></c><c t="e"><v>#N/A</v></c></row>',
    "a formula without a place": '<row r="2"><c><v>1</v></c><c><f>2*19</f></c></row>',
}


@pytest.mark.parametrize("rows", DAMAGED.values(), ids=list(DAMAGED))
def test_a_sheet_in_which_a_row_or_an_error_would_be_lost_is_refused(tmp_path: Path, rows: str) -> None:
    with pytest.raises(DamagedWorkbook, match="is damaged"):
        read(tmp_path, with_sheet(HEADERS + rows))


def test_cells_without_places_are_read_in_their_order(tmp_path: Path) -> None:
    rows = '<row><c t="str"><v>mrn</v></c><c t="str"><v>price</v></c></row><row><c><v>1</v></c><c><v>38</v></c></row>'
    assert read(tmp_path, with_sheet(rows)).rows == {2: ["1", "38"]}
