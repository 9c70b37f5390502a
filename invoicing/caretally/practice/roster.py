"""A practice's own roster beside who was enrolled in a closed month: matched, missing, extra. It stays in the practice's space."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.db.lists import PAGE_SIZE, PageOf
from caretally.errors import NothingToDo, UsageMistake
from caretally.files.cells import Cell
from caretally.files.xlsx_file import Column
from caretally.imports.importing import ParsedFile
from caretally.imports.limits import MEGABYTE, Limits
from caretally.imports.parsing import parse_file
from caretally.months import Month
from caretally.practice.statements import statement

# A list of all patients of the largest practice, and what a form of ours may carry.
ROSTER_LIMITS = Limits(file_bytes=MEGABYTE, rows=20_000, columns=60, seconds=20, unzipped_bytes=64 * MEGABYTE)
RESULTS = ("missing", "extra", "matched", "refused")
LONGEST_CELL = 200
# What a column may be called; letters and figures alone are compared, so `Date of Birth` is `dateofbirth`.
CALLED = {
    "mrn": ("mrn", "medicalrecordnumber", "recordnumber", "chart", "chartnumber", "patientid"),
    "mbi": ("mbi", "medicareid", "medicarenumber", "medicarebeneficiaryidentifier"),
    "born": ("birthdate", "dateofbirth", "dob", "born"),
    "name": ("name", "patient", "patientname", "fullname"),
    "family": ("familyname", "lastname", "surname"),
    "given": ("givenname", "firstname"),
}
US_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
CLOSED = text("SELECT 1 FROM client_month WHERE vendor_id = :vendor_id AND client_id = :client_id AND month = :month AND status = 'closed'")
LISTED = text(
    "SELECT r.id, r.file_name, r.month, c.name AS client, r.rows_read, r.matched, r.missing, r.extra, r.refused, r.compared_name, r.compared_at "
    "FROM practice_roster r JOIN client c ON c.vendor_id = r.vendor_id AND c.client_id = r.client_id "
    "WHERE r.vendor_id = :vendor_id AND (CAST(:roster_id AS uuid) IS NULL OR r.id = :roster_id) ORDER BY r.compared_at DESC LIMIT 100"
)
# A Medicare number of the practice's own list is told back whole; of a number that the vendor alone has, the end.
ROWS = text(
    "SELECT result, line, name, birth_date, mrn, CASE WHEN line IS NULL THEN '' ELSE mbi END AS mbi, CASE WHEN line IS NULL THEN right(mbi, 4) ELSE '' END "
    "AS mbi_end, patient_id, remark, count(*) OVER ()::int AS found FROM practice_roster_row "
    "WHERE vendor_id = :vendor_id AND roster_id = :roster_id AND (CAST(:result AS text) = '' OR result = :result) "
    "ORDER BY array_position(ARRAY['missing', 'extra', 'refused', 'matched'], result), lower(name), line LIMIT :size OFFSET :start"
)
COLUMNS = (
    Column(header="result", width=10),
    Column(header="line", kind="count", width=7),
    Column(header="name", width=28),
    Column(header="birth_date", kind="date", width=11),
    Column(header="mrn", width=14),
    Column(header="mbi", width=15),
    Column(header="remark", kind="long_text", width=60),
)


class NoSuchRoster(NothingToDo):
    """No roster that the practice may see has this id."""

    code = "no_such_roster"


class RosterUnreadable(UsageMistake):
    """The file has no column by which a patient could be found, or the month cannot be compared with."""

    code = "roster_unreadable"


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenRow:
    """One line of the practice's file; `refused` says in a sentence why it cannot be compared."""

    line: int
    name: str
    born: str
    mrn: str
    mbi: str
    refused: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenRoster:
    """The rows of a file, its SHA-256 in hex digits and what it was called by who sent it."""

    rows: tuple[GivenRow, ...]
    sha256: str
    file_name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """A comparison that was made, with its counts; those of long ago do not know how their file was called."""

    id: UUID
    file_name: str
    month: Month
    client: str
    rows_read: int
    matched: int
    missing: int
    extra: int
    refused: int
    compared_name: str
    compared_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterRow:
    """One line of the result; `line` is the file's, None for a patient who does not stand on it, of whose Medicare number `mbi_end` is the end."""

    result: str
    line: int | None
    name: str
    birth_date: date | None
    mrn: str
    mbi: str
    mbi_end: str
    patient_id: UUID | None
    remark: str


def read_roster(path: Path, *, scratch: Path) -> GivenRoster:
    """Read a practice's CSV or XLSX in a process of its own, outside every transaction. Raises `FileRefused` or `RosterUnreadable`."""
    file = parse_file(path, scratch=scratch, limits=ROSTER_LIMITS)
    columns = columns_of(file.headers)
    with file.path.open(encoding="utf-8", newline="") as stream:
        rows = tuple(_row(cells, columns) for cells in csv.reader(stream))
    broken = {problem.line for problem in file.problems if problem.severity == "refused"}
    if not rows and not broken:
        raise RosterUnreadable("The file has its first line and no patient below it; send a list with a line for each patient.")
    return GivenRoster(rows=rows + _broken(file, broken - {row.line for row in rows}), sha256=file.sha256)


def columns_of(headers: Sequence[str]) -> dict[str, int]:
    """Return which column of the file holds what; 0 is the line number. Raises `RosterUnreadable`."""
    plain = ["".join(letter for letter in header.casefold() if letter.isalnum()) for header in headers]
    found = {what: plain.index(name) + 1 for what, names in CALLED.items() for name in names if name in plain}
    by_name = "born" in found and ("name" in found or {"family", "given"} <= found.keys())
    if not ({"mrn", "mbi"} & found.keys() or by_name):
        raise RosterUnreadable(
            "The file has neither a column MRN nor MBI, nor both a name and a birth date; name its columns in the first line."
        )
    return found


def _row(cells: Sequence[str], columns: dict[str, int]) -> GivenRow:
    said = {what: cells[place].strip()[:LONGEST_CELL] for what, place in columns.items()}
    name = said.get("name") or ", ".join(part for part in (said.get("family"), said.get("given")) if part)
    born, mrn, mbi = said.get("born", ""), said.get("mrn", ""), said.get("mbi", "")
    day = day_written(born)
    refused = ""
    if born and day is None:
        refused = "The birth date is none; write 1941-03-10 or 3/10/1941."
    elif not (mrn or mbi or (name and day)):
        refused = "The line names no number, and no name with a birth date."
    return GivenRow(line=int(cells[0]), name=name, born=day.isoformat() if day else "", mrn=mrn, mbi=mbi, refused=refused)


def _broken(file: ParsedFile, lines: set[int]) -> tuple[GivenRow, ...]:
    sentences = {problem.line: problem.sentence for problem in file.problems}
    return tuple(GivenRow(line=line, name="", born="", mrn="", mbi="", refused=sentences[line]) for line in sorted(lines))


def day_written(written: str) -> date | None:
    """Return a day written as 1941-03-10 or 3/10/1941, None for anything else."""
    american = US_DAY.fullmatch(written)
    try:
        return date(int(american[3]), int(american[1]), int(american[2])) if american else date.fromisoformat(written[:10])
    except ValueError:
        return None


def compare(
    connection: Connection, given: GivenRoster, *, roster_id: UUID, client_id: UUID, month: Month, vendor_id: UUID, name: str
) -> None:
    """Compare a roster with the patients enrolled in a closed month and keep the result; the same id again keeps nothing more.

    Raises `RosterUnreadable` when the month is not closed for the practice.
    """
    key = {"vendor_id": vendor_id, "client_id": client_id, "month": month.first_day}
    if connection.scalar(CLOSED, key) is None:
        raise RosterUnreadable(f"{month} is not closed for this practice, so it is not known who was enrolled; choose a month that is.")
    columns = {
        "lines": [row.line for row in given.rows],
        "names": [row.name for row in given.rows],
        "born": [row.born for row in given.rows],
        "mrns": [row.mrn for row in given.rows],
        "mbis": [row.mbi for row in given.rows],
        "refused": [row.refused for row in given.rows],
    }
    connection.execute(
        statement("compare"), key | columns | {"id": roster_id, "file_sha256": given.sha256, "file_name": given.file_name, "name": name}
    )


def rosters(connection: Connection, *, vendor_id: UUID, roster_id: UUID | None = None) -> tuple[Roster, ...]:
    """Return the comparisons that were made, the newest first."""
    rows = connection.execute(LISTED, {"vendor_id": vendor_id, "roster_id": roster_id}).mappings()
    return tuple(Roster(**dict(row) | {"month": Month.of(row["month"])}) for row in rows)


def roster(connection: Connection, roster_id: UUID, *, vendor_id: UUID) -> Roster:
    """Return one comparison. Raises `NoSuchRoster`."""
    found = rosters(connection, vendor_id=vendor_id, roster_id=roster_id)
    if not found:
        raise NoSuchRoster("There is no such comparison; choose one from your list.")
    return found[0]


def roster_rows(
    connection: Connection, roster_id: UUID, *, vendor_id: UUID, result: str = "", page: int = 1, size: int | None = PAGE_SIZE
) -> PageOf[RosterRow]:
    """Return a page of the result, all of it when `size` is None; what differs comes first."""
    key = {"vendor_id": vendor_id, "roster_id": roster_id, "result": result, "size": size, "start": (page - 1) * (size or 0)}
    rows = connection.execute(ROWS, key).mappings().all()
    told = tuple(RosterRow(**{name: row[name] for name in RosterRow.__dataclass_fields__}) for row in rows)
    return PageOf(rows=told, found=rows[0]["found"] if rows else 0, page=page)


def cells_of(found: PageOf[RosterRow]) -> list[tuple[Cell, ...]]:
    """Return the cells of the result, as its files show them."""
    return [
        (row.result, row.line, row.name, row.birth_date, row.mrn, row.mbi or (row.mbi_end and f"ending in {row.mbi_end}"), row.remark)
        for row in found.rows
    ]
