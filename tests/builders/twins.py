"""Two vendors with two clients each, the same shapes in every table, and a canary in every free text column.

The rows are made from the catalog, so that a new table or column is covered without a change here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text

from caretally.db.roles import psycopg_connection
from caretally.tenancy.context import TenantContext
from caretally.tenancy.registry import CLIENT_TABLES, VENDOR_TABLES
from caretally.tenancy.transaction import bind_context
from tests.builders.databases import TestDatabase

TENANT_TABLES = (*VENDOR_TABLES, *CLIENT_TABLES)
BORN_BY_TRIGGER = frozenset({"vendor_lock", "vendor_secret", "client_lock", "audit_head"})
UNDECIDED = frozenset({"approved", "decided_by", "decider_name", "decided_at", "ends_at", "ended_by", "ended_at"})
CHECKED = {
    "npi": "1234567890",
    "country": "US",
    "state": "NY",
    "icd10": "E119",
    "place_of_service": "11",
    "medicare_locality": "01112-05",
    "accent": "#0b6259",
}
BY_TYPE: Mapping[str, Any] = {
    "boolean": True,
    "date": "2026-10-01",
    "integer": 1,
    "smallint": 1,
    "bigint": 1,
    "integer[]": [1],
    "smallint[]": [1],
    "bigint[]": [1],
    "date[]": ["2026-10-01"],
}
COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.attnotnull, a.atthasdef,
    (SELECT string_agg(pg_get_constraintdef(k.oid), ' ') FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum])
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'caretally'::regnamespace AND c.relname = ANY (%s) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY c.relname, a.attnum"""
REFERENCES = """
SELECT conrelid::regclass::text, confrelid::regclass::text,
    ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY k (n, o) JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY o),
    ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY k (n, o) JOIN pg_attribute ON attrelid = confrelid AND attnum = n ORDER BY o)
FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY (%s)"""


@dataclass(frozen=True)
class Column:
    """One column that an insert may name: its type, whether it may stay out, and the text of its own check."""

    name: str
    type: str
    needed: bool
    check: str


@dataclass(frozen=True)
class Reference:
    """One foreign key: the table it leads to and the pairs of columns."""

    parent: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Shape:
    """The tenant tables as the catalog has them."""

    columns: dict[str, list[Column]]
    references: dict[str, list[Reference]]

    @cached_property
    def order(self) -> list[str]:
        """The tables with parents before children."""
        done: list[str] = []
        while len(done) < len(self.columns):
            done += [
                t
                for t in self.columns
                if t not in done and all(r.parent in (*done, t) for r in self.references[t] if r.parent in self.columns)
            ]
        return done


@dataclass(frozen=True)
class Twin:
    """One of the four: vendor `A` or `B` with client `1` or `2`; `mark` tells a second set of the same client's rows apart."""

    vendor: str
    client: str
    mark: str = ""

    @property
    def vendor_id(self) -> UUID:
        """The vendor's id."""
        return uuid5(NAMESPACE_URL, f"vendor {self.vendor}")

    @property
    def client_id(self) -> UUID:
        """The client's id."""
        return uuid5(NAMESPACE_URL, f"client {self.vendor}{self.client}")

    def key(self, table: str) -> str:
        """Return who a row of this table belongs to: `canary-A-` for a vendor's, `canary-A1-` for a client's."""
        return f"canary-{self.vendor}{self.client if table in CLIENT_TABLES else ''}-{self.mark}"

    def row_id(self, table: str) -> UUID:
        """The id of this twin's row of a table."""
        return uuid5(NAMESPACE_URL, f"{table} {self.key(table)}")

    def context(self, *, practice: bool = False) -> TenantContext:
        """Return the context of the vendor's people, or of the people of this client."""
        return TenantContext(self.vendor_id, "tester", (self.client_id,) if practice else None)


ACCOUNT = uuid5(NAMESPACE_URL, "an account that serves both vendors")
A1, A2, B1, B2 = (Twin(vendor, client) for vendor in "AB" for client in "12")


def read_shape(connection: Connection) -> Shape:
    """Read the tenant tables from the catalog."""
    raw = psycopg_connection(connection)
    columns: dict[str, list[Column]] = {table: [] for table in TENANT_TABLES}
    for table, name, kind, not_null, default, check in raw.execute(COLUMNS, [list(TENANT_TABLES)]):
        columns[table].append(Column(name, kind, not_null and not default, check or ""))
    references: dict[str, list[Reference]] = {table: [] for table in TENANT_TABLES}
    for table, parent, own, theirs in raw.execute(REFERENCES, [list(TENANT_TABLES)]):
        references[table].append(Reference(parent, dict(zip(own, theirs, strict=True))))
    return Shape(columns, references)


class Sower:
    """Makes the rows of a twin, in any table, in the order of its foreign keys."""

    def __init__(self, connection: Connection) -> None:
        """Read the shapes on a connection that acts as the schema's owner."""
        self.connection = connection
        self.shape = read_shape(connection)
        self.global_keys = {
            r.parent: connection.scalar(text(f"SELECT min({next(iter(r.columns.values()))}) FROM {r.parent}"))
            for references in self.shape.references.values()
            for r in references
            if r.parent not in (*TENANT_TABLES, "account")
        }

    def row(self, table: str, twin: Twin) -> dict[str, Any]:
        """Return a whole row of the twin's, without inserting it; foreign keys lead to the same twin's rows."""
        parents = {column: self._parent_value(r, column, twin) for r in self.shape.references[table] for column in r.columns}
        return {column.name: parents.get(column.name, self._value(table, column, twin)) for column in self.shape.columns[table]}

    def _parent_value(self, reference: Reference, column: str, twin: Twin) -> Any:
        if reference.parent in self.global_keys:
            return self.global_keys[reference.parent]
        if reference.parent == "account":
            return ACCOUNT
        theirs = reference.columns[column]
        if theirs in {"vendor_id", "client_id"}:
            return getattr(twin, theirs)
        return twin.row_id(reference.parent) if theirs == "id" else self.row(reference.parent, twin)[theirs]

    def _value(self, table: str, column: Column, twin: Twin) -> Any:
        if table == "break_glass" and column.name in UNDECIDED:
            return None
        if column.name in {"vendor_id", "client_id"}:
            return getattr(twin, column.name)
        if column.name == "id":
            return twin.row_id(table)
        if column.type in {"text", "text[]", "jsonb", "bytea", "uuid", "uuid[]"}:
            return self._own_value(table, column, twin)
        return (
            None
            if not column.needed and column.type in {"date", "integer", "bigint", "numeric"} and column.name.endswith(END)
            else self._common_value(column)
        )

    def _common_value(self, column: Column) -> Any:
        if column.type.startswith("timestamp"):
            return datetime(2026, 10, 5, 15 if column.name.startswith("end") else 14, tzinfo=UTC)
        if column.name in {"enrolled", "billable", "held", "not_billable"} and column.type == "integer":
            return 0
        return BY_TYPE[column.type]

    def _own_value(self, table: str, column: Column, twin: Twin) -> Any:
        canary = f"{twin.key(table)}{table}-{column.name}"
        values = {"jsonb": Jsonb({"canary": canary}), "text[]": [canary], "uuid[]": [twin.row_id(canary)], "uuid": twin.row_id(canary)}
        if column.type in values:
            return values[column.type]
        if column.type == "bytea":
            return uuid5(NAMESPACE_URL, canary).bytes * 2
        shaped = {"slug": canary.lower().replace("_", "-"), "signer": "tester", "requested_by": "tester", "issuer": f"https://{canary}"}
        if column.name in shaped:
            return shaped[column.name]
        if listed := re.search(r"ARRAY\['([^']*)'", column.check):
            return listed[1]
        return CHECKED.get(column.name, canary) if "~" in column.check else canary

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        """Insert a row as it is."""
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        binds = sql.SQL(", ").join(sql.Placeholder() for _ in row)
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, binds)
        psycopg_connection(self.connection).execute(statement, list(row.values()))

    def missing(self, twin: Twin, *, but: tuple[Twin, ...] = ()) -> Iterator[str]:
        """Yield the tables, parents first, whose row of this twin has to be inserted: a vendor's rows are those of its first twin."""
        for table in self.shape.order:
            if table not in BORN_BY_TRIGGER and not any(other.key(table) == twin.key(table) for other in but):
                yield table


END = ("_to", "period_from", "percent", "_expires_on", "revoked_on", "resolved_on", "died_on")


def sow(database: TestDatabase, *twins: Twin, tables: tuple[str, ...] = TENANT_TABLES) -> None:
    """Insert every twin's row of every table, as the owner, with the guard of signatures put aside."""
    with database.auth_engine.begin() as connection:
        account = text(
            "INSERT INTO account (account_id, email, name) VALUES (:id, 'both@vendors.example', 'Of both') ON CONFLICT DO NOTHING"
        )
        connection.execute(account, {"id": ACCOUNT})
    with database.admin_engine.begin() as connection:
        connection.execute(text("ALTER TABLE attestation DISABLE TRIGGER signer"))
        # what is known of how common a value is shapes plans: tests say when a table is analysed, and no time of day does
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} SET (autovacuum_enabled = false)"))
        sower = Sower(connection)
        for number, twin in enumerate(twins):
            bind_context(connection, twin.context(), secret=database.secret)
            for table in sower.missing(twin, but=twins[:number]):
                if table in tables:
                    sower.insert(table, sower.row(table, twin))
        connection.execute(text("ALTER TABLE attestation ENABLE TRIGGER signer"))
