"""Reads delimited text: which encoding, which delimiter, and the rows with the line each begins on."""

import csv
import io
import re
from collections.abc import Iterator

from caretally.imports.refusals import BrokenQuotes, EncodingUnclear, FileEmpty
from caretally.imports.results import RowProblem
from caretally.imports.tables import EDGES, Line, RawTable, note

MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
FALLBACK = "cp1252"
DELIMITERS = ",;\t|"
# A letter of several bytes as UTF-8 writes it: in a file that is not UTF-8 as a whole it betrays a mixture of encodings.
UTF8_LETTER = re.compile(rb"[\xc3-\xdf][\x80-\xbf](?![\x80-\xbf])|[\xe1-\xef][\x80-\xbf]{2}")
# What UTF-8 looks like after somebody read it as Windows-1252 ("Ã±" for "ñ"), and the mark of a letter lost for good.
GARBLED = re.compile("[ÃÂ][\u00a0-\u00bf]|â€|\ufffd")
EXCEL_SEPARATOR = re.compile(r"sep=([,;|\t])\s*\Z", re.IGNORECASE)


def read_text(data: bytes, *, name: str) -> RawTable:
    """Return the rows of delimited text. Raises `EncodingUnclear`, `FileEmpty` or, while its lines are read, `BrokenQuotes`."""
    encoding, text_notes = find_encoding(data, name=name)
    # Reaching this limit would look like broken quotes; it is `copying` that names a cell which is too long.
    csv.field_size_limit(max(csv.field_size_limit(), len(data)))
    delimiter, skipped = find_delimiter(_stream(data, encoding), name=name)
    stream = _stream(data, encoding)
    for _ in range(skipped):
        stream.readline()
    return RawTable(_lines(stream, delimiter=delimiter, skipped=skipped, name=name), text_notes, delimiter=delimiter)


def find_encoding(data: bytes, *, name: str) -> tuple[str, tuple[RowProblem, ...]]:
    """Return the codec of `data` and a warning unless it is certain. Raises `EncodingUnclear` rather than guess letters wrongly."""
    encoding = next((codec for mark, codec in MARKS if data.startswith(mark)), None) or _unmarked_utf16(data) or "utf-8"
    if encoding == "utf-8" and data.isascii():
        return encoding, ()
    try:
        return encoding, _garbled(data.decode(encoding))
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise EncodingUnclear(name=name, line=_line_of(data, error.start), why=f"it begins as {encoding.upper()}") from None
        wrong = _line_of(data, error.start)
    return _windows_1252(data, name=name, wrong=wrong)


def _windows_1252(data: bytes, *, name: str, wrong: int) -> tuple[str, tuple[RowProblem, ...]]:
    """Return the codec and its warning; `wrong` is the first line that is not UTF-8."""
    mixed = UTF8_LETTER.search(data)
    if mixed:
        why = f"UTF-8, as on line {_line_of(data, mixed.start())}, and another encoding are mixed"
        raise EncodingUnclear(name=name, line=wrong, why=why)
    try:
        text = data.decode(FALLBACK)
    except UnicodeDecodeError as error:
        raise EncodingUnclear(name=name, line=_line_of(data, error.start), why="neither UTF-8 nor Windows-1252") from None
    first = next(place for place, letter in enumerate(text) if not letter.isascii())
    word = re.split(r"[\s,;|\"]", text[max(0, first - 30) : first])[-1] + re.split(r"[\s,;|\"]", text[first : first + 30])[0]
    line = text.count("\n", 0, first) + 1
    sentence = (
        f"The file is not UTF-8 and was read as Windows-1252: line {line} then says “{word}”; if that is wrong, save it as CSV UTF-8."
    )
    return FALLBACK, (note("Windows-1252", "encoding", sentence),)


def _unmarked_utf16(data: bytes) -> str | None:
    start = data[:512]
    even, odd, half = start[0::2].count(0), start[1::2].count(0), len(start) // 2
    if half >= 4 and odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if half >= 4 and even > half * 0.6 and odd < half * 0.1 else None


def _garbled(text: str) -> tuple[RowProblem, ...]:
    found = GARBLED.search(text)
    if not found:
        return ()
    line = text.count("\n", 0, found.start()) + 1
    return (
        note(
            found[0],
            "garbled",
            f"Line {line} holds “{found[0]}”, as when letters were garbled before this file was made; look at its names.",
        ),
    )


def _line_of(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1


def _stream(data: bytes, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="")


def find_delimiter(stream: io.TextIOWrapper, *, name: str) -> tuple[str, int]:
    """Return the delimiter, by the header or by Excel's own `sep=` line, and how many lines come before the table."""
    for number, line in enumerate(stream):
        said = EXCEL_SEPARATOR.match(line.strip("\r\n\ufeff "))
        if said:
            return said[1], number + 1
        if line.strip(EDGES + DELIMITERS + '"'):
            return max(DELIMITERS, key=lambda delimiter: _cells_in(line, delimiter)), 0
    raise FileEmpty(name=name)


def _cells_in(line: str, delimiter: str) -> int:
    return len(next(csv.reader([line], delimiter=delimiter)))


def _lines(stream: io.TextIOWrapper, *, delimiter: str, skipped: int, name: str) -> Iterator[Line]:
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    start = skipped + 1
    try:
        for cells in reader:
            yield start, cells
            start = skipped + reader.line_num + 1
    except csv.Error:
        raise BrokenQuotes(name=name, line=start) from None
