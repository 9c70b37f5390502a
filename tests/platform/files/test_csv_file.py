"""Tables as CSV."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from caretally.files.csv_file import csv_bytes


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def test_a_negative_number_stays_a_number_and_the_same_text_does_not() -> None:
    assert read(csv_bytes(["a", "b"], [[Decimal("-5.00"), "-5.00"]]))[1] == ["-5.00", "'-5.00"]


def test_dates_are_iso_and_nothing_is_empty() -> None:
    assert read(csv_bytes(["a", "b"], [[date(2026, 10, 1), None]]))[1] == ["2026-10-01", ""]


def test_quotes_commas_and_line_ends_stay_in_their_cell() -> None:
    assert read(csv_bytes(["a", "b"], [['x","=1', "one\r\ntwo"]]))[1] == ['x","=1', "one two"]


def test_a_name_in_any_script_comes_back_as_it_was() -> None:
    assert read(csv_bytes(["name"], [["王, 小明"], ["حداد, ليلى"]])) == [["name"], ["王, 小明"], ["حداد, ليلى"]]


def test_a_row_that_does_not_fit_the_headers_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cells under 1 headers"):
        csv_bytes(["a"], [["x", "y"]])
