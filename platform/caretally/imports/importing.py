"""Imports one parsed file: stage, read, check and merge in the caller's transaction; everything or nothing."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.faults.failpoints import failpoint
from caretally.imports import late_rows, merging, staging, validation
from caretally.imports.kinds import ImportKind, Locks
from caretally.imports.mappings import columns_of, problems_in_use
from caretally.imports.results import ImportResult, RowProblem

BLOCK_BYTES = 1 << 18
# What is done when: told to whoever wants to show how far an import is, with the number of steps that are behind.
STEPS = ("reading the rows", "checking them", "writing them")
Step = Callable[[int], None]
# A long import may wait for a close of one of its clients, and works longer than a page may.
PATIENCE = "SELECT set_config('statement_timeout', '10min', true), set_config('lock_timeout', '5min', true)"
# Two imports of one vendor take turns: the second sees what the first has written. Hashing the id may make strangers wait, never fail.
TAKE_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('caretally import ' || tenancy.current_vendor()::text, 0))"
LOCK_CLIENTS = """
SELECT guard.share_client_locks(array_agg(DISTINCT vendor_id), array_agg(DISTINCT client_id)) FROM client
WHERE code IN (SELECT DISTINCT {cell} FROM import_stage)
"""
LOCK_VENDOR = "SELECT guard.take_vendor_lock(ARRAY[tenancy.current_vendor()])"
REFRESH = text("SELECT import.refresh_statistics(:name, :added)")
ADD_BATCH = """
INSERT INTO import_batch (vendor_id, id, kind, file_name, file_sha256, actor, rows_read, rows_new, rows_changed, rows_unchanged, rows_late, rows_refused)
VALUES (tenancy.current_vendor(), :id, :kind, :file_name, :file_sha256, tenancy.current_actor(), :read, :new, :changed, :unchanged, :late, :refused)
"""


@dataclass(frozen=True)
class ParsedFile:
    """A file as its parser leaves it: `path` is PostgreSQL's CSV with the line number first, one cell per header, blank cells null."""

    path: Path
    name: str
    sha256: str
    headers: Sequence[str]
    rows: int
    problems: tuple[RowProblem, ...] = ()

    def blocks(self) -> Iterator[bytes]:
        """Yield the rows as PostgreSQL's CSV, in pieces of a size that COPY likes."""
        with self.path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block


@dataclass(frozen=True)
class HeldFile(ParsedFile):
    """A parsed file whose rows are held in memory as `content`, PostgreSQL's CSV; it lies nowhere."""

    path: Path = Path(os.devnull)
    name: str = ""
    sha256: str = ""
    headers: Sequence[str] = ()
    rows: int = 0
    content: bytes = b""

    def blocks(self) -> Iterator[bytes]:
        """Yield the rows as PostgreSQL's CSV, in pieces of a size that COPY likes."""
        for start in range(0, len(self.content), BLOCK_BYTES):
            yield self.content[start : start + BLOCK_BYTES]


@dataclass(frozen=True)
class Choices:
    """What the user chose: headers by a mapping (header -> column), whether to try only, whether valid rows alone may go in."""

    mapping: Mapping[str, str] | None = None
    dry_run: bool = False
    valid_rows_only: bool = False


def tell_nobody(_step: int) -> None:
    """Show nobody how far it is."""


def import_file(
    connection: Connection,
    kind: ImportKind,
    file: ParsedFile,
    choices: Choices | None = None,
    *,
    batch_id: UUID | None = None,
    step: Step = tell_nobody,
) -> ImportResult:
    """Merge a file into the tables of its kind and return what became of each row; a dry run or a refused file leaves no trace.

    The caller's transaction carries the vendor's context and is committed by the caller. `batch_id` is the id that the import gets (None: a new one);
    `step` is told after each of `STEPS`.
    """
    choices = choices or Choices()
    columns, problems = columns_of(kind, file.headers, choices.mapping or {})
    file = replace(file, problems=problems_in_use(file.problems, headers=file.headers, columns=columns))
    result = ImportResult(kind.name, file.name, choices.dry_run, written=False, read=file.rows, problems=(*problems, *file.problems))
    if any(problem.severity == "refused" for problem in problems):
        return replace(result, refused=file.rows)
    savepoint = connection.begin_nested()
    result = _imported(connection, kind, file, columns=columns, choices=choices, result=replace(result, batch_id=batch_id), step=step)
    if result.written and not choices.dry_run:
        savepoint.commit()
        return result
    savepoint.rollback()
    return replace(result, written=False, batch_id=None)


def take_turn(connection: Connection) -> None:
    """Wait until no other import of the transaction's vendor is under way: what is read now stays so until an import that follows here."""
    connection.execute(text(PATIENCE))
    connection.execute(text(TAKE_TURN))


def _imported(
    connection: Connection,
    kind: ImportKind,
    file: ParsedFile,
    *,
    columns: Sequence[str | None],
    choices: Choices,
    result: ImportResult,
    step: Step,
) -> ImportResult:
    present = [name for name in columns if name]
    connection.execute(text(PATIENCE))
    staging.stage(connection, kind, blocks=file.blocks(), columns=columns)
    broken = [problem.line for problem in file.problems if problem.severity == "refused"]
    staging.leave_out(connection, broken)
    failpoint("import:staged")
    step(1)
    _lock(connection, kind)
    staging.read_values(connection, kind)
    rules = validation.check(connection, kind)
    validation.refuse_lines(connection, broken)
    validation.refuse_broken_rows(connection, rules)
    merging.match(connection, kind, present=present)
    late, known = _meet_closed_months(connection, kind, rules)
    problems = (*result.problems, *validation.problems_found(connection, rules))
    result = replace(result, problems=tuple(sorted(problems, key=lambda p: p.line)), refused=validation.count_refused(connection))
    if result.refused and not choices.valid_rows_only:
        return result
    step(2)
    new, changed, unchanged = merging.count(connection, kind)
    repeated = result.read - result.refused - late - known - new - changed - unchanged
    result = replace(result, written=True, new=new, changed=changed, unchanged=unchanged + known + repeated, late=late)
    written = _written(connection, kind, file, present=present, result=result)
    step(3)
    return written


def _meet_closed_months(connection: Connection, kind: ImportKind, rules: Sequence[validation.AnyRule]) -> tuple[int, int]:
    if kind.closed is None:
        return 0, 0
    if kind.closed.late is not None:
        return late_rows.set_aside(connection, kind)
    validation.refuse_closed_months(connection, rules, lines=merging.lines_of_closed_months(kind))
    return 0, 0


def _written(connection: Connection, kind: ImportKind, file: ParsedFile, *, present: Sequence[str], result: ImportResult) -> ImportResult:
    counts = {name: getattr(result, name) for name in ("read", "new", "changed", "unchanged", "late", "refused")}
    batch: UUID = result.batch_id or connection.execute(text("SELECT tenancy.new_id()")).scalar_one()
    row = {"id": batch, "kind": kind.name, "file_name": file.name, "file_sha256": file.sha256}
    connection.execute(text(ADD_BATCH), row | counts)
    merging.merge(connection, kind, batch=batch, present=present)
    connection.execute(REFRESH, {"name": kind.targets[-1].table, "added": result.new})
    if kind.closed and kind.closed.late:
        late_rows.keep(connection, kind, batch=batch)
    notes = kind.after_import(connection) if kind.after_import else ()
    failpoint("import:merged")
    append_event(connection, action="import", detail={"batch": batch, "kind": kind.name, "file_sha256": file.sha256, **counts})
    return replace(result, batch_id=batch, notes=notes)


def _lock(connection: Connection, kind: ImportKind) -> None:
    connection.execute(text(TAKE_TURN))
    connection.execute(text(LOCK_VENDOR if kind.locks is Locks.VENDOR else LOCK_CLIENTS.format(cell=kind.client_cell)))
