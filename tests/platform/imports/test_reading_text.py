"""Delimited text in every encoding, delimiter and shape that a practice's programs write."""

import csv
import hashlib
import io
import json
from pathlib import Path

import pytest

from caretally.imports.copying import write_copy_file
from caretally.imports.limits import LIMITS
from caretally.imports.parsing import parse_file
from caretally.imports.tables import EDGES
from caretally.imports.text_rows import read_text
from tests.builders.spreadsheets import read, workbook

NAMES = "mrn,family_name\n1,Muñoz\n2,Žižek\n"
ENCODINGS = {"utf-8": b"", "utf-8-sig": b"", "utf-16": b"", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff", "utf-32": b""}
NAUGHTY = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    '"',
    '""',
    "\\.",
    "\\N",
    "\\",
    "null",
    "NULL",
    "'",
    "a,b",
    "a\nb",
    "a\r\nb",
    "\\.\n\\.",
    " edge ",
    "👩‍⚕️",
    "\u202eabc",
    "ﷺ",
]
LISTED = json.loads((Path(__file__).parents[2] / "data" / "blns.json").read_text(encoding="utf-8"))


def csv_bytes(*rows: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize(("encoding", "mark"), ENCODINGS.items(), ids=list(ENCODINGS))
def test_letters_survive_every_unicode_encoding(tmp_path: Path, encoding: str, mark: bytes) -> None:
    reading = read(tmp_path, mark + NAMES.encode(encoding))
    assert (reading.headers, reading.rows, reading.problems) == (["mrn", "family_name"], {2: ["1", "Muñoz"], 3: ["2", "Žižek"]}, ())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_recognised(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path, NAMES.encode(encoding)).rows[2] == ["1", "Muñoz"]


def test_windows_1252_is_read_and_said_with_the_first_word_it_matters_for(tmp_path: Path) -> None:
    reading = read(tmp_path, "mrn,family_name\n1,Smith\n2,Muñoz\n".encode("cp1252"))
    assert reading.rows[3] == ["2", "Muñoz"]
    assert reading.warned == ["encoding"]
    assert "Windows-1252: line 3 then says “Muñoz”" in reading.problems[0].sentence


def test_names_that_were_garbled_before_are_pointed_out(tmp_path: Path) -> None:
    assert read(tmp_path, "mrn,family_name\n1,MuÃ±oz\n").warned == ["garbled"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    reading = read(tmp_path, f"mrn{delimiter}name{delimiter}on\n1{delimiter}a{delimiter}b\n")
    assert (reading.headers, reading.rows) == (["mrn", "name", "on"], {2: ["1", "a", "b"]})


def test_a_delimiter_inside_quotes_of_the_header_does_not_count(tmp_path: Path) -> None:
    assert read(tmp_path, '"a,b,c,d";mrn\n1;2\n').headers == ["a,b,c,d", "mrn"]


def test_the_separator_line_of_excel_is_obeyed_and_counts_as_a_line(tmp_path: Path) -> None:
    assert read(tmp_path, "sep=;\nmrn;a,b,c\n1;2\n").rows == {3: ["1", "2"]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_one(tmp_path: Path, end: str) -> None:
    assert read(tmp_path, f"mrn,name{end}1,a{end}2,b{end}").rows == {2: ["1", "a"], 3: ["2", "b"]}


def test_lines_keep_the_numbers_of_an_editor_after_quoted_line_breaks_and_blank_lines(tmp_path: Path) -> None:
    text = 'mrn,note\n1,"one\ntwo\nthree"\n\n2,plain\n,\n  , \n3,"x\r\ny"\n4,end\n'
    assert list(read(tmp_path, text).rows) == [2, 6, 9, 11]


def test_a_file_of_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert (read(tmp_path, "mrn,name\n").rows, read(tmp_path, "mrn,name").rows) == ({}, {})


def test_blank_cells_at_the_end_of_header_and_rows_are_nobodys(tmp_path: Path) -> None:
    reading = read(tmp_path, "mrn,name,,\n1,a,,\n2,b\n3,c,\n")
    assert (reading.headers, reading.broken) == (["mrn", "name"], [])
    assert reading.rows == {2: ["1", "a"], 3: ["2", "b"], 4: ["3", "c"]}


def test_blank_lines_before_the_header_are_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, "\n,,\nmrn,name\n1,a\n").rows == {4: ["1", "a"]}


def test_ragged_rows_are_named_and_the_others_kept(tmp_path: Path) -> None:
    reading = read(tmp_path, "mrn,name,on\n1,a\n2,b,c\n3,a,b,c\n")
    assert reading.broken == [(2, "", "ragged"), (4, "", "ragged")]
    assert reading.rows[3] == ["2", "b", "c"]
    assert "2 cells under 3 headers" in reading.problems[0].sentence


def test_a_nul_is_named_by_line_and_column(tmp_path: Path) -> None:
    reading = read(tmp_path, b"mrn,name\n1,a\0b\n2,c\n")
    assert reading.broken == [(2, "name", "nul")]
    assert reading.problems[0].value == "a␀b"


def test_a_cell_of_more_than_32_kb_is_named_and_shown_short(tmp_path: Path) -> None:
    reading = read(tmp_path, f"mrn,name\n1,{'é' * 16384}\n2,{'é' * 16385}\n")
    assert reading.broken == [(3, "name", "cell_too_long")]
    assert len(reading.problems[0].value) == 80
    assert reading.problems[0].sentence == "The cell holds more than 32 KB; shorten it, or close a quote that stands open in it."


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#NAME?"])
def test_an_error_that_excel_wrote_into_a_csv_is_named(tmp_path: Path, error: str) -> None:
    assert read(tmp_path, f"mrn,name\n1,{error}\n2,# 5 {error}\n").broken == [(2, "name", "formula_error")]


@pytest.mark.parametrize("text", [*NAUGHTY, *(text for text in LISTED if text.strip() and "\0" not in text)])
def test_no_string_changes_on_its_way_through_the_parser(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out.csv"
    write_copy_file(read_text(csv_bytes(["mrn", "name"], ["1", text]), name="x"), out, name="x", limits=LIMITS)
    assert list(csv.reader(io.StringIO(out.read_bytes().decode(), newline=""))) == [["2", "1", text.strip(EDGES)]]


@pytest.mark.parametrize("edge", [" ", "\t", "\n", "\u00a0", "\u2007", "\u3000", "\u200b", "\ufeff", "\u2060", " \u202f\u200d"], ids=ascii)
def test_blanks_at_the_edges_of_a_cell_are_nobodys_meaning(tmp_path: Path, edge: str) -> None:
    rows = [["mrn", "name"], [f"{edge}M1", f"Ama Osei{edge}"], [f"M 2{edge}", edge], [edge, edge]]
    for content in (csv_bytes(*rows), workbook(rows)):
        assert list(read(tmp_path, content).rows.values()) == [["M1", "Ama Osei"], ["M 2", ""]]


def test_of_a_cell_only_the_edges_are_trimmed(tmp_path: Path) -> None:
    reading = read(tmp_path, csv_bytes(["mrn", "name"], ["\u00a0M  1\u200b", " Ama\u00a0Osei "], ["\u3000", "x"]))
    assert list(reading.rows.values()) == [["M  1", "Ama\u00a0Osei"], ["", "x"]]


def test_the_text_of_a_formula_stays_text(tmp_path: Path) -> None:
    assert read(tmp_path, 'mrn,name\n1,"=HYPERLINK(""http://x"")"\n').rows == {2: ["1", '=HYPERLINK("http://x")']}


def test_headers_are_kept_as_written_but_for_blanks_and_controls(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff\ufeff MRN ,Family\tName,On  Date\n1,a,b\n").headers == ["MRN", "Family Name", "On Date"]


def test_the_digest_is_of_the_bytes_as_they_came(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(NAMES.encode("utf-16"))
    assert parse_file(path, scratch=tmp_path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_cell_that_seems_to_have_swallowed_lines_is_pointed_out(tmp_path: Path) -> None:
    reading = read(tmp_path, 'mrn,note,on\n1,"call,2026\n2,mail,2026\n3,visit",2026\n4,"meds: a, b\nand c",2026\n')
    assert (reading.warned, reading.problems[0].line, list(reading.rows)) == (["lines_swallowed"], 2, [2, 5])


def test_a_cell_of_a_workbook_has_swallowed_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, workbook([["mrn", "note"], ["1", "a, b, c\nd, e"]])).warned == []
