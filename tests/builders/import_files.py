"""Import files as texts, and a vendor's desk that imports them the way the program does: parsed by the child, merged in one transaction."""

import atexit
import csv
import io
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from caretally.app.import_kinds import IMPORT_KINDS
from caretally.close.reopen import reopen_month
from caretally.imports.importing import Choices, ParsedFile, import_file
from caretally.imports.parsing import parse_file
from caretally.imports.results import ImportResult
from caretally.imports.undo import UndoResult, undo_import
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office

DOCTOR = "1234567893"
OTHER_DOCTOR = "1245319599"
# What must be there before a file of a kind makes sense, in the order of import.
ROSTER = (
    ("clients", "code,name,timezone\nLFM,Lakeside Family Medicine,America/New_York\nHIL,Hillside Clinic,America/Chicago\n"),
    ("providers", f"client,npi,family_name,given_name,credential\nLFM,{DOCTOR},Okafor,Rosa,MD\nLFM,{OTHER_DOCTOR},Lind,Per,NP\n"),
    ("staff", "staff,family_name,given_name,role,credential,licensed_states\nrn,Rivers,Tia,clinical,RN,NY;TX\n"),
    ("patients", "client,mrn,family_name,given_name,birth_date,state\nLFM,1,Abara,Alma,1941-03-02,NY\nLFM,2,Müller,Jörg,1938-12-24,NY\n"),
    ("care_plans", "client,mrn,version,effective_on\nLFM,1,1,2026-01-06\n"),
)


@dataclass(frozen=True)
class Desk:
    """A vendor's place to import at: `folder` is private to the test."""

    office: Office
    folder: Path

    def imports(self, kind: str, body: str | bytes, **choices: Any) -> ImportResult:
        """Import the text of a CSV file (or the bytes of any file) and return what became of it."""
        return self._merges(kind, parsed(kind, body.encode() if isinstance(body, str) else body), **choices)

    def imports_path(self, kind: str, path: Path, **choices: Any) -> ImportResult:
        """Import a file that lies somewhere."""
        return self._merges(kind, parse_file(path, scratch=self.folder), **choices)

    def _merges(self, kind: str, file: ParsedFile, **choices: Any) -> ImportResult:
        with self.office.transaction() as connection:
            return import_file(connection, IMPORT_KINDS[kind], file, Choices(**choices))

    def undoes(self, batch: UUID | None) -> UndoResult:
        """Take an import back."""
        assert batch is not None
        with self.office.transaction() as connection:
            return undo_import(connection, IMPORT_KINDS, batch)

    def reopens(self, client: str) -> None:
        """Reopen the client's October."""
        chosen = self.office.client(client)
        with self.office.transaction() as connection:
            reopen_month(connection, chosen, OCTOBER, reason="a test")

    def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Return these columns of all rows of a table, in their own order."""
        return sorted(tuple(row) for row in self.office.rows(f"SELECT {columns} FROM {table}"))


@cache
def parsed(kind: str, body: bytes) -> ParsedFile:
    """Return a file parsed by the child process, once for the same content."""
    folder = tempfile.TemporaryDirectory(prefix="caretally-parsed-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / f"{kind}.csv"
    path.write_bytes(body)
    return parse_file(path, scratch=path.parent)


def new_desk(database: TestDatabase, folder: Path, *, roster: bool = True) -> Desk:
    """Return the desk of a new vendor, with two clients, two providers, a nurse, two patients and a plan unless told otherwise."""
    desk = Desk(new_office(database), folder)
    for kind, body in ROSTER if roster else ():
        result = desk.imports(kind, body)
        assert result.refused == 0, result.problems
    return desk


def outcome(result: ImportResult) -> dict[str, int]:
    """Return the counts that are not zero."""
    counts = {name: getattr(result, name) for name in ("new", "changed", "unchanged", "refused", "late")}
    return {name: value for name, value in counts.items() if value}


def rules(result: ImportResult) -> list[tuple[int, str, str]]:
    """Return line, column and rule of every problem."""
    return [(problem.line, problem.column, problem.rule) for problem in result.problems]


def csv_text(header: str, *rows: tuple[str, ...]) -> str:
    """Return a CSV file of a header line and rows of cells."""
    text = io.StringIO(newline="")
    text.write(f"{header}\n")
    csv.writer(text).writerows(rows)
    return text.getvalue()
