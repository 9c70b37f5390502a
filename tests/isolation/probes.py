"""Every command on every table, as each login, against rows of another vendor or client: what gets through is named."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection as PsycopgConnection
from psycopg import Error, errors, sql
from sqlalchemy import Engine

from caretally.db.roles import psycopg_connection
from caretally.tenancy.registry import CLIENT_TABLES
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.twins import A1, A2, B1, Shape, Sower, Twin

BY_POLICY, BY_GRANT = "row-level security policy", "permission denied for table"
BY_TRIGGER = ("are never changed or removed", "is signed by its provider only", "is decided once and ended once")


@dataclass(frozen=True)
class Asker:
    """A login and the twin that it asks for."""

    kind: str
    twin: Twin

    def engine(self, database: TestDatabase) -> Engine:
        """Return the login's pool; the owner's is the administrator's connection that acts as the owner."""
        return database.admin_engine if self.kind == "owner" else getattr(database, f"{self.kind}_engine")

    def strangers(self, table: str) -> tuple[Twin, ...]:
        """Return the twins whose rows of this table must stay hidden."""
        return (B1, A2) if self.kind == "practice" and table in CLIENT_TABLES else (B1,)


VENDOR, PRACTICE, OWNER = Asker("vendor", A1), Asker("practice", A1), Asker("owner", A1)


@contextmanager
def asking(database: TestDatabase, asker: Asker) -> Iterator[PsycopgConnection]:
    """Open the asker's transaction; whatever it does is rolled back."""
    with tenant_transaction(
        asker.engine(database), asker.twin.context(practice=asker.kind == "practice"), secret=database.secret
    ) as connection:
        raw = psycopg_connection(connection)
        with raw.transaction(force_rollback=True):
            yield raw


class Probes:
    """The probes of one table by one asker; rows made by a sower serve as what the asker tries to write."""

    def __init__(self, raw: PsycopgConnection, asker: Asker, table: str, sower: Sower) -> None:
        """Take the connection of the asker's transaction."""
        self.raw, self.asker, self.table, self.sower = raw, asker, table, sower
        self.name = sql.Identifier(table)
        self.levels = ("vendor_id", "client_id") if table in CLIENT_TABLES else ("vendor_id",)
        self.readable = readable(raw, table)

    def leaks(self) -> list[str]:
        """Return one sentence for each thing that got through."""
        found = [f"{self.asker.kind} {self.table}: {leak}" for leak in self._reads()]
        for stranger in self.asker.strangers(self.table):
            probes = (self._aggregates, self._insert, self._upsert, self._update, self._move, self._delete)
            got = [leak for probe in probes if (leak := probe(stranger))]
            found += [f"{self.asker.kind} {self.table}: {leak} {stranger.vendor}{stranger.client}" for leak in got]
        return found

    def _attempt(self, statement: sql.Composed, values: Any = ()) -> tuple[int, str]:
        """Return the rows that a statement changed or returned, or -1 and the error's text; it is rolled back."""
        try:
            with self.raw.transaction(force_rollback=True):
                return self.raw.execute(statement, values).rowcount, ""
        except Error as error:
            return -1, str(error)

    def _reads(self) -> Iterator[str]:
        rows, refusal = self._rows()
        strangers = self.asker.strangers(self.table)
        if refusal:
            if BY_GRANT not in refusal:
                yield f"reading fails: {refusal}"
            return
        if not any(str(self.asker.twin.vendor_id) in row for row in rows):
            yield "cannot read its own row"
        for stranger in strangers:
            marks = (
                stranger.key(self.table).lower(),
                str(stranger.client_id if self.levels[1:] and stranger is A2 else stranger.vendor_id),
            )
            if any(mark in row.lower() for row in rows for mark in marks):
                yield f"shows a row of {stranger.vendor}{stranger.client}"

    def _rows(self) -> tuple[list[str], str]:
        try:
            with self.raw.transaction():
                return [
                    row[0] for row in self.raw.execute(sql.SQL("SELECT to_jsonb(t)::text FROM {} t ORDER BY 1").format(self.readable))
                ], ""
        except Error as error:
            return [], str(error)

    def _where(self, stranger: Twin) -> tuple[sql.Composable, list[Any]]:
        levels = self.levels if stranger is A2 else self.levels[:1]
        return sql.SQL(" AND ").join(sql.SQL("t.{} = %s").format(sql.Identifier(n)) for n in levels), [getattr(stranger, n) for n in levels]

    def _aggregates(self, stranger: Twin) -> str:
        where, values = self._where(stranger)
        statement = sql.SQL(
            "SELECT 1 FROM (SELECT count(*) FILTER (WHERE {w}) n, count(DISTINCT t.*) FILTER (WHERE {w}) d FROM {t} t) c WHERE n + d > 0 "
            "OR EXISTS (SELECT FROM {t} t WHERE {w}) OR EXISTS (SELECT FROM {t} o LEFT JOIN {t} t USING (vendor_id) WHERE {w})"
        )
        count, _ = self._attempt(statement.format(w=where, t=self.readable), values * 4)
        return "counts, finds or joins rows of" if count > 0 else ""

    def _row(self, stranger: Twin) -> dict[str, Any]:
        """Return a new row of the asker's that claims to be the stranger's."""
        row = self.sower.row(self.table, Twin(self.asker.twin.vendor, self.asker.twin.client, "probe-"))
        return row | {
            name: getattr(stranger if stranger is not B1 or name == "vendor_id" else self.asker.twin, name) for name in self.levels
        }

    def _insert_statement(self, row: dict[str, Any], tail: str) -> sql.Composed:
        return sql.SQL("INSERT INTO {} ({}) VALUES ({}) {}").format(
            self.name, sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(sql.Placeholder() for _ in row), sql.SQL(tail)
        )

    def _refused(self, count: int, error: str) -> bool:
        return count == -1 and any(reason in error for reason in (BY_POLICY, BY_GRANT, *BY_TRIGGER))

    def _insert(self, stranger: Twin) -> str:
        row = self._row(stranger)
        outcome = self._attempt(
            self._insert_statement(row, "RETURNING vendor_id" if self.asker.kind != "practice" else ""), list(row.values())
        )
        return "" if self._refused(*outcome) else f"inserts as (policy did not refuse: {outcome[1][:80]})"

    def _upsert(self, stranger: Twin) -> str:
        row = self.sower.row(self.table, stranger)
        outcome = self._attempt(self._insert_statement(row, "ON CONFLICT DO NOTHING"), list(row.values()))
        return "" if self._refused(*outcome) else f"learns by ON CONFLICT of a row of ({outcome[1][:80]})"

    def _update(self, stranger: Twin) -> str:
        where, values = self._where(stranger)
        count, error = self._attempt(
            sql.SQL("UPDATE {} t SET vendor_id = vendor_id WHERE {} RETURNING t.*").format(self.name, where), values
        )
        return "" if count == 0 or BY_GRANT in error or any(reason in error for reason in BY_TRIGGER) else "updates rows of"

    def _move(self, stranger: Twin) -> str:
        level = "client_id" if stranger is A2 else "vendor_id"
        statement = sql.SQL("UPDATE {} t SET {} = %s WHERE vendor_id = %s").format(self.name, sql.Identifier(level))
        outcome = self._attempt(statement, [getattr(stranger, level), self.asker.twin.vendor_id])
        stepped = outcome[0] == -1 and ("only goes forward" in outcome[1] or "may only be reopened" in outcome[1])
        return "" if self._refused(*outcome) or stepped else f"moves its rows to ({outcome[1][:80]})"

    def _delete(self, stranger: Twin) -> str:
        where, values = self._where(stranger)
        count, error = self._attempt(sql.SQL("DELETE FROM {} t WHERE {} RETURNING 1").format(self.name, where), values)
        return "" if count == 0 or BY_GRANT in error or any(reason in error for reason in BY_TRIGGER) else "deletes rows of"


def readable(raw: PsycopgConnection, table: str) -> sql.Composable:
    """Return what of a table the login may read: the columns granted to it, or the table itself when it may read none or all."""
    columns = [
        row[0]
        for row in raw.execute(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped "
            "AND has_column_privilege(%(table)s::regclass, attnum, 'SELECT') ORDER BY attnum",
            {"table": table},
        )
    ]
    if not columns:
        return sql.Identifier(table)
    return sql.SQL("(SELECT {} FROM {})").format(sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table))


def leaks(database: TestDatabase, sower: Sower, table: str, *askers: Asker) -> list[str]:
    """Return what gets through to these askers in one table; empty when nothing does."""
    found: list[str] = []
    for asker in askers:
        with asking(database, asker) as raw:
            found += Probes(raw, asker, table, sower).leaks()
    return found


def seen(database: TestDatabase, asker: Asker, shape: Shape) -> str:
    """Return the SHA-256 over every row of every table that the asker may read."""
    digest = hashlib.sha256()
    with asking(database, asker) as raw:
        for table in shape.order:
            try:
                with raw.transaction():
                    rows = raw.execute(sql.SQL("SELECT to_jsonb(t)::text FROM {} t ORDER BY 1").format(readable(raw, table))).fetchall()
            except errors.InsufficientPrivilege:
                rows = [("may not be read",)]
            digest.update(repr((table, rows)).encode())
    return digest.hexdigest()


def message(action: Callable[[], Any]) -> str:
    """Return the text of the database error that an action raises, or `no error`."""
    try:
        action()
    except Error as error:
        return str(error)
    return "no error"
