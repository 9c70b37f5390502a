"""Opens a published file, whatever it is wrapped in (ZIP, gzip, workbook, text), within bounds, as numbered lines of cells."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from caretally.cms.reference_files import DamagedReferenceFile
from caretally.imports.limits import LIMITS, MEGABYTE, Limits
from caretally.imports.workbook_rows import read_workbook

# The largest published file, a quarter of the pair edits, is 25 MB zipped and 90 MB as text; its workbook has 700,000 rows.
BOUNDS = Limits(file_bytes=200 * MEGABYTE, unzipped_bytes=512 * MEGABYTE, rows=1_000_000, columns=100, cell_bytes=LIMITS.cell_bytes)
MOST_MEMBERS = 200
# In the order of preference: where one table is published in several ways, the first of them.
ENDINGS = (".csv", ".txt", ".xlsx")
WORKBOOK_PART = "[Content_Types].xml"

Line = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One published file: its name, the SHA-256 of its bytes as given (hex), and the text or workbook found in it.

    `member` is the part of a ZIP that was read, else empty.
    """

    name: str
    sha256: str
    member: str
    content: bytes

    @property
    def shown(self) -> str:
        """Return the name with the part that was read, for messages."""
        return f"{self.name} ({self.member})" if self.member else self.name

    def damaged(self, line: int, reason: str) -> DamagedReferenceFile:
        """Return what to raise for a line of this file."""
        return DamagedReferenceFile(self.shown, line, reason)

    def lines(self) -> Iterator[Line]:
        """Yield the lines with their numbers as cells without blanks at their edges: a workbook's first sheet, else text between tabs or commas."""
        if self.content.startswith(b"PK"):
            return ((number, [cell.strip() for cell in cells]) for number, cells in self._sheet())
        return ((number, [cell.strip() for cell in cells]) for number, cells in self._table())

    def text_lines(self) -> Iterator[tuple[int, str]]:
        """Yield the lines of a text file with their numbers, without their ends."""
        if self.content.startswith(b"PK"):
            raise self.damaged(1, "it is a workbook; give the text file that is published beside it")
        return enumerate(self.text().splitlines(), start=1)

    def text(self) -> str:
        """Return the file as text: UTF-8, else Windows-1252 as CMS writes it."""
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
        try:
            return self.content.decode("cp1252")
        except UnicodeDecodeError as fault:
            raise self.damaged(self.content.count(b"\n", 0, fault.start) + 1, "its bytes are neither UTF-8 nor Windows-1252") from None

    def _sheet(self) -> Iterator[Line]:
        table = read_workbook(self.content, name=self.name, limits=BOUNDS)
        for fault_line, faults in sorted(table.faults.items()):
            raise self.damaged(fault_line, faults[0].sentence)
        yield from table.lines

    def _table(self) -> Iterator[Line]:
        text = self.text()
        csv.field_size_limit(MEGABYTE)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if _tabs(text) else ",", strict=True)
        try:
            for cells in reader:
                yield reader.line_num, cells
        except csv.Error as fault:
            raise self.damaged(reader.line_num, f"it is not well-formed CSV ({fault}), as when the end of the file is missing") from None


def _tabs(text: str) -> bool:
    head = text[:65_536]
    return head.count("\t") > head.count(",")


def open_published(path: Path, *, fitting: str) -> PublishedFile:
    """Return what a published file holds; of a ZIP, the one part whose name fits the pattern `fitting` (regular expression, case aside).

    Raises `DamagedReferenceFile` when it cannot be read, is larger than the bounds, or has no such part or several.
    """
    data = _bytes_of(path)
    sha256 = hashlib.sha256(data).hexdigest()
    if data.startswith(b"\x1f\x8b"):
        return PublishedFile(path.name, sha256, "", _unzipped(path.name, data))
    if data.startswith(b"PK") and not _is_workbook(path.name, data):
        member, content = _member(path.name, data, fitting)
        return PublishedFile(path.name, sha256, member, content)
    return PublishedFile(path.name, sha256, "", data)


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(BOUNDS.file_bytes + 1)
    except OSError as fault:
        raise DamagedReferenceFile(
            path.resolve().name, 0, f"it cannot be read ({(fault.strerror or 'the system refused').lower()})"
        ) from None
    if not data:
        raise DamagedReferenceFile(path.name, 0, "it is empty")
    if len(data) > BOUNDS.file_bytes:
        raise DamagedReferenceFile(path.name, 0, f"it is larger than {BOUNDS.file_bytes // MEGABYTE} MB")
    return data


def _unzipped(name: str, data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _bounded(name, stream)
    except (OSError, EOFError, zlib.error) as fault:
        raise DamagedReferenceFile(name, 0, f"its bytes are damaged ({fault})") from None


def _bounded(name: str, stream: IO[bytes] | gzip.GzipFile) -> bytes:
    content = stream.read(BOUNDS.unzipped_bytes + 1)
    if len(content) > BOUNDS.unzipped_bytes:
        raise DamagedReferenceFile(name, 0, f"it unzips to more than {BOUNDS.unzipped_bytes // MEGABYTE} MB")
    return content


def _is_workbook(name: str, data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return WORKBOOK_PART in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as fault:
        raise DamagedReferenceFile(name, 0, f"its bytes are damaged ({fault})") from None


def _member(name: str, data: bytes, fitting: str) -> tuple[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_MEMBERS:
            raise DamagedReferenceFile(name, 0, f"it has more than {MOST_MEMBERS} parts")
        part = _chosen(name, parts, fitting)
        if part.flag_bits & 1:
            raise DamagedReferenceFile(name, 0, f"its part {part.filename} is protected by a password")
        try:
            with archive.open(part) as stream:
                return part.filename, _bounded(name, stream)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError) as fault:
            raise DamagedReferenceFile(name, 0, f"its part {part.filename} is damaged ({fault})") from None


def _chosen(name: str, parts: list[zipfile.ZipInfo], fitting: str) -> zipfile.ZipInfo:
    found = [part for part in parts if re.search(fitting, Path(part.filename).name, re.IGNORECASE) and _ending(part) in ENDINGS]
    by_stem: dict[str, zipfile.ZipInfo] = {}
    for part in sorted(found, key=lambda part: ENDINGS.index(_ending(part))):
        by_stem.setdefault(part.filename.rsplit(".", 1)[0].lower(), part)
    if len(by_stem) == 1:
        return next(iter(by_stem.values()))
    listed = ", ".join(sorted(part.filename for part in by_stem.values())) or "none"
    raise DamagedReferenceFile(
        name, 0, f"one of its parts must be the file to load, and these could be: {listed}; unzip it and name the file"
    )


def _ending(part: zipfile.ZipInfo) -> str:
    return Path(part.filename).suffix.lower()
