"""Files that are refused as a whole: one sentence that says what, where and what to do, and never what stands in a cell."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from caretally.imports import refusals
from caretally.imports.limits import LIMITS
from caretally.imports.parsing import parse_file
from tests.builders.spreadsheets import SHEET, archive, parts_of, read, with_sheet, workbook

BOOK = workbook([["mrn"], ["1"]])
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
REFUSED: dict[str, tuple[bytes, type[refusals.FileRefused], str]] = {
    "blank lines only": (b"\n , ,\n\n", refusals.FileEmpty, "is empty"),
    "a workbook without cells": (workbook([]), refusals.FileEmpty, "is empty"),
    "PDF": (b"%PDF-1.7\n", refusals.NotASpreadsheet, "a PDF document"),
    "gzip": (b"\x1f\x8b\x08\0\0", refusals.NotASpreadsheet, "a gzip archive"),
    "a page that calls itself .xls": (b"\xef\xbb\xbf<html><table><tr>", refusals.NotASpreadsheet, "a web page"),
    "binary": (bytes(range(256)) * 9, refusals.NotASpreadsheet, "binary data"),
    "a ZIP archive": (archive({"rows.csv": "mrn\n1\n"}), refusals.NotASpreadsheet, "a ZIP archive"),
    "a Word document": (archive({"[Content_Types].xml": "", "word/document.xml": ""}), refusals.NotASpreadsheet, "a Word document"),
    "an OpenDocument sheet": (archive({"mimetype": "x", "content.xml": ""}), refusals.NotASpreadsheet, "an OpenDocument file"),
    "Excel before 2007": (COMPOUND + "Workbook".encode("utf-16-le"), refusals.OldExcel, "before 2007"),
    "a password": (COMPOUND + "EncryptedPackage".encode("utf-16-le"), refusals.PasswordProtected, "password"),
    "a cut workbook": (BOOK[: len(BOOK) // 2], refusals.DamagedWorkbook, "is damaged"),
    "a workbook of rubbish": (archive({"[Content_Types].xml": "<", "xl/workbook.xml": "<"}), refusals.DamagedWorkbook, "is damaged"),
    "a part above the archive": (archive({**parts_of(BOOK), "../evil.xml": ""}), refusals.SuspiciousArchive, "points outside"),
    "a part with a root": (archive({**parts_of(BOOK), "/etc/passwd": ""}), refusals.SuspiciousArchive, "points outside"),
    "UTF-8, then not": (
        "mrn,name\n1,Muñoz\n".encode() + "2,Peña\n".encode("cp1252"),
        refusals.EncodingUnclear,
        "Line 3 of rows.any is not valid text (UTF-8, as on line 2, and another encoding are mixed)",
    ),
    "not UTF-8, then so": (
        "mrn,name\n1,Muñoz\n".encode("cp1252") + "2,Peña\n".encode(),
        refusals.EncodingUnclear,
        "Line 2 of rows.any is not valid text (UTF-8, as on line 3, and another encoding are mixed)",
    ),
    "no known encoding": (b"mrn,name\n1,a\n2,\x81\x8d\n", refusals.EncodingUnclear, "Line 3 of"),
    "half a letter of UTF-16": ("mrn,name\n".encode("utf-16") + b"x", refusals.EncodingUnclear, "begins as UTF-16"),
    "one header twice": (b"mrn,Family Name,family_name\n", refusals.DuplicateHeader, "the 2. and the 3."),
    "an open quote": (b'mrn,name\n1,a\n2,"b\n3,c\n', refusals.BrokenQuotes, "begins on line 3"),
    "a quote inside a quoted cell": (b'mrn,name\n1,"say "aah" please"\n', refusals.BrokenQuotes, "begins on line 2"),
    "a cell of 5 MB": (
        b'mrn,name\n1,a\n2,"b\nc"\n3,' + b"x" * 5_000_000 + b"\n4,d\n",
        refusals.CellTooLong,
        "Line 5 of rows.any holds more than 1024 KB in its 2. cell, “name”; shorten it",
    ),
    "a quote that swallows 5 MB and is closed by another": (
        b'mrn,name\n1,a\n2,"b\n' + b"3,c\n" * 1_250_000 + b'4,"\n',
        refusals.CellTooLong,
        "Line 3 of rows.any holds more than 1024 KB in its 2. cell, “name”; shorten it",
    ),
    "a header of a whole page": (
        b"mrn," + b"name" * 1000,
        refusals.HeaderTooLong,
        "The 2. header of rows.any is longer than 200 characters",
    ),
    "too many columns": (",".join(f"c{number}" for number in range(301)).encode(), refusals.TooManyColumns, "301 columns, more than 300"),
    "another delimiter below the header": (b"mrn,name\n" + b"1;a\n" * 1001, refusals.TooManyBrokenLines, "the first is line 2"),
}


def refusal(folder: Path, content: bytes, **limits: int) -> refusals.FileRefused:
    with pytest.raises(refusals.FileRefused) as caught:
        read(folder, content, name="rows.any", limits=replace(LIMITS, **limits))
    return caught.value


@pytest.mark.parametrize(("content", "kind", "words"), REFUSED.values(), ids=list(REFUSED))
def test_it_is_refused_in_one_sentence(tmp_path: Path, content: bytes, kind: type[refusals.FileRefused], words: str) -> None:
    refused = refusal(tmp_path, content)
    assert type(refused) is kind
    assert words in refused.message
    assert "rows.any" in refused.message
    assert refused.message.endswith(".")


def test_a_refused_file_leaves_nothing_behind(tmp_path: Path) -> None:
    refusal(tmp_path, b'mrn,name\n1,a\n2,"b\n')
    assert [path.name for path in tmp_path.iterdir()] == ["rows.any"]


def test_no_refusal_quotes_a_cell(tmp_path: Path) -> None:
    assert "SECRET" not in refusal(tmp_path, b'mrn,name\n1,SECRET\n2,"SECRET"SECRET\n').message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(refusals.FileMissing, match=r"There is no file .*nowhere\.csv; check"):
        parse_file(tmp_path / "nowhere.csv", scratch=tmp_path)


@pytest.mark.parametrize("name", ["under/a/file", "nul\0byte"])
def test_a_name_that_no_file_can_have_is_a_missing_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "under").write_text("x")
    with pytest.raises(refusals.FileMissing):
        parse_file(tmp_path / name, scratch=tmp_path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(refusals.NotAFile, match="is a folder, not a file"):
        parse_file(tmp_path, scratch=tmp_path)


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(refusals.NotAFile, match="is a pipe or a device"):
        parse_file(tmp_path / "pipe", scratch=tmp_path)


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    assert type(refusal(tmp_path, b"")) is refusals.FileEmpty


def test_a_name_too_long_for_the_system_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(refusals.FileUnreadable, match="cannot be opened: file name too long"):
        parse_file(tmp_path / ("x" * 300), scratch=tmp_path)


def test_a_file_of_too_many_bytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "large.csv").open("wb") as stream:
        stream.truncate(LIMITS.file_bytes + 1)  # a hole: it takes no room
    with pytest.raises(refusals.FileTooBig, match="larger than 100 MB; split it"):
        parse_file(tmp_path / "large.csv", scratch=tmp_path)


def test_as_many_rows_as_allowed_are_read_and_one_more_is_refused(tmp_path: Path) -> None:
    rows = [["mrn"], ["1"], ["2"]]
    assert len(read(tmp_path, b"mrn\n1\n\n2\n", limits=replace(LIMITS, rows=2)).rows) == 2
    assert len(read(tmp_path, workbook(rows), limits=replace(LIMITS, rows=2)).rows) == 2
    assert type(refusal(tmp_path, b"mrn\n1\n\n2\n3\n", rows=2)) is refusals.TooManyRows
    assert type(refusal(tmp_path, workbook([*rows, ["3"]]), rows=2)) is refusals.TooManyRows


def test_a_workbook_that_unzips_to_a_hundred_times_its_size_is_refused(tmp_path: Path) -> None:
    bomb = archive({**parts_of(BOOK), SHEET: b" " * 40_000_000})
    assert "more than 100 times its size" in refusal(tmp_path, bomb).message


def test_a_workbook_that_unzips_to_too_many_bytes_is_refused_whatever_its_ratio(tmp_path: Path) -> None:
    assert type(refusal(tmp_path, with_sheet(" " * 200_000), unzipped_bytes=100_000)) is refusals.UnzipsTooBig


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    honest = archive({**parts_of(BOOK), SHEET: b" " * 40_000_000})
    lying = honest.replace((40_000_000).to_bytes(4, "little"), (4_000).to_bytes(4, "little"))
    assert lying != honest
    assert type(refusal(tmp_path, lying)) is refusals.UnzipsTooBig


def test_a_workbook_of_thousands_of_parts_is_refused(tmp_path: Path) -> None:
    many = archive({**parts_of(BOOK), **{f"xl/part{number}.xml": "" for number in range(2001)}})
    assert type(refusal(tmp_path, many)) is refusals.SuspiciousArchive


def test_every_refusal_has_its_own_code_and_can_be_found_by_it() -> None:
    kinds = [kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, refusals.FileRefused)]
    assert set(refusals.REFUSALS.values()) == set(kinds) - {refusals.FileRefused}
    assert all(kind.code == code for code, kind in refusals.REFUSALS.items())
