"""Looks into an XLSX archive before anything parses it: its parts, what they unzip to, and cells that show no value."""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

from caretally.imports.limits import MEGABYTE, Limits
from caretally.imports.refusals import DamagedWorkbook, NotASpreadsheet, PasswordProtected, SuspiciousArchive, UnzipsTooBig
from caretally.imports.tables import Fault

BLOCK = 1 << 20
LONGEST_CELL_XML = 1 << 13
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# Element and attribute as any program may write them: with or without a prefix, in either quotes.
CELL, FORMULA, CONTENT, QUOTE = r"<(?:\w+:)?c ", r"<(?:\w+:)?f", r"(?:\w+:)?v", "[\"']"
PLACED = rf"(?=[^>]*\br={QUOTE}([A-Z]+)([0-9]+){QUOTE})"
COMPUTED = rf"(?:{FORMULA}[^>]*/>|{FORMULA}[^>]*>[^<]*</(?:\w+:)?f>)"
ERROR = rf"(?=[^>]*\bt={QUOTE}e{QUOTE})"
# A cell that shows an error, and one with a formula that no program has computed; readers of values see both as blank.
FAILED = re.compile(rf"{CELL}{ERROR}{PLACED}[^>]*>{COMPUTED}?<{CONTENT}>([^<]*)</{CONTENT}>".encode())
UNCOMPUTED = re.compile(
    rf"{CELL}(?![^>]*\bt={QUOTE}str{QUOTE}){PLACED}[^>]*>\s*{COMPUTED}\s*(?:<{CONTENT}\s*/>|<{CONTENT}></{CONTENT}>)?\s*</(?:\w+:)?c>".encode()
)
# Neither could be told to a person where a cell does not say where it stands.
UNPLACED = re.compile(rf"{CELL.rstrip()}(?![^>]*\br=)(?:{ERROR}[^>]*>|[^>]*>\s*{FORMULA}\b)".encode())
ROW = re.compile(rf"<(?:\w+:)?row\b[^>]*?\br={QUOTE}([0-9]{{1,9}}){QUOTE}".encode())


@dataclass(frozen=True)
class Archive:
    """An archive that was looked at: its bytes and its parts by name."""

    data: bytes
    parts: dict[str, zipfile.ZipInfo]


def open_archive(data: bytes, *, name: str, limits: Limits) -> Archive:
    """Return the archive of a workbook. Raises `SuspiciousArchive`, `UnzipsTooBig`, `PasswordProtected`, `NotASpreadsheet`, `DamagedWorkbook`."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        raise DamagedWorkbook(name=name) from None
    _refuse_strange_parts(parts, name=name, limits=limits)
    found = Archive(data, {part.filename: part for part in parts})
    _refuse_bombs(found, name=name, limits=limits)
    if "[Content_Types].xml" not in found.parts or not any(part.startswith("xl/") for part in found.parts):
        what = (
            "an OpenDocument file"
            if "mimetype" in found.parts
            else "a Word document"
            if "word/document.xml" in found.parts
            else "a ZIP archive"
        )
        raise NotASpreadsheet(name=name, what=what)
    return found


def _refuse_strange_parts(parts: list[zipfile.ZipInfo], *, name: str, limits: Limits) -> None:
    if len(parts) > limits.zip_parts:
        raise SuspiciousArchive(name=name, why=f"{len(parts)} parts")
    if any(part.flag_bits & 1 for part in parts):
        raise PasswordProtected(name=name)
    for part in parts:
        path = part.orig_filename
        if path.startswith("/") or "\\" in path or "\0" in path or ":" in path or ".." in PurePosixPath(path).parts:
            raise SuspiciousArchive(name=name, why="a part points outside the archive")
    if len({part.filename for part in parts}) != len(parts):
        raise SuspiciousArchive(name=name, why="two parts of one name")


def _refuse_bombs(archive: Archive, *, name: str, limits: Limits) -> None:
    most = min(limits.unzipped_bytes, limits.unzipped_ratio * len(archive.data))
    words = f"{limits.unzipped_bytes // MEGABYTE} MB" if most == limits.unzipped_bytes else f"{limits.unzipped_ratio} times its size"
    if sum(part.file_size for part in archive.parts.values()) > most:
        raise UnzipsTooBig(name=name, limit=words)
    # What the directory declares may be a lie, so every part is unzipped once and counted, a block at a time.
    for part in archive.parts.values():
        size = 0
        for block in blocks_of(archive, part, name=name):
            size += len(block)
            if size > part.file_size:
                raise UnzipsTooBig(name=name, limit="it declares")


def blocks_of(archive: Archive, part: zipfile.ZipInfo, *, name: str) -> Iterator[bytes]:
    """Yield what a part unzips to, at most 1 MB at a time, whatever its declared size. Raises `DamagedWorkbook`."""
    try:
        packed = _packed(archive.data, part)
        if part.compress_type == zipfile.ZIP_STORED:
            yield from (bytes(packed[place : place + BLOCK]) for place in range(0, len(packed), BLOCK))
            return
        if part.compress_type != zipfile.ZIP_DEFLATED:
            raise DamagedWorkbook(name=name)
        inflater, rest = zlib.decompressobj(-zlib.MAX_WBITS), bytes(packed)
        while rest and not inflater.eof:
            yield inflater.decompress(rest, BLOCK)
            rest = inflater.unconsumed_tail
    except (struct.error, zlib.error):
        raise DamagedWorkbook(name=name) from None


def _packed(data: bytes, part: zipfile.ZipInfo) -> memoryview:
    header = LOCAL_HEADER.unpack_from(data, part.header_offset)
    start = part.header_offset + LOCAL_HEADER.size + header[9] + header[10]
    return memoryview(data)[start : start + part.compress_size]


def sheet_part(archive: Archive, sheet: str, *, name: str) -> zipfile.ZipInfo | None:
    """Return the part that holds a sheet, or None where the archive does not say."""
    book = elements_of(archive, archive.parts.get("xl/workbook.xml"), name=name)
    wanted = next((element.get(RELATION) for element in book if element.tag.endswith("}sheet") and element.get("name") == sheet), None)
    return _related(archive, lambda relation: relation.get("Id") == wanted, name=name) if wanted else None


def related_part(archive: Archive, kind: str, *, name: str) -> zipfile.ZipInfo | None:
    """Return the part of a kind (`styles`) that belongs to the workbook, or None where there is none."""
    return _related(archive, lambda relation: relation.get("Type", "").endswith(f"/{kind}"), name=name)


def _related(archive: Archive, is_it: Callable[[ET.Element], bool], *, name: str) -> zipfile.ZipInfo | None:
    relations = elements_of(archive, archive.parts.get("xl/_rels/workbook.xml.rels"), name=name)
    target = next((relation.get("Target", "") for relation in relations if is_it(relation)), "")
    return archive.parts.get(target.lstrip("/") if target.startswith("/") else f"xl/{target}")


def elements_of(archive: Archive, part: zipfile.ZipInfo | None, *, name: str) -> list[ET.Element]:
    """Return the elements of a small part of XML, none where it is absent or broken. Raises `DamagedWorkbook`."""
    try:
        # Expat refuses entity bombs, and memory has a ceiling.
        return list(ET.fromstring(b"".join(blocks_of(archive, part, name=name))).iter()) if part else []  # noqa: S314
    except ET.ParseError:
        return []


def faults_of(archive: Archive, part: zipfile.ZipInfo, *, name: str, most: int) -> dict[int, list[Fault]]:
    """Return the cells of a sheet that show an error or a formula nobody computed, by row and column (A is 0); about `most` of them.

    Raises `DamagedWorkbook` for a sheet in which one row would hide another, or such a cell does not say where it stands.
    """
    found: dict[int, dict[int, Fault]] = {}
    carried, last_row = b"", 0
    for block in blocks_of(archive, part, name=name):
        xml = carried + block
        last_row = _last_row(xml, seen=len(carried), before=last_row, name=name)
        if UNPLACED.search(xml):
            raise DamagedWorkbook(name=name)
        for row, fault in _faults_in(xml):
            if len(found) <= most:
                found.setdefault(row, {})[fault.column] = fault
        carried = xml[-LONGEST_CELL_XML:]
    return {row: list(faults.values()) for row, faults in found.items()}


def _last_row(xml: bytes, *, seen: int, before: int, name: str) -> int:
    for match in ROW.finditer(xml):
        if match.end() > seen:
            if int(match[1]) <= before:
                raise DamagedWorkbook(name=name)
            before = int(match[1])
    return before


def _faults_in(xml: bytes) -> Iterator[tuple[int, Fault]]:
    if b't="e"' in xml or b"t='e'" in xml:
        for match in FAILED.finditer(xml):
            error = match[3].decode("ascii", "replace")
            sentence = f"The formula of {match[1].decode()}{match[2].decode()} failed with {error}; write its value."
            yield int(match[2]), Fault(column_number(match[1]), error, "formula_error", sentence)
    if b"<f" in xml or b":f" in xml:
        for match in UNCOMPUTED.finditer(xml):
            cell = (match[1] + match[2]).decode()
            sentence = (
                f"{cell} holds a formula that was never computed; open the file in a spreadsheet program and save it, or write the value."
            )
            yield int(match[2]), Fault(column_number(match[1]), "", "formula_without_value", sentence)


def column_number(letters: bytes) -> int:
    """Return a column's number, A being 0."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
