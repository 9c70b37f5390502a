"""Patients as pages show them: found by name or record number, and one with everything on record; who looked stands in the audit log."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.audit.chain import append_event
from caretally.db.lists import PAGE_SIZE, literal_pattern
from caretally.errors import NothingToDo

HERE = Path(__file__).parent
FOUND = text((HERE / "roster.sql").read_text(encoding="utf-8"))
CHART = text((HERE / "chart.sql").read_text(encoding="utf-8"))
STANDINGS = ("enrolled", "paused", "withdrawn", "enrolled_elsewhere", "declined", "ineligible", "deceased", "none")
MARKS = re.compile("[\u0300-\u036f]")
NOT_LETTERS = re.compile(r"[\W_]+")


class NoSuchPatient(NothingToDo):
    """No patient that the transaction may see has this id; nobody learns whether another one has it."""

    code = "no_such_patient"


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientLine:
    """A patient in a list; `mbi_end` are the last four letters of the Medicare number, `status` the enrolment of today (None: none), `found` all that match."""

    id: UUID
    client_id: UUID
    client: str
    mrn: str
    family_name: str
    given_name: str
    birth_date: date
    died_on: date | None
    mbi_end: str | None
    status: str | None
    programs: Sequence[str] | None
    found: int


def patients_found(
    connection: Connection,
    *,
    vendor_id: UUID,
    today: date,
    words: str = "",
    client_id: UUID | None = None,
    standing: str = "",
    page: int = 1,
    size: int = PAGE_SIZE,
) -> list[PatientLine]:
    """Return a page of the patients whose name or record number holds the words; pages count from 1, `standing` is one of `STANDINGS` or empty."""
    values: dict[str, Any] = {
        "vendor_id": vendor_id,
        "today": today,
        "client_id": client_id,
        "pattern": literal_pattern(words),
        "looked_for": [f"%{word}%" for word in plain_name(words).split()],
        "standing": standing if standing in STANDINGS else "",
        "size": size,
        "start": (page - 1) * size,
    }
    return [PatientLine(**row) for row in connection.execute(FOUND, values).mappings()]


def chart_of(connection: Connection, patient_id: UUID, *, vendor_id: UUID) -> RowMapping:
    """Return one patient with everything on record. Raises `NoSuchPatient`."""
    row = connection.execute(CHART, {"vendor_id": vendor_id, "patient_id": patient_id}).mappings().one_or_none()
    if row is None:
        raise NoSuchPatient("There is no such patient; choose one from the list of patients.")
    return row


def note_patients_shown(connection: Connection, page: str, patients: Iterable[UUID]) -> None:
    """Add the one event of a page that shows patients: how many, and the SHA-256 over their ids, sorted and one a line. Take it last."""
    shown = sorted(map(str, patients))
    if shown:
        digest = sha256("\n".join(shown).encode()).hexdigest()
        append_event(connection, action="patients.read", detail={"page": page, "patients": len(shown), "patients_sha256": digest})


def name_patterns(words: str) -> list[str]:
    """Return patterns for LIKE ALL of a folded name: it holds each of the words, in any order and without marks; what has a figure is no name."""
    return [] if any(letter.isdigit() for letter in words) else [f"%{word}%" for word in plain_name(words).split()]


def plain_name(words: str) -> str:
    """Return words as `import.plain_name` folds a name: small letters without marks, one blank for everything between them."""
    return NOT_LETTERS.sub(" ", MARKS.sub("", unicodedata.normalize("NFKD", words)).lower()).strip()
