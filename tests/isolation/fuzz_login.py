"""Makes an attempt as one login and says what of a stranger's it brought to light."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from psycopg import Connection as PsycopgConnection
from psycopg import Error, sql
from psycopg.types.json import Jsonb
from sqlalchemy import text

from caretally.db.roles import psycopg_connection
from caretally.tenancy.registry import CLIENT_TABLES
from caretally.tenancy.transaction import bind_context
from tests.builders.databases import TestDatabase
from tests.builders.twins import A1, A2, B1, B2, TENANT_TABLES, Sower, Twin
from tests.isolation.fuzz_statements import Vocabulary
from tests.isolation.probes import Asker

# Nobody has these rows; of our own vendor's clients there is no ninth.
NOBODY, NO_CLIENT = Twin("Z", "9"), Twin("A", "9")
TOKEN = re.compile(r"⟦(\w+)\.(\w+)⟧")
MARK = re.compile(
    r"canary-[a-z][0-9]?-[\w-]*|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{64}\b", re.IGNORECASE
)
CHANGING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{64}|\d\d:\d\d:\d\d\.\d+(\+00)?", re.IGNORECASE
)
# EXPLAIN ANALYZE says whether the policy of clients was asked at all, and so whether a hidden row of the same vendor fits a condition that PostgreSQL
# may check first: a limit that docs/isolation.md names. Of another vendor's rows a plan says so of the vendor's id alone, and every word has to be alike.
EXECUTED = re.compile(r"\((actual rows=[\d.]+ loops=\d+|never executed)\)|\n\s*(Rows Removed by \w+( \w+)*|Heap Fetches): \d+")
# A search by words cuts names at an underscore.
# What a login that serves every vendor may see of them: names to choose from, heads to sign, who is whose member, who asked to read what, and which
# kind of the product's own work is due for whom.
ALLOWED = {
    "auth": re.compile(r"canary-[ab]\d?-(vendor-(slug|name)|client-name|membership|identity(_provider|$))"),
    "operator": re.compile(r"canary-[ab]\d?-(vendor-|audit(_head|$)|break(_glass-|$)|job(_schedule-kind|$))"),
    "migrate": re.compile(r"^$"),
}
COLUMNS = """SELECT c.relname, a.attname, has_column_privilege(c.oid, a.attnum, 'SELECT') FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'caretally'::regnamespace AND c.relname = ANY (%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum"""


@dataclass
class Fuzzed:
    """One login's session, in which every attempt is rolled back; `statements` counts what the database was asked."""

    raw: PsycopgConnection
    kind: str
    strangers: tuple[Twin, ...]
    sower: Sower
    roles: dict[str, str]
    statements: int = 0
    notices: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen to what the server says beside its answers."""
        self.raw.add_notice_handler(
            lambda said: self.notices.append(" ".join(map(str, (said.message_primary, said.message_detail, said.context))))
        )

    @cached_property
    def words(self) -> Vocabulary:
        """What this login may name."""
        found: dict[str, list[tuple[str, bool]]] = {}
        for table, column, may in self.raw.execute(COLUMNS, [list(TENANT_TABLES)]):
            found.setdefault(table, []).append((column, may))
        columns = {table: [name for name, may in named if may] or [name for name, _ in named] for table, named in found.items()}
        row = {table: [column.name for column in self.sower.shape.columns[table]] for table in found}
        return Vocabulary(columns, row, self.roles)

    @cached_property
    def values(self) -> dict[Twin, dict[str, dict[str, str]]]:
        """What the rows of the strangers and of nobody hold, as SQL literals."""
        rows = {twin: {table: self.sower.row(table, twin) for table in TENANT_TABLES} for twin in (*self.strangers, NOBODY, NO_CLIENT)}
        return {
            twin: {table: {name: self._literal(value) for name, value in row.items()} for table, row in tables.items()}
            for twin, tables in rows.items()
        }

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids and digests of rows that are not this login's; a login that serves every vendor may see ids."""
        if self.kind in ALLOWED:
            return frozenset()
        hidden = {B1, B2, *self.strangers}
        marks = {mark for twin in hidden for table in TENANT_TABLES for mark in MARK.findall(str(self.sower.row(table, twin)))}
        own = {mark for table in TENANT_TABLES for mark in MARK.findall(str(self.sower.row(table, A1)))}
        digests = {
            value.hex()
            for twin in hidden
            for table in TENANT_TABLES
            for value in self.sower.row(table, twin).values()
            if isinstance(value, bytes)
        }
        return frozenset(marks | digests) - own

    def leaks(self, attempt: tuple[str, ...]) -> list[str]:
        """Make the attempt and return a sentence for each thing of a stranger's that came to light."""
        if not any(TOKEN.search(statement) for statement in attempt):
            return self._marks(self._made(attempt), said=attempt)
        found = []
        for stranger in self._asked_about(attempt):
            asked = {twin: tuple(self._filled(statement, twin) for statement in attempt) for twin in (stranger, _nobody_like(stranger))}
            found += self._marks(self._made(asked[stranger]), said=asked[stranger])
            # asked twice, since a function says more of itself when a session calls it for the first time
            if (
                self.kind not in ALLOWED
                and not _is_timed(attempt)
                and not _plans_by_vendor(attempt)
                and all(self._told_apart(asked) for _ in range(2))
            ):
                found.append(f"{self.kind} learns whether there is a row of {stranger.vendor}{stranger.client}: {attempt}")
        return found

    def _told_apart(self, asked: dict[Twin, tuple[str, ...]]) -> bool:
        one, other = (_alike(self._made(statements), twin) for twin, statements in asked.items())
        return one != other

    def _asked_about(self, attempt: tuple[str, ...]) -> list[Twin]:
        """Return the strangers whose rows the attempt names; of another client of our own vendor only rows of its clients are."""
        tables = {table for statement in attempt for table, _ in TOKEN.findall(statement)}
        return [twin for twin in self.strangers if twin.vendor != A1.vendor or tables <= set(CLIENT_TABLES)]

    def _made(self, attempt: tuple[str, ...]) -> str:
        """Return everything that an attempt made the server say: rows, their names, notices and errors in full."""
        self.notices.clear()
        told: list[str] = []
        try:
            with self.raw.transaction(force_rollback=True):
                for statement in attempt:
                    self._execute(statement, told)
        except Error as error:
            diagnosis = error.diag
            told += map(str, (error, diagnosis.message_detail, diagnosis.message_hint, diagnosis.context, diagnosis.internal_query))
        # what is prepared outlives the transaction
        self.raw.execute("DEALLOCATE ALL")
        return "\n".join([*told, *self.notices])

    def _execute(self, statement: str, told: list[str]) -> None:
        self.statements += 1
        cursor = self.raw.cursor()
        if statement.startswith("COPY") and "STDOUT" in statement:
            with cursor.copy(statement.encode()) as copy:
                told.append(b"".join(bytes(part) for part in copy).decode(errors="replace"))
            return
        cursor.execute(statement.encode())
        told.append(str(cursor.statusmessage))
        while True:
            if cursor.description is not None:
                told.append(str([column.name for column in cursor.description]))
                told += [" ".join(map(_shown, row)) for row in cursor.fetchall()]
            if not cursor.nextset():
                return

    def _marks(self, told: str, *, said: tuple[str, ...]) -> list[str]:
        # an array of ids may be written without their dashes
        words = " ".join(said).lower()
        words += words.replace("-", "")
        found = {mark.lower() for mark in MARK.findall(told)}
        leaked = sorted(mark for mark in found if self._is_strangers(mark) and mark not in words and mark.replace("-", "") not in words)
        return [f"{self.kind} is shown {leaked[:3]} by {said}"] if leaked else []

    def _is_strangers(self, mark: str) -> bool:
        if not mark.startswith("canary-"):
            return mark in self.ids
        if self.kind in ALLOWED:
            return mark.startswith(("canary-a", "canary-b")) and not ALLOWED[self.kind].match(mark)
        other = ("canary-b", *(f"canary-{twin.vendor}{twin.client}-".lower() for twin in self.strangers))
        return mark.startswith(other)

    def _filled(self, statement: str, twin: Twin) -> str:
        return TOKEN.sub(lambda found: self.values[twin][found[1]].get(found[2], "NULL"), statement)

    def _literal(self, value: object) -> str:
        if isinstance(value, UUID):
            return f"'{value}'::uuid"
        return sql.Literal(Jsonb(value.obj) if isinstance(value, Jsonb) else value).as_string(self.raw)


def _nobody_like(stranger: Twin) -> Twin:
    return NO_CLIENT if stranger.vendor == A1.vendor else NOBODY


def _is_timed(attempt: tuple[str, ...]) -> bool:
    """Tell whether the answer holds times or the server's own numbers, which differ whatever is asked."""
    return any(words in statement for statement in attempt for words in ("EXPLAIN (ANALYZE, VERBOSE", "EXPLAIN ANALYZE", "debug"))


def _plans_by_vendor(attempt: tuple[str, ...]) -> bool:
    """Tell whether a plan is asked for that names a vendor's id: estimates and order of checks depend on how common it is."""
    return any("EXPLAIN" in statement and ".vendor_id⟧" in statement for statement in attempt)


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _alike(told: str, twin: Twin) -> str:
    """Return what was told without whose it is and without what differs from one moment to the next."""
    for name in (f"{twin.vendor}{twin.client}", twin.vendor):
        told = re.sub(f"canary-{name}-", "canary-X-", told, flags=re.IGNORECASE)
    return CHANGING.sub("ID", EXECUTED.sub("", told) if twin.vendor == A1.vendor else told)


@contextmanager
def fuzzing(database: TestDatabase, sower: Sower, kind: str) -> Iterator[Fuzzed]:
    """Open the session of a login as A1's; of one that serves every vendor, without a context."""
    engine = Asker(kind, A1).engine(database)
    strangers = (B1, A2) if kind == "practice" else (B1,)
    roles = {name: database.roles.name(name) for name in ("owner", "vendor", "practice")}
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("SET LOCAL statement_timeout = '5s'"))
        if kind in {"vendor", "practice", "owner"}:
            bind_context(connection, A1.context(practice=kind == "practice"), secret=database.secret)
        try:
            yield Fuzzed(psycopg_connection(connection), kind, strangers, sower, roles)
        finally:
            transaction.rollback()
