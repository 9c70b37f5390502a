"""A record that a person types: read as its file would say it, added and changed by the rules of that file.

Its values are texts by the columns of its import kind, so that a page and a file mean the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.errors import CareTallyError, Conflict, NothingToDo
from caretally.imports.importing import take_turn
from caretally.imports.kinds import ImportKind
from caretally.imports.results import ImportResult
from caretally.imports.typed_rows import import_typed

# The column by which a kind that corrects what names a record finds it.
RECORD = "record"


class NoSuchRecord(NothingToDo):
    """No record that the transaction may see has this id; nobody learns whether another one has it."""

    code = "no_such_record"


class CodeTaken(Conflict):
    """A new record has the code or number of one that is there."""

    code = "code_taken"


class RecordChangedMeanwhile(Conflict):
    """Somebody else changed the record after the page was opened; the page's answer is 412 (RFC 9110, 15.5.13)."""

    code = "record_changed_meanwhile"
    status = 412


class WorthALook(CareTallyError):
    """What was typed breaks no rule and is worth a look before it is kept: `sentences` say why, `seen` is what to send along once they were read."""

    code = "worth_a_look"
    status = 422

    def __init__(self, sentences: Sequence[str]) -> None:
        """Take what a person should know first."""
        super().__init__(" ".join(sentences))
        self.sentences = tuple(sentences)
        self.seen = sha256("\n".join(sentences).encode()).hexdigest()


@dataclass(frozen=True)
class RecordKind:
    """A kind of record: `read` selects the columns of its file as text by `id`; `named_by` name it, the last of them is said to be `already` there.

    What names a record stays, but where a kind `corrected` finds it by its id (column `record`) and all but the first name can be typed anew.
    `taken` finds one by its names where a rule of the file would speak first of something else. The warnings of rules in `asks` are shown before
    the record is kept, as are notes of what follows from it; those of other rules stand in a file's check alone.
    """

    word: str
    imported: ImportKind
    read: str
    named_by: tuple[str, ...]
    already: str
    taken: str = ""
    corrected: ImportKind | None = None
    asks: frozenset[str] = frozenset()

    @property
    def stays(self) -> tuple[str, ...]:
        """The names that a change leaves as they are."""
        return self.named_by if self.corrected is None else self.named_by[:1]


def as_text(columns: Mapping[str, str]) -> str:
    """Return the SQL of a file's columns: each expression as text, null as an empty cell."""
    return ", ".join(f"coalesce(({sql})::text, '') AS \"{name}\"" for name, sql in columns.items())


def same(names: str) -> dict[str, str]:
    """Return columns whose expression is their own name."""
    return {name: name for name in names.split()}


def read_record(connection: Connection, kind: RecordKind, record: UUID) -> dict[str, str]:
    """Return a record as its file would say it. Raises `NoSuchRecord`."""
    row = connection.execute(text(kind.read), {"id": record}).mappings().one_or_none()
    if row is None:
        raise NoSuchRecord(f"There is no such {kind.word}; choose one from the list.")
    return dict(row)


def version_of(record: Mapping[str, Any]) -> str:
    """Return what tells one state of a record from another: a SHA-256 of it in hex."""
    return sha256("\x1f".join(f"{name}={record[name]}" for name in sorted(record)).encode()).hexdigest()


def add_record(connection: Connection, kind: RecordKind, typed: Mapping[str, str], *, looked: str = "") -> ImportResult:
    """Add a record as a file of one row would; `looked` is the `seen` of what was looked at. Raises `CodeTaken`, `RowRefused`, `WorthALook`."""
    take_turn(connection)
    names = {name: typed.get(name, "").strip() for name in kind.named_by}
    taken = CodeTaken(kind.already.format(**names))
    if kind.taken and connection.scalar(text(kind.taken), names):
        raise taken
    tried = import_typed(connection, kind.imported, [typed], dry_run=True)
    if not tried.new:
        raise taken
    _look_first(kind, tried, looked)
    return import_typed(connection, kind.imported, [typed])


def change_record(
    connection: Connection, kind: RecordKind, record: UUID, typed: Mapping[str, str], *, seen: str, looked: str = ""
) -> ImportResult:
    """Change a record as a file of one row would; `seen` is the version that the page was made from.

    Raises `NoSuchRecord`, `RecordChangedMeanwhile`, `RowRefused`, `WorthALook`, and `Conflict` when it bears on a month that is being closed.
    """
    take_turn(connection)
    before = read_record(connection, kind, record)
    if version_of(before) != seen:
        raise RecordChangedMeanwhile(f"Somebody else changed this {kind.word} after you opened the page; look at what is there now.")
    row = dict(typed) | {name: before[name] for name in kind.stays}
    if kind.corrected is not None:
        row[RECORD] = str(record)
    imported = kind.corrected or kind.imported
    _look_first(kind, import_typed(connection, imported, [row], dry_run=True), looked)
    return import_typed(connection, imported, [row])


def _look_first(kind: RecordKind, tried: ImportResult, looked: str) -> None:
    warned = [problem.sentence for problem in tried.problems if problem.rule in kind.asks]
    if warned or tried.notes:
        found = WorthALook([*warned, *tried.notes])
        if found.seen != looked:
            raise found
