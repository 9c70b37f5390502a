"""Part 2 of the battery: two vendors and two clients of one vendor, alike in every table; none sees or changes the other's."""

import time
from uuid import uuid4

import pytest
from psycopg import errors, sql
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from caretally.db.roles import psycopg_connection
from caretally.tenancy.context import TenantContext, context_key, signed_context
from caretally.tenancy.registry import CLIENT_TABLES, GLOBAL_TABLES
from tests.builders.databases import TestDatabase
from tests.builders.twins import A1, A2, B1, TENANT_TABLES, Sower, Twin, sow
from tests.isolation.probes import OWNER, PRACTICE, VENDOR, asking, leaks, message, seen


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_no_command_shows_or_changes_another_vendors_or_clients_row(database: TestDatabase, sower: Sower, table: str) -> None:
    assert leaks(database, sower, table, VENDOR, PRACTICE, OWNER) == []


def test_a_leak_planted_in_one_policy_is_found(database: TestDatabase, sower: Sower) -> None:
    with database.admin_engine.begin() as connection:
        connection.execute(text("ALTER POLICY tenant_vendor ON consent USING (true)"))
    try:
        assert "vendor consent: shows a row of B1" in leaks(database, sower, "consent", VENDOR)
    finally:
        with database.admin_engine.begin() as connection:
            connection.execute(text("ALTER POLICY tenant_vendor ON consent USING (vendor_id = (SELECT tenancy.current_vendor()))"))


def test_every_free_text_column_of_every_table_holds_a_canary(database: TestDatabase, sower: Sower) -> None:
    with asking(database, OWNER) as raw:
        for table in TENANT_TABLES:
            row = raw.execute(sql.SQL("SELECT to_jsonb(t) FROM {} t").format(sql.Identifier(table))).fetchone()
            bare = [c.name for c in sower.shape.columns[table] if c.type == "text" and not c.check and row and not row[0][c.name]]
            assert row is not None, table
            assert bare == [], table


def test_nothing_that_another_vendor_or_client_does_changes_what_is_seen(database: TestDatabase, sower: Sower) -> None:
    before = [seen(database, asker, sower.shape) for asker in (VENDOR, PRACTICE)]
    sow(database, Twin("B", "3"), tables=tuple(CLIENT_TABLES))
    with asking(database, VENDOR) as raw:
        raw.execute("UPDATE patient SET payer = 'changed' WHERE client_id = %s", [A2.client_id])
    assert [seen(database, asker, sower.shape) for asker in (VENDOR, PRACTICE)] == before
    sow(database, Twin("A", "3"), tables=tuple(CLIENT_TABLES))
    assert seen(database, PRACTICE, sower.shape) == before[1]
    assert seen(database, VENDOR, sower.shape) != before[0]


@pytest.mark.parametrize("stranger", [B1, A2], ids=["another vendor's", "another client's"])
@pytest.mark.parametrize("column", ["patient_id", "staff_id"])
def test_a_foreign_id_is_answered_like_one_that_does_not_exist(database: TestDatabase, sower: Sower, stranger: Twin, column: str) -> None:
    parent = column.removesuffix("_id")
    if parent == "staff":
        stranger = B1
    row = sower.row("time_entry", A1) | {"id": uuid4(), "external_id": "new"}
    answers = set()
    for foreign in (stranger.row_id(parent), uuid4()):
        with asking(database, VENDOR) as raw:
            values = row | {column: foreign}
            names = sql.SQL(", ").join(map(sql.Identifier, values))
            insert = sql.SQL("INSERT INTO time_entry ({}) VALUES ({})").format(names, sql.SQL(", ").join(sql.Placeholder() for _ in values))
            answers.add(message(lambda raw=raw, insert=insert, v=values: raw.execute(insert, list(v.values()))).replace(str(foreign), "ID"))  # type: ignore[misc]
    assert len(answers) == 1
    assert "violates foreign key constraint" in answers.pop()


@pytest.mark.parametrize("kind", ["vendor", "practice"])
def test_without_a_context_every_table_raises_and_none_is_empty(database: TestDatabase, sower: Sower, kind: str) -> None:
    with getattr(database, f"{kind}_engine").connect() as connection:
        raw = psycopg_connection(connection)
        for table in TENANT_TABLES:
            with pytest.raises(errors.InsufficientPrivilege, match=r"no tenant context|permission denied for table"), raw.transaction():
                raw.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))


EMPTY_UNTIL_LOADED = {"geographic_index", "pair_edit", "diagnosis_code"}


def test_the_common_tables_need_no_context(database: TestDatabase) -> None:
    with database.practice_engine.connect() as connection:
        rows = {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in GLOBAL_TABLES if table != "alembic_version"}
    assert {table for table, count in rows.items() if count == 0} <= EMPTY_UNTIL_LOADED


NOW = int(time.time())


def contexts(secret: bytes) -> dict[str, tuple[str, str, str]]:
    """Return login, context and refusal of each context that opens nothing."""
    key = context_key(secret)
    own, practice = A1.context(), A1.context(practice=True)
    signed = signed_context(own, key=key)
    return {
        "another vendor with the mac of ours": ("vendor", signed.replace(str(A1.vendor_id), str(B1.vendor_id)), "forged"),
        "signed by a stranger": ("vendor", signed_context(own, key=bytes(32)), "forged"),
        "an expiry put off": ("vendor", signed.replace(signed.split("|")[4], str(NOW + 99_999)), "forged"),
        "another actor": ("vendor", signed.replace("tester", "admin"), "forged"),
        "expired": ("vendor", signed_context(own, key=key, now_seconds=NOW - 7200), "expired"),
        "another key id": ("vendor", "2" + signed[1:], "forged"),
        "half a context": ("vendor", signed[:40], "malformed"),
        "a client more": (
            "practice",
            signed_context(practice, key=key).replace(str(A1.client_id), f"{A1.client_id},{A2.client_id}"),
            "forged",
        ),
        "all clients on the practice's login": ("practice", signed, "for another login"),
        "a practice's on the vendor's login": ("vendor", signed_context(practice, key=key), "for another login"),
        "no clients on the vendor's login": ("vendor", signed_context(TenantContext(A1.vendor_id, "x", ()), key=key), "for another login"),
    }


@pytest.mark.parametrize("name", contexts(b""))
def test_a_context_that_is_forged_expired_or_anothers_raises(database: TestDatabase, sower: Sower, name: str) -> None:
    kind, context, refusal = contexts(database.secret)[name]
    with getattr(database, f"{kind}_engine").connect() as connection:
        connection.execute(text("SELECT set_config('caretally.context', :context, true)"), {"context": context})
        with pytest.raises(ProgrammingError, match=refusal) as refused:
            connection.execute(text("SELECT count(*) FROM patient"))
    assert getattr(refused.value.orig, "sqlstate", "") == "42501"
