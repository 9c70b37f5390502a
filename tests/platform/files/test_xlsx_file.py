"""Workbooks as XLSX."""

import io
import time
import zipfile
from datetime import date
from decimal import Decimal

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from caretally.files.xlsx_file import Column, Sheet, xlsx_bytes

COLUMNS = (Column(header="text"), Column(header="money", kind="money"), Column(header="day", kind="date"))


def made(text: str = "x") -> bytes:
    rows = [(text, Decimal("8622.10"), date(2026, 10, 1))]
    return xlsx_bytes([Sheet(name="S", columns=COLUMNS, rows=rows, totals=("Total", Decimal("8622.10"), None))], title="T", author="A")


def sheet(content: bytes) -> Worksheet:
    page = load_workbook(io.BytesIO(content))["S"]
    assert isinstance(page, Worksheet)
    return page


def test_a_formula_arrives_as_guarded_text() -> None:
    cell = sheet(made('=HYPERLINK("x","y")'))["A2"]
    assert (cell.value, cell.data_type) == ('\'=HYPERLINK("x","y")', "s")


def test_an_address_is_no_link() -> None:
    assert "hyperlink" not in zipfile.ZipFile(io.BytesIO(made("https://example.org"))).read("xl/worksheets/sheet1.xml").decode()


def test_digits_in_a_text_column_stay_text() -> None:
    assert sheet(made("00123"))["A2"].value == "00123"


def test_money_is_a_number_with_its_exact_digits() -> None:
    assert ">8622.1" in zipfile.ZipFile(io.BytesIO(made())).read("xl/worksheets/sheet1.xml").decode()
    assert sheet(made())["B2"].number_format == "#,##0.00"


def test_dates_are_dates() -> None:
    assert sheet(made())["C2"].is_date


def test_the_header_is_frozen_and_printed_on_every_page() -> None:
    page = sheet(made())
    assert (page.freeze_panes, page.print_title_rows) == ("A2", "$1:$1")


def test_the_same_rows_are_the_same_bytes_a_second_later() -> None:
    first = made()
    time.sleep(1.1)
    assert made() == first
