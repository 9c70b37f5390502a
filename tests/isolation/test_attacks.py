"""What somebody can try who gets a statement of their own into a session: none of it shows a row of another vendor or client."""

import pytest
from psycopg import Error, errors, sql

from caretally.db.roles import psycopg_connection
from caretally.tenancy.context import context_key, signed_context
from caretally.tenancy.registry import CLIENT_TABLES
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.twins import A1, A2, B1, TENANT_TABLES, Sower
from tests.isolation.fuzz_login import NOBODY
from tests.isolation.probes import PRACTICE, VENDOR, Asker, asking, readable

PEEK = """CREATE FUNCTION pg_temp.peek(cell text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
    AS $$ BEGIN RAISE NOTICE '%', cell; RETURN true; END $$"""
COLUMNS = """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'caretally'::regnamespace AND c.relname = ANY (%s) AND a.attnum > 0 AND NOT a.attisdropped
AND has_column_privilege(c.oid, a.attnum, 'SELECT') ORDER BY 1, a.attnum"""
ASKERS = pytest.mark.parametrize("asker", [VENDOR, PRACTICE], ids=["vendor", "practice"])


@ASKERS
def test_a_cheap_function_of_the_askers_is_called_for_no_hidden_row(database: TestDatabase, sower: Sower, asker: Asker) -> None:
    told: list[str] = []
    with asking(database, asker) as raw:
        raw.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        raw.execute(PEEK)
        for table in CLIENT_TABLES:
            try:
                with raw.transaction():
                    raw.execute(sql.SQL("SELECT 1 FROM {} t WHERE pg_temp.peek(to_jsonb(t)::text)").format(readable(raw, table)))
            except errors.InsufficientPrivilege:
                continue
    hidden = [twin.key("patient") for twin in (asker.strangers("patient"))]
    assert any(A1.key("patient") in row for row in told)
    assert [row for row in told if any(mark in row for mark in hidden)] == []


@ASKERS
def test_a_cast_that_fails_tells_no_hidden_value(database: TestDatabase, sower: Sower, asker: Asker) -> None:
    for stranger in asker.strangers("patient"):
        for column in ("mrn", "family_name", "payer"):
            with asking(database, asker) as raw:
                statement = sql.SQL("SELECT 1 FROM patient WHERE client_id = %s AND {}::int = 1").format(sql.Identifier(column))
                assert raw.execute(statement, [stranger.client_id]).fetchall() == []


@ASKERS
@pytest.mark.parametrize(
    "command", ["EXPLAIN (ANALYZE, VERBOSE) {}", "DECLARE c CURSOR FOR {}", "COPY ({}) TO STDOUT", "CREATE TEMP TABLE mine AS {}"]
)
def test_no_form_of_a_query_goes_past_the_policies(database: TestDatabase, sower: Sower, asker: Asker, command: str) -> None:
    with asking(database, asker) as raw:
        query = sql.SQL("SELECT to_jsonb(p)::text FROM {} p").format(readable(raw, "patient")).as_string(raw)
        if command.startswith("COPY"):
            with raw.cursor().copy(command.format(query).encode()) as copy:
                shown = b"".join(bytes(part) for part in copy).decode()
        else:
            shown = str(
                raw.execute(command.format(query).encode()).fetchall()
                if "EXPLAIN" in command
                else raw.execute(command.format(query).encode()).statusmessage
            )
            shown += (
                str(raw.execute("FETCH ALL FROM c" if "CURSOR" in command else "TABLE mine").fetchall()) if "EXPLAIN" not in command else ""
            )
    assert all(stranger.key("patient") not in shown for stranger in asker.strangers("patient"))
    assert A1.key("patient") in shown or "EXPLAIN" in command


@ASKERS
def test_the_statistics_show_no_value(database: TestDatabase, sower: Sower, asker: Asker) -> None:
    with database.admin_engine.begin() as connection:
        psycopg_connection(connection).execute("ANALYZE")
    with asking(database, asker) as raw:
        assert raw.execute("SELECT tablename FROM pg_stats WHERE tablename = ANY (%s)", [list(TENANT_TABLES)]).fetchall() == []
        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute("SELECT * FROM pg_statistic")


def test_a_session_sees_nothing_of_another_vendors_in_the_list_of_activity(database: TestDatabase, sower: Sower) -> None:
    with tenant_transaction(database.vendor_engine, B1.context(), secret=database.secret), asking(database, VENDOR) as raw:
        queries = str(raw.execute("SELECT query FROM pg_stat_activity WHERE datname = current_database()").fetchall())
        assert "set_config" in queries or "verified_context" in queries
        assert str(B1.vendor_id) not in queries


SHADOWS = {
    "client_lock": "CREATE TEMP TABLE client_lock (vendor_id uuid, client_id uuid)",
    "vendor_lock": "CREATE TEMP TABLE vendor_lock (vendor_id uuid)",
    "new_rows": "CREATE TEMP TABLE new_rows (vendor_id uuid, client_id uuid)",
    "client_month": "CREATE TEMP TABLE client_month (status text)",
}


@pytest.mark.parametrize("name", SHADOWS)
@pytest.mark.parametrize("path", ["caretally", "pg_temp, caretally", "pg_temp, pg_catalog"])
def test_a_temporary_table_does_not_stand_in_for_what_the_guards_lock(database: TestDatabase, sower: Sower, name: str, path: str) -> None:
    with asking(database, VENDOR) as raw:
        raw.execute(SHADOWS[name].encode())
        raw.execute(f"SET LOCAL search_path = {path}".encode())
        raw.execute("UPDATE caretally.patient SET payer = payer")
        held = raw.execute(
            "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'caretally.client_lock'::regclass"
        ).fetchone()
        assert held is not None
        assert held[0] > 0


@pytest.mark.parametrize("path", ["pg_temp, caretally", "pg_temp, pg_catalog"])
def test_a_shadowed_type_or_function_does_not_move_the_context(database: TestDatabase, sower: Sower, path: str) -> None:
    with asking(database, VENDOR) as raw:
        raw.execute("CREATE DOMAIN pg_temp.uuid AS text")
        raw.execute("CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'no' $$")
        raw.execute(f"SET LOCAL search_path = {path}".encode())
        assert raw.execute("SELECT DISTINCT vendor_id FROM caretally.patient").fetchall() == [(A1.vendor_id,)]


REFUSED = {
    "the key": "SELECT * FROM tenancy.context_key",
    "another role": 'SET ROLE "{owner}"',
    "another session user": 'SET SESSION AUTHORIZATION "{owner}"',
    "no policies": "SET LOCAL row_security = off; SELECT * FROM patient",
    "no triggers": "SET LOCAL session_replication_role = replica",
    "truncate": "TRUNCATE patient",
    "a definer called as a trigger": "CREATE TEMP TABLE t (vendor_id uuid, client_id uuid); "
    "CREATE TRIGGER g AFTER INSERT ON t REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.client_born()",
    "a trigger on a table": "CREATE TRIGGER g AFTER INSERT ON patient FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "a policy": "CREATE POLICY mine ON patient USING (true)",
    "a leakproof function": "CREATE FUNCTION pg_temp.f(text) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT true'",
    "a table": "CREATE TABLE caretally.mine (id int)",
    "a table elsewhere": "CREATE TABLE public.mine (id int)",
    "a schema": "CREATE SCHEMA mine",
    "an extension": "CREATE EXTENSION pg_trgm",
    "a file": "SELECT pg_read_file('postgresql.conf')",
    "a program": "COPY patient TO PROGRAM 'cat'",
    "copying in": "COPY patient FROM STDIN",
    "an attestation": "INSERT INTO attestation DEFAULT VALUES",
}


@ASKERS
@pytest.mark.parametrize("name", REFUSED)
def test_what_opens_a_way_around_is_refused(database: TestDatabase, sower: Sower, asker: Asker, name: str) -> None:
    with asking(database, asker) as raw, pytest.raises(Error) as refused:
        raw.execute(REFUSED[name].format(owner=database.roles.name("owner")).encode())
    assert refused.value.sqlstate in {"42501", "0A000", "58P01"}


def test_the_guards_own_functions_lock_no_other_vendors_rows(database: TestDatabase, sower: Sower) -> None:
    with asking(database, VENDOR) as raw:
        raw.execute("SELECT guard.share_client_locks(%s, %s), guard.take_vendor_lock(%s)", [[B1.vendor_id], [B1.client_id], [B1.vendor_id]])
        with tenant_transaction(database.vendor_engine, B1.context(), secret=database.secret) as other:
            free = [
                psycopg_connection(other).execute("SELECT client_id FROM client_lock FOR UPDATE NOWAIT").fetchall(),
                psycopg_connection(other).execute("SELECT vendor_id FROM vendor_lock FOR UPDATE NOWAIT").fetchall(),
            ]
        assert all(free)


def test_a_context_pointed_elsewhere_in_the_middle_of_a_transaction_raises(database: TestDatabase, sower: Sower) -> None:
    with asking(database, PRACTICE) as raw:
        signed = signed_context(A1.context(practice=True), key=context_key(database.secret))
        raw.execute("SELECT set_config('caretally.context', %s, true)", [signed.replace(str(A1.client_id), str(A2.client_id))])
        with pytest.raises(errors.InsufficientPrivilege, match="forged"):
            raw.execute("SELECT mrn FROM patient")


@ASKERS
@pytest.mark.parametrize("context", ["forged", "none"])
def test_without_a_true_context_every_question_is_refused_whether_or_not_a_row_answers_it(
    database: TestDatabase, sower: Sower, asker: Asker, context: str
) -> None:
    """A refusal that depended on the row would tell that there is one; by whichever way PostgreSQL looks the row up."""
    answered = []
    with asking(database, asker) as raw:
        columns = raw.execute(COLUMNS, [list(TENANT_TABLES)]).fetchall()
        signed = signed_context(A1.context(practice=asker is PRACTICE), key=context_key(database.secret))
        words = signed.replace(str(A1.vendor_id), str(B1.vendor_id)) if context == "forged" else ""
        raw.execute("SELECT set_config('caretally.context', %s, true)", [words])
        for way in ("enable_seqscan", "enable_indexscan"):
            for table, column in columns:
                asked = "lower({0})" if column == "slug" else "{0}"
                query = sql.SQL("SELECT count({0}) FROM {1} WHERE " + asked + " = %s").format(sql.Identifier(column), sql.Identifier(table))
                values = [sower.row(table, twin).get(column) for twin in (A1, B1, NOBODY)]
                for value in (value for value in values if value is not None):
                    try:
                        with raw.transaction(force_rollback=True):
                            raw.execute(sql.SQL("SET LOCAL {} = off").format(sql.Identifier(way)))
                            raw.execute(query, [value])
                            answered.append(f"{table}.{column} without {way}")
                    except errors.InsufficientPrivilege:
                        continue
                    except errors.UndefinedFunction:
                        break
    assert "\n".join(answered) == ""
