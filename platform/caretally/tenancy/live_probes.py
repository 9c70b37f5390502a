"""Tries, on the live database and on behalf of one vendor, to reach rows of the others: every table, every command, each login; rolled back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from caretally.tenancy.context import KEY_ID, TenantContext, context_key, signed_context
from caretally.tenancy.read_rows import driver_for_others
from caretally.tenancy.registry import CLIENT_TABLES, VENDOR_TABLES
from caretally.tenancy.transaction import tenant_transaction

BY_POLICY, BY_GRANT = "row-level security policy", "permission denied for"
# What refuses a change of any row, one's own too: results of a close, attestations, counters.
BY_TRIGGER = (
    "are never changed or removed",
    "is signed by its provider only",
    "only goes forward",
    "may only be reopened",
    "is decided once and ended once",
)
NO_CONTEXT = "42501"
COLUMNS = "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"


@dataclass(frozen=True)
class Probed:
    """What was tried by one login on one table, or on the context: how many attempts, and each that got through in one sentence."""

    login: str
    table: str
    tried: int
    leaks: tuple[str, ...]


@dataclass(frozen=True)
class Strangers:
    """Whose rows must stay out of reach: other vendors, and the vendor's clients other than the one the practice asks for."""

    vendors: Sequence[UUID]
    clients: Sequence[UUID]


def probe_tables(
    engines: Mapping[str, Engine], own: UUID, client: UUID | None, strangers: Strangers, *, secret: bytes, actor: str
) -> Iterator[Probed]:
    """Yield what each login could do on each tenant table; `engines` holds the pools of `vendor` and `practice`.

    The practice asks for `client`; without one (a vendor that has no clients yet) only the vendor asks. Nothing that is tried is kept.
    """
    askers = [("vendor", TenantContext(own, actor))] + ([("practice", TenantContext(own, actor, (client,)))] if client else [])
    for login, context in askers:
        for table in (*VENDOR_TABLES, *CLIENT_TABLES):
            with _rolled_back(engines[login], context, secret=secret) as raw:
                outcomes = list(_probes(raw, table, own, client if login == "practice" else None, strangers))
            yield Probed(login, table, len(outcomes), tuple(f"{login} {leak} {table}" for leak in outcomes if leak))


def probe_contexts(engines: Mapping[str, Engine], own: UUID, stranger: UUID, *, secret: bytes) -> list[Probed]:
    """Return what each login was told without a context, with a forged, a re-pointed, an expired one and one for the other login."""
    key = context_key(secret)
    good = signed_context(TenantContext(own, "probe"), key=key)
    practice = signed_context(TenantContext(own, "probe", (stranger,)), key=key)
    expired = signed_context(TenantContext(own, "probe"), key=key, now_seconds=0)
    forged = signed_context(TenantContext(stranger, "probe"), key=bytes(32))
    wrong = {
        "no context": "",
        "a forged context": forged,
        "a context pointed at another vendor": good.replace(str(own), str(stranger), 1),
        "an expired context": expired,
        "a context of another key": good.replace(f"{KEY_ID}|", f"{KEY_ID + 1}|", 1),
    }
    found = []
    for login, engine in engines.items():
        tried = wrong | {"a context for the other login": practice if login == "vendor" else good}
        leaks = tuple(f"{login} reads with {what}" for what, context in tried.items() if not _is_refused(engine, context))
        found.append(Probed(login, "context", len(tried), leaks))
    return found


def _is_refused(engine: Engine, context: str) -> bool:
    with engine.connect() as connection:
        raw = driver_for_others(connection)
        raw.execute("SELECT set_config('caretally.context', %s, true)", [context])
        try:
            raw.execute("SELECT FROM client LIMIT 1")
        except psycopg.Error as error:
            return error.sqlstate == NO_CONTEXT
        finally:
            raw.rollback()
    return False


@contextmanager
def _rolled_back(engine: Engine, context: TenantContext, *, secret: bytes) -> Iterator[psycopg.Connection]:
    with tenant_transaction(engine, context, secret=secret) as connection:
        raw = driver_for_others(connection)
        with raw.transaction(force_rollback=True):
            yield raw


def _probes(raw: psycopg.Connection, table: str, own: UUID, client: UUID | None, strangers: Strangers) -> Iterator[str]:
    """Yield a word for each attempt: empty when it was refused or met nothing, else what it did."""
    levels = [("vendor_id", own, strangers.vendors)]
    if client and table in CLIENT_TABLES:
        levels.append(("client_id", client, strangers.clients))
    for level, mine, theirs in levels:
        name, column = sql.Identifier(table), sql.Identifier(level)
        where = sql.SQL("WHERE {} <> %s").format(column)
        yield "reads rows of another in" if _rows(raw, sql.SQL("SELECT FROM {} {} LIMIT 1").format(name, where), mine) > 0 else ""
        yield (
            "counts rows of another in"
            if _count(raw, sql.SQL("SELECT count(*) FROM {} WHERE {} = ANY(%s)").format(name, column), theirs)
            else ""
        )
        unchanged = sql.SQL("UPDATE {} SET {} = {} {}").format(name, column, column, where)
        yield "changes rows of another in" if _rows(raw, unchanged, mine) > 0 else ""
        yield "removes rows of another in" if _rows(raw, sql.SQL("DELETE FROM {} {}").format(name, where), mine) > 0 else ""
        for stranger in theirs[:1]:
            moved = sql.SQL("UPDATE {} SET {} = %s WHERE {} = %s").format(name, column, column)
            yield "moves rows to another in" if _rows(raw, moved, stranger, mine) > 0 else ""
            yield "writes as another into" if _rows(raw, _copied(raw, table, level), stranger) > 0 else ""


def _copied(raw: psycopg.Connection, table: str, level: str) -> sql.Composed:
    """Return a statement that inserts one of the asker's own rows as the stranger's."""
    columns = [row[0] for row in raw.execute(COLUMNS, [table])]
    values = [sql.SQL("%s") if name == level else sql.SQL("x.{}").format(sql.Identifier(name)) for name in columns]
    return sql.SQL("INSERT INTO {0} ({1}) SELECT {2} FROM {0} x LIMIT 1").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join(values)
    )


def _rows(raw: psycopg.Connection, statement: sql.Composed, *values: object) -> int:
    """Return how many rows a statement met, 0 when it was refused; it is rolled back.

    Any other error counts as a row: policies are asked before keys and triggers are, so the statement had got past them.
    """
    try:
        with raw.transaction(force_rollback=True):
            return raw.execute(statement, values).rowcount
    except psycopg.Error as error:
        if any(reason in str(error) for reason in (BY_POLICY, BY_GRANT, *BY_TRIGGER)):
            return 0
        return 1


def _count(raw: psycopg.Connection, statement: sql.Composed, theirs: Sequence[UUID]) -> int:
    try:
        with raw.transaction(force_rollback=True):
            row = raw.execute(statement, [list(theirs)]).fetchone()
            return int(row[0]) if row else 0
    except psycopg.errors.InsufficientPrivilege:
        return 0
