"""Loads a published file into its dated table: whole, or refused whole with what was in force before still in force."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

from caretally.cms.editions import YEARLY, copy_rows, driver_cursor, names
from caretally.cms.published import ccir, gpci, icd10, mue, ptp, rvu
from caretally.cms.published.opening import PublishedFile, open_published
from caretally.cms.published.tables import PublishedRows
from caretally.cms.rules_lock import change_rules
from caretally.errors import Conflict, NothingToDo, UsageMistake

KNOWN = text("SELECT code FROM billing_code")
SAME = text(
    "SELECT EXISTS (SELECT FROM reference_edition WHERE kind = :kind AND effective_from = :day AND file_sha256 = :sha256 AND origin = 'file')"
)
# What stood before the file: the load in force the day it begins, be it of that day or an earlier one.
BEFORE = text(
    "SELECT id, origin, file_name, effective_from, rows_kept FROM reference_edition WHERE kind = :kind AND effective_from <= :day "
    "AND coalesce(effective_to, :day) >= :day"
)
LARGEST = text("SELECT rows_read, file_name FROM reference_load WHERE kind = :kind AND origin = 'file' ORDER BY loaded_at DESC LIMIT 1")
ADD = text(
    "INSERT INTO reference_load (kind, origin, file_name, file_sha256, effective_from, effective_to, rows_read, rows_kept, loaded_by) "
    "VALUES (:kind, 'file', :file_name, :sha256, :day, :last_day, :read, :kept, :actor) RETURNING id"
)
ADD_FACTOR = text("INSERT INTO conversion_factor VALUES (:load, :qualifying, :factor, :last_day, :source)")
FACTORS = text(
    "SELECT f.qualifying_apm, f.factor FROM conversion_factor f JOIN reference_load l ON l.id = f.load_id "
    "WHERE l.effective_from <= :day AND f.valid_to >= :day ORDER BY l.effective_from, l.origin = 'file', l.loaded_at"
)


# The physician fee schedule's (42 CFR 414.1): nothing that CMS publishes for it is in force earlier.
FIRST_YEAR = 1992


class WrongFactor(Conflict):
    """The relative value file is the one of the other participants."""

    code = "wrong_factor"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of published file: which part of a ZIP it is, its table with columns and key, and how it is read."""

    fitting: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    what: str
    parts: int = 1


KINDS = {
    "rvu": Kind(rvu.FITTING, "relative_value", rvu.COLUMNS, ("code",), "relative values of the physician fee schedule (PPRRVU)"),
    "gpci": Kind(gpci.FITTING, "geographic_index", gpci.COLUMNS, ("locality",), "geographic practice cost indices by locality (GPCI)"),
    "mue": Kind(mue.FITTING, "unit_edit", mue.COLUMNS, ("code",), "medically unlikely edits of practitioners (NCCI MUE)"),
    "ptp": Kind(
        ptp.FITTING, "pair_edit", ptp.COLUMNS, ("column_one", "column_two", "valid_from"), "pair edits of practitioners (NCCI PTP)", parts=8
    ),
    "ccir": Kind(ccir.FITTING, "chronic_indicator", ccir.COLUMNS, ("code",), "AHRQ's chronic condition indicator (CCIR)"),
    "icd10": Kind(icd10.FITTING, "diagnosis_code", icd10.COLUMNS, ("code",), "ICD-10-CM codes in force"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """What a load did: the file with its SHA-256, the days it is in force, and its rows beside those in force before.

    `new`, `changed` and `gone` count rows by their key. `notes` are sentences worth reading.
    """

    kind: str
    file: str
    sha256: str
    effective_from: date
    effective_to: date | None
    rows_read: int
    rows_kept: int
    new: int
    changed: int
    gone: int
    before: str
    dry_run: bool
    notes: tuple[str, ...]


def load_published(
    connection: Connection,
    kind: str,
    paths: Sequence[Path],
    *,
    effective_from: date,
    actor: str,
    dry_run: bool = False,
    qualifying_apm: bool = False,
) -> Loaded:
    """Load the file (of `ptp`: its parts) as in force from a day on and return what that did; a dry run leaves no trace.

    Runs as the schema owner in the caller's transaction, which the caller commits. Raises `DamagedReferenceFile` (file, line, reason),
    `NothingToDo` for a file that is in force already, `WrongFactor`, and `UsageMistake` for too many files or a day of no such file.
    """
    rule = KINDS[kind]
    if len(paths) > rule.parts:
        raise UsageMistake(f"A load of {kind} takes one file, not {len(paths)}; load one after the other.")
    files = [open_published(path, fitting=_fitting(rule, qualifying_apm=qualifying_apm)) for path in paths]
    change_rules(connection)
    values: dict[str, Any] = {"kind": kind, "day": effective_from, "sha256": _sha256(files), "actor": actor}
    if connection.scalar(SAME, values):
        raise NothingToDo(f"{_shown(files)} is in force from {effective_from} already.")
    _refuse_impossible_day(connection, files[0], effective_from)
    read = _reader(connection, kind)(files)
    _refuse_other_year(files[0], read, effective_from)
    _refuse_truncated(connection, files[0], read, values)
    with connection.begin_nested() as savepoint:
        loaded = _load(connection, kind, files, read, values | {"qualifying": qualifying_apm, "dry_run": dry_run})
        if dry_run:
            savepoint.rollback()
    return loaded


def _fitting(rule: Kind, *, qualifying_apm: bool) -> str:
    """Return the pattern of the part; since 2026 a ZIP holds the relative values once for each factor."""
    if rule.table != "relative_value":
        return rule.fitting
    return r"^PPRRVU(?!.*nonQPP)" if qualifying_apm else r"^PPRRVU(?!.*(?<!non)QPP)"


def _reader(connection: Connection, kind: str) -> Callable[[Sequence[PublishedFile]], PublishedRows]:
    if kind == "ptp":
        known = frozenset(connection.scalars(KNOWN))
        return lambda files: ptp.read_pair_edits(files, known=known)
    one: dict[str, Callable[[PublishedFile], PublishedRows]] = {
        "rvu": rvu.read_relative_values,
        "gpci": gpci.read_geographic_indices,
        "mue": mue.read_unit_edits,
        "ccir": ccir.read_chronic_indicators,
        "icd10": icd10.read_diagnosis_codes,
    }
    return lambda files: one[kind](files[0])


def _refuse_impossible_day(connection: Connection, file: PublishedFile, day: date) -> None:
    """Refuse a day that no published file is for: they come out in the year before their first day at the earliest."""
    last_year = int(connection.scalar(text("SELECT extract(year FROM current_date)::int")) or 0) + 1
    if not FIRST_YEAR <= day.year <= last_year:
        raise UsageMistake(f"{file.shown} cannot be in force from {day}; give a day of the years {FIRST_YEAR} to {last_year}.")


def _refuse_other_year(file: PublishedFile, read: PublishedRows, day: date) -> None:
    year = read.year if isinstance(read, rvu.RelativeValues | gpci.GeographicIndices) else None
    if year is not None and year != day.year:
        raise file.damaged(1, f"impossible date: it says that it is of {year}, so it cannot be in force from {day}")


def _refuse_truncated(connection: Connection, file: PublishedFile, read: PublishedRows, values: dict[str, Any]) -> None:
    last = connection.execute(LARGEST, values).one_or_none()
    if last is not None and read.read * 2 < last.rows_read:
        raise file.damaged(
            0, f"it holds {read.read:,} rows, fewer than half of the {last.rows_read:,} of {last.file_name}, so it seems truncated"
        )


def _load(connection: Connection, kind: str, files: Sequence[PublishedFile], read: PublishedRows, values: dict[str, Any]) -> Loaded:
    rule, day = KINDS[kind], values["day"]
    last_day = date(day.year, 12, 31) if kind in YEARLY else None
    before = connection.execute(BEFORE, values).one_or_none()
    facts = {"file_name": _shown(files), "last_day": last_day, "read": read.read, "kept": len(read.rows)}
    load_id = connection.execute(ADD, values | facts).scalar_one()
    cursor = driver_cursor(connection)
    try:
        copy_rows(cursor, ((load_id, *row) for row in read.rows), rule.table, ("load_id", *rule.columns))
    except psycopg.Error as fault:
        raise files[0].damaged(0, f"the database refuses it ({fault.diag.message_primary or fault})") from fault
    notes = [*read.notes, *_load_factor(connection, files[0], read, values | {"load": load_id, "last_day": last_day})]
    cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(rule.table)))
    new, changed, gone = _compared(cursor, rule, load_id, before.id if before else None)
    return Loaded(
        kind=kind,
        file=_shown(files),
        sha256=values["sha256"],
        effective_from=day,
        effective_to=_effective_to(connection, load_id),
        rows_read=read.read,
        rows_kept=len(read.rows),
        new=new,
        changed=changed,
        gone=gone,
        before=f"{before.file_name} from {before.effective_from}" if before else "",
        dry_run=values["dry_run"],
        notes=tuple(notes),
    )


def _load_factor(connection: Connection, file: PublishedFile, read: PublishedRows, values: dict[str, Any]) -> Iterable[str]:
    """Keep the conversion factor of a relative value file with it, for the participants it is for."""
    if not isinstance(read, rvu.RelativeValues):
        return ()
    known: dict[bool, Decimal] = dict(connection.execute(FACTORS, values).all())
    qualifying = values["qualifying"]
    other = known.get(not qualifying)
    if read.factor == other and read.factor != known.get(qualifying):
        whom = "qualifying participants of an alternative payment model"
        raise WrongFactor(
            f"{file.shown} has the conversion factor {read.factor} of {'participants who do not qualify' if qualifying else whom}; "
            f"load it {'without' if qualifying else 'with'} --qualifying-apm, or take the other file."
        )
    connection.execute(ADD_FACTOR, values | {"factor": read.factor, "source": file.shown})
    who = "qualifying participants" if qualifying else "participants who do not qualify"
    return (f"The conversion factor of {who} is {read.factor} from {values['day']} to {values['last_day']}.",)


def _compared(cursor: psycopg.Cursor[Any], rule: Kind, load_id: Any, before_id: Any) -> tuple[int, int, int]:
    """Return how many rows are new, changed and gone beside the load before."""
    others = [column for column in rule.columns if column not in rule.key and column != "source"]
    query = sql.SQL(
        "SELECT count(*) FILTER (WHERE b.load_id IS NULL), count(*) FILTER (WHERE ({a}) IS DISTINCT FROM ({b}) AND a.load_id IS NOT NULL "
        "AND b.load_id IS NOT NULL), count(*) FILTER (WHERE a.load_id IS NULL) FROM (SELECT * FROM {table} WHERE load_id = %s) a "
        "FULL JOIN (SELECT * FROM {table} WHERE load_id = %s) b USING ({key})"
    ).format(a=names(others, "a"), b=names(others, "b"), table=sql.Identifier(rule.table), key=names(rule.key))
    new, changed, gone = cursor.execute(query, (load_id, before_id)).fetchone() or (0, 0, 0)
    return new, changed, gone


def _effective_to(connection: Connection, load_id: Any) -> date | None:
    last: date | None = connection.scalar(text("SELECT effective_to FROM reference_edition WHERE id = :id"), {"id": load_id})
    return last


def _sha256(files: Sequence[PublishedFile]) -> str:
    """Return the SHA-256 of the file, or of the hex digests of its parts in the order given."""
    if len(files) == 1:
        return files[0].sha256
    return hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()


def _shown(files: Sequence[PublishedFile]) -> str:
    return ", ".join(file.shown for file in files)
