"""Rows of text out of a CSV or XLSX file, within the limits; runs in the child process and imports nothing heavy."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from caretally.imports.limits import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, MAX_UNZIPPED_BYTES, MAX_UNZIPPED_RATIO

Row = tuple[int, list[str]]
ZIP_MAGIC = b"PK\x03\x04"
OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"
DELIMITERS = ",;\t|"
LONGEST_FIELD = 1024 * 1024


class Unreadable(Exception):
    """The file cannot be read as a table; the text is one sentence."""


def rows_of(path: Path) -> Iterator[Row]:
    """Yield line number and cells of every row that is not blank, the header first. Raises `Unreadable`."""
    content = _content(path)
    numbered = _xlsx_rows(path, content) if content.startswith(ZIP_MAGIC) else _csv_rows(content)
    for count, (line, cells) in enumerate(numbered):
        if count > MAX_ROWS:
            raise Unreadable(f"The file has more than {MAX_ROWS} rows; split it.")
        if len(cells) > MAX_COLUMNS:
            raise Unreadable(f"Line {line} has more than {MAX_COLUMNS} columns.")
        yield line, cells


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(f"The file is larger than {MAX_BYTES // 1024 // 1024} MB; split it.")
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"The file {path.name} cannot be read: {error.strerror}.") from error
    if not content.strip():
        raise Unreadable("The file is empty.")
    if content.startswith(OLD_EXCEL_MAGIC):
        raise Unreadable("This is an old or encrypted Excel file; save it as XLSX without a password, or as CSV.")
    return content


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise Unreadable("The file begins as UTF-16 but is not; save it as UTF-8.") from None
        text = _western(content)
    if "\0" in text:
        raise Unreadable("The file holds NUL characters, so it is not a text file; save it as CSV in UTF-8.")
    return text


def _western(content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        raise Unreadable("The file is neither UTF-8 nor Windows-1252; save it as CSV in UTF-8.") from None


def _csv_rows(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    csv.field_size_limit(LONGEST_FIELD)
    first = text.lstrip("\r\n").partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(f"The file is not well-formed CSV from line {line} on: {error}.") from error


def _xlsx_rows(path: Path, content: bytes) -> Iterator[Row]:
    _refuse_bombs(content)
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        first = (sheet.start or (0, 0))[0]
        for line, values in enumerate(sheet.iter_rows(), first + 1):
            cells = [cell_text(value) for value in values]
            if any(cells):
                yield line, cells
    except (CalamineError, ValueError, IndexError) as error:
        raise Unreadable(f"The file {path.name} is not a readable XLSX workbook; save it again, or as CSV.") from error


def _refuse_bombs(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unzipped = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise Unreadable("The file is a damaged ZIP, so not an XLSX workbook.") from error
    if unzipped > MAX_UNZIPPED_BYTES or unzipped > MAX_UNZIPPED_RATIO * len(content):
        raise Unreadable("The workbook unpacks to far more than its size; save its rows as CSV.")


def cell_text(value: object) -> str:
    """Return an XLSX cell as the text that a CSV file would hold: ISO dates and times, whole numbers without a point, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds")
    if isinstance(value, timedelta):
        seconds = value // timedelta(seconds=1)
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return value.isoformat() if isinstance(value, date | time) else str(value)
