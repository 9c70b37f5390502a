"""What a kind of import file is: its columns, what they refer to, its rules and the tables it fills.

Kinds are declared beside the capability that owns the table; everything here is data, the SQL in it runs over whole files:
`r` is the row of the file with its cells as text (`in_<column>`) and as values (`<column>`, null when blank or not readable)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection


@dataclass(frozen=True)
class Value:
    """How the text of a cell becomes a value: SQL over `{raw}` and `{zone}` that is null, never an error, for what cannot be read.

    `mistaken` (SQL over `{raw}`) tells of an unreadable cell what it is instead, in a sentence of its own.
    """

    sql: str
    rule: str
    sentence: str
    faults: tuple["Fault", ...] = ()
    mistaken: "Fault | None" = None


@dataclass(frozen=True)
class Fault:
    """Why a cell that can be read is wrong all the same: SQL over `{raw}`, `{cell}` (its value) and `{zone}` that is true for such a cell."""

    rule: str
    sql: str
    sentence: str


@dataclass(frozen=True)
class Column:
    """One column of a file and, when `into` is given, the column of the table that it fills (`default` stands for a blank cell).

    `happened` says that its date or moment cannot lie ahead, `prose` that its text may have several lines; `words` name it on pages where its own
    name is none that people say.
    """

    name: str
    value: Value | None = None
    required: bool = False
    into: str | None = None
    default: str = "NULL"
    happened: bool = False
    prose: bool = False
    words: str = ""

    @property
    def label(self) -> str:
        """Return how pages name the column."""
        return self.words or self.name.replace("_", " ").capitalize()

    @property
    def is_key(self) -> bool:
        """Tell whether its plain text names something, as a record number does, rather than filling a column of the table."""
        return self.value is None and self.into is None

    @property
    def cell(self) -> str:
        """Return the SQL of the cell's value over `r`; plain text is its own value."""
        return f'r."{self.name}"' if self.value else f'r."in_{self.name}"'


@dataclass(frozen=True)
class Field:
    """A column of the table that is computed from several columns of the file (`columns`), as SQL over `r`."""

    into: str
    sql: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Lookup:
    """A join from the file's rows `s` to what they name; `gives` are the ids that later steps use, null when there is no such row."""

    join: str
    gives: Mapping[str, str]
    rule: "Rule"


@dataclass(frozen=True)
class Rule:
    """What makes a row wrong: SQL over `r` that is true for a broken row. `sentence` may hold `{value}`, the cell as it was written."""

    name: str
    column: str
    broken: str
    sentence: str
    warns: bool = False


@dataclass(frozen=True)
class SetRule:
    """A rule over several rows: a SELECT of line and detail (text, `{detail}` in the sentence) from import_row."""

    name: str
    column: str
    select: str
    sentence: str
    warns: bool = False


@dataclass(frozen=True)
class Target:
    """A table that a file fills: its identity in the table (column -> SQL over `r`) and its other fields.

    `joins` are added to import_row before the identity is read (a version that the same file made). `once` says that several
    rows of the file describe one row of the table.
    """

    table: str
    identity: Mapping[str, str]
    fields: tuple[Field, ...] = ()
    row_id: str = "id"
    joins: str = ""
    once: bool = False


class Locks(StrEnum):
    """Which rows a writer shares with a close: those of the clients in the file, or the vendor's own."""

    CLIENTS = "clients"
    VENDOR = "vendor"


@dataclass(frozen=True)
class ClosedMonths:
    """How rows meet closed months: `touches` is SQL over a closed month `m` and a row `x` that has the table's `columns`.

    Rows that do are refused, unless a `late` table takes them (it has a column `taken_in`). Its `joins` see the late rows as `l` (line, month, kind), where the
    kind is `late_kind`, SQL over `r` and the row `t` of the table (all null when there is none).
    """

    touches: str
    columns: tuple[str, ...]
    late: Target | None = None
    late_kind: str = "NULL"


@dataclass(frozen=True)
class ImportKind:
    """A kind of file. `identity` is the SQL over `r` that names a row once in a file.

    `after_import` and `after_undo` do what else follows from its rows, in the same transaction and before its audit event; the first
    returns sentences for the person who imports. `permission` is what somebody needs to import and undo the kind on pages, beside that of importing;
    `named` says in words what its rows are where its own name does not.
    """

    name: str
    columns: tuple[Column, ...]
    targets: tuple[Target, ...]
    identity: tuple[str, ...]
    lookups: tuple[Lookup, ...] = ()
    rules: tuple[Rule | SetRule, ...] = ()
    locks: Locks = Locks.CLIENTS
    closed: ClosedMonths | None = None
    after_import: Callable[[Connection], tuple[str, ...]] | None = None
    after_undo: Callable[[Connection], None] | None = None
    permission: str = "import"
    named: str = ""

    @property
    def words(self) -> str:
        """Return how pages name its rows."""
        return self.named or self.name.replace("_", " ")

    def label_of(self, column: str) -> str:
        """Return how pages name one of its columns: in words, and by its own name behind them."""
        return next(f"{one.label} ({one.name})" for one in self.columns if one.name == column)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Return the names of all columns a file of this kind may have."""
        return tuple(c.name for c in self.columns)

    @property
    def client_cell(self) -> str:
        """Return the staged column that holds the client's code."""
        return "in_client" if "client" in self.column_names else "in_code"

    def fields_of(self, target: Target) -> tuple[Field, ...]:
        """Return the target's fields: those declared with it, and for the first target those that one column fills by itself."""
        if target is not self.targets[0]:
            return target.fields
        plain = (Field(c.into, _filled(c), (c.name,)) for c in self.columns if c.into and c.into not in target.identity)
        return (*plain, *target.fields)


def _filled(column: Column) -> str:
    return column.cell if column.default == "NULL" else f"coalesce({column.cell}, {column.default})"
