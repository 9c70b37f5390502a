"""What a file is, by its first bytes: a name's ending proves nothing."""

from typing import Literal

from caretally.imports.refusals import NotASpreadsheet, OldExcel, PasswordProtected

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
UNICODE_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
OTHER_KINDS = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"SQLite format 3": "a database",
    b"{\\rtf": "an RTF document",
}
MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table")
CONTROLS = bytes({*range(1, 9), *range(14, 32)} - {0x1A})
SAMPLE = 8192


def recognise(data: bytes, *, name: str) -> Literal["workbook", "text"]:
    """Return what `data` is. Raises `PasswordProtected`, `OldExcel` or `NotASpreadsheet` for what we do not read."""
    if data.startswith(COMPOUND):
        raise (PasswordProtected if ENCRYPTED_PACKAGE in data else OldExcel)(name=name)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "workbook"
    for magic, what in OTHER_KINDS.items():
        if data.startswith(magic):
            raise NotASpreadsheet(name=name, what=what)
    start = data[:SAMPLE]
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(MARKUP):
        raise NotASpreadsheet(name=name, what="a web page or XML")
    controls = len(start) - len(start.translate(None, CONTROLS))
    if b"\0" in start and controls > len(start) // 20 and not start.startswith(UNICODE_MARKS):
        raise NotASpreadsheet(name=name, what="binary data")
    return "text"
