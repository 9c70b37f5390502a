"""What somebody who can write SQL of their own might try: statements made from the tables as the catalog has them.

An attempt is a few statements in one transaction. `⟦table.column⟧` in one of them stands for what a stranger's row of that table holds there: such
an attempt is made twice, with the stranger's values and with those of nobody, and must be answered alike.
"""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from caretally.tenancy.registry import CLIENT_TABLES

Draw = Any
SHADOWS = (
    "CREATE TEMP TABLE {table} (vendor_id uuid, client_id uuid)",
    "CREATE TEMP VIEW {table} AS SELECT * FROM caretally.{table}",
    "CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'no' $$",
    "CREATE FUNCTION pg_temp.current_vendor() RETURNS uuid LANGUAGE sql AS $$ SELECT NULL::uuid $$",
    "CREATE FUNCTION pg_temp.eq(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "CREATE OPERATOR pg_temp.= (FUNCTION = pg_catalog.uuid_ne, LEFTARG = uuid, RIGHTARG = uuid)",
    "CREATE DOMAIN pg_temp.uuid AS text",
)
SETTINGS = (
    "SET LOCAL row_security = off",
    "SET LOCAL search_path = pg_temp, caretally, tenancy",
    "SET LOCAL search_path = pg_temp, pg_catalog, caretally",
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL enable_seqscan = off",
    "SET LOCAL enable_indexscan = off",
    "SET LOCAL plan_cache_mode = force_generic_plan",
    "SET LOCAL debug_print_plan = on",
    "SET LOCAL client_min_messages = debug5",
    "SET LOCAL debug_parallel_query = on",
    "SET LOCAL constraint_exclusion = on",
    "RESET ROLE",
    "RESET SESSION AUTHORIZATION",
    "RESET caretally.context",
    "SET ROLE {owner}",
    "SET LOCAL ROLE {practice}",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION {vendor}",
    "SET LOCAL SESSION AUTHORIZATION {owner}",
    "SELECT set_config('role', '{owner}', true)",
    "SELECT set_config('session_authorization', '{owner}', false)",
    "SELECT set_config('row_security', 'off', true)",
    "SELECT set_config('is_superuser', 'on', true)",
)
# What a context is re-pointed to: its parts exchanged for a stranger's, with its own signature, another's or none.
CONTEXT = "current_setting('caretally.context', true)"
REPOINTED = (
    f"SELECT set_config('caretally.context', replace({CONTEXT}, split_part({CONTEXT}, '|', 2), ⟦vendor.vendor_id⟧::text), true)",
    f"SELECT set_config('caretally.context', replace({CONTEXT}, split_part({CONTEXT}, '|', 3), '*'), true)",
    f"SELECT set_config('caretally.context', replace({CONTEXT}, split_part({CONTEXT}, '|', 3), ⟦client.client_id⟧::text), true)",
    f"SELECT set_config('caretally.context', {CONTEXT} || '|', false)",
    f"SELECT set_config('caretally.context', '2' || substr({CONTEXT}, 2), true)",
    "SELECT set_config('caretally.context', '1|' || ⟦vendor.vendor_id⟧ || '|*|me|9999999999|' || encode(sha256('x'), 'hex'), true)",
    "SELECT set_config('caretally.context', '', true)",
    "SET LOCAL caretally.context = DEFAULT",
)
CONDITIONS = (
    "true",
    "{c} IS NOT NULL",
    "{c}::text LIKE '%anary%'",
    "{c}::text ~ 'canary-[A-Z]'",
    "{c}::text > 'a' OR true",
    "t.vendor_id <> (SELECT tenancy.current_vendor())",
    "t.vendor_id IS DISTINCT FROM tenancy.current_vendor()",
    "NOT (t.vendor_id = tenancy.current_vendor()) OR 1 = 1",
    "pg_temp.peek({c}::text)",
    "pg_temp.peek(t::text)",
    "({c}::text)::int = 1",
    "({c}::text)::date IS NULL",
    "({c}::text)::uuid IS NULL",
    "({c}::text)::jsonb IS NULL",
    "1 / (length({c}::text) - length({c}::text)) = 1",
    "xmlparse(content {c}::text || '<') IS NOT NULL",
    "{c}::text = ANY (SELECT {d}::text FROM {other} u)",
    "EXISTS (SELECT FROM {other} u WHERE u.{d} IS NOT NULL AND u.vendor_id <> t.vendor_id)",
    "(t.*) IS NOT NULL",
    "coalesce(nullif({c}::text, ''), 'x') <> ''",
    "t.ctid IS NOT NULL AND t.tableoid <> 0",
)
OUTPUTS = (
    "{columns}",
    "{c}",
    "t",
    "to_jsonb(t)::text",
    "row_to_json(t)",
    "array_agg({c}::text)",
    "string_agg({c}::text, ',')",
    "jsonb_agg(t)",
    "min({c}::text), max({c}::text), count(*)",
    "({c}::text)::int",
    "({c}::text)::numeric",
    "length({c}::text), md5({c}::text), reverse({c}::text)",
    "first_value({c}) OVER (ORDER BY {c}::text DESC), lag({c}) OVER ()",
    "(SELECT string_agg(u.{d}::text, ' ') FROM {other} u)",
    "mode() WITHIN GROUP (ORDER BY {c}::text)",
    "format('%s', t), quote_literal({c}::text)",
    'pg_typeof({c}), pg_column_size(t.*), {c}::text COLLATE "C"',
)
SOURCES = (
    "{table} t",
    "ONLY {table} t",
    "caretally.{table} AS t",
    "{table} t TABLESAMPLE BERNOULLI (100)",
    "{table} t JOIN {other} u USING (vendor_id)",
    "{other} u LEFT JOIN {table} t ON true",
    "{other} u FULL JOIN {table} t ON u.vendor_id = t.vendor_id",
    "{other} u RIGHT JOIN {table} t ON u.vendor_id <> t.vendor_id",
    "{table} t CROSS JOIN LATERAL (SELECT * FROM {other} u WHERE u.vendor_id IS NOT NULL OFFSET 0) u",
    "(SELECT * FROM {table} ORDER BY 1 LIMIT 50) t",
    "{table} t, pg_class k",
    "(TABLE {table} UNION ALL TABLE {table}) t",
)
TELL = (
    "CREATE FUNCTION pg_temp.tell() RETURNS SETOF text LANGUAGE plpgsql AS $f$ BEGIN RETURN QUERY SELECT x::text FROM ({query}) x; END $f$; "
    "SELECT * FROM pg_temp.tell()"
)
FORMS = (
    "{query}",
    "SELECT * FROM ({query}) AS q",
    "WITH q AS MATERIALIZED ({query}) SELECT * FROM q",
    "WITH q AS NOT MATERIALIZED ({query}) SELECT * FROM q UNION ALL SELECT * FROM q",
    "WITH RECURSIVE q AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM q WHERE n < 2) SELECT n, x FROM q, ({query}) AS x",
    "EXPLAIN (ANALYZE, VERBOSE) {query}",
    "EXPLAIN (ANALYZE, VERBOSE, SETTINGS, FORMAT JSON) {query}",
    "EXPLAIN {query}",
    "COPY ({query}) TO STDOUT",
    "COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)",
    "DECLARE c SCROLL CURSOR FOR {query}; FETCH ALL FROM c; MOVE BACKWARD ALL FROM c; FETCH LAST FROM c",
    "DECLARE c CURSOR WITH HOLD FOR {query}; SELECT * FROM cursor_to_xml('c', 100, false, false, '')",
    "PREPARE p AS {query}; EXECUTE p; EXPLAIN ANALYZE EXECUTE p",
    "CREATE TEMP TABLE mine AS {query}; TABLE mine; SELECT * FROM pg_stats WHERE tablename = 'mine'",
    "CREATE TEMP VIEW seen AS {query}; TABLE seen; SELECT pg_get_viewdef('seen'::regclass)",
    "SELECT query_to_xml($q${query}$q$, true, false, '')",
    "SELECT * FROM ts_stat($q$SELECT to_tsvector('simple', x::text) FROM ({query}) x$q$)",
    "DO $do$ DECLARE r record; BEGIN FOR r IN {query} LOOP RAISE NOTICE 'row %', r; END LOOP; END $do$",
    "DO $do$ DECLARE r record; BEGIN {query_into}; RAISE EXCEPTION 'found %', r USING DETAIL = r::text, HINT = r::text; END $do$",
    "DO $do$ BEGIN PERFORM * FROM ({query}) x; EXCEPTION WHEN OTHERS THEN RAISE NOTICE '% %', SQLERRM, SQLSTATE; END $do$",
    TELL,
    "SAVEPOINT deeper; {query}; ROLLBACK TO deeper; {query}",
)
CHANGES = (
    "UPDATE {table} t SET vendor_id = vendor_id WHERE {condition} RETURNING t.*",
    "UPDATE {table} t SET vendor_id = u.vendor_id FROM {other} u RETURNING t.*, u.*",
    "DELETE FROM {table} t USING {other} u WHERE {condition} RETURNING t.*, u.*",
    "INSERT INTO {table} SELECT t.* FROM {table} t WHERE {condition} ON CONFLICT DO NOTHING RETURNING *",
    "INSERT INTO {table} SELECT t.* FROM {table} t ON CONFLICT (vendor_id) DO UPDATE SET vendor_id = excluded.vendor_id RETURNING *",
    "INSERT INTO {table} SELECT t.* FROM {table} t",
    "MERGE INTO {table} t USING {other} u ON t.vendor_id = u.vendor_id WHEN MATCHED THEN UPDATE SET vendor_id = u.vendor_id",
    "WITH gone AS (DELETE FROM {table} t RETURNING t.*) SELECT * FROM gone",
    "SELECT {columns} FROM {table} t FOR UPDATE",
    "SELECT {columns} FROM {table} t FOR SHARE SKIP LOCKED",
    "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE NOWAIT",
    "TABLE {table}",
    "COPY {table} TO STDOUT",
    "COPY {table} FROM STDIN",
)
# Ways around the tables that are closed to a login; what they answer is looked at all the same.
BORROWED = (
    "CREATE TEMP TABLE new_rows (vendor_id uuid, client_id uuid); "
    "CREATE TRIGGER g AFTER INSERT ON new_rows FOR EACH ROW EXECUTE FUNCTION guard.note_late('a', 'b', 'c', 'd')"
)
TRICKS = (
    "SELECT * FROM pg_stats WHERE tablename = '{table}'",
    "SELECT * FROM pg_statistic",
    "SELECT * FROM pg_statistic_ext_data",
    "SELECT * FROM pg_stats_ext_exprs",
    "SELECT query FROM pg_stat_activity WHERE datname = current_database()",
    "SELECT * FROM pg_stat_statements",
    "SELECT * FROM pg_prepared_statements, pg_cursors",
    "SELECT * FROM pg_authid",
    "SELECT rolname, rolpassword FROM pg_roles",
    "SELECT * FROM pg_shadow",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT * FROM pg_largeobject",
    "SELECT * FROM pg_user_mappings",
    "SELECT * FROM pg_db_role_setting",
    "SELECT lo_get(oid) FROM pg_largeobject_metadata",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(lo_from_bytea(0, 'x'), 'caretally-fuzz')",
    "SELECT encode(lo_get(lo_from_bytea(0, convert_to((SELECT string_agg(t::text, '') FROM {table} t), 'UTF8'))), 'escape')",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT * FROM pg_ls_dir('.')",
    "SELECT pg_read_binary_file(pg_relation_filepath('{table}'))",
    "SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t (a int)",
    "CREATE EXTENSION dblink",
    "CREATE EXTENSION postgres_fdw",
    "CREATE EXTENSION pageinspect",
    "CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw",
    "COPY (SELECT t FROM {table} t) TO '/tmp/caretally-fuzz'",
    "COPY (SELECT t FROM {table} t) TO PROGRAM 'cat'",
    "SELECT table_to_xml('{table}'::regclass, true, false, '')",
    "SELECT schema_to_xml('caretally', true, false, '')",
    "SELECT query_to_xml_and_xmlschema('TABLE {table}', true, false, '')",
    "SELECT * FROM pg_logical_slot_get_changes('s', NULL, NULL)",
    "SELECT pg_create_logical_replication_slot('s', 'test_decoding')",
    "SELECT * FROM tenancy.context_key",
    "UPDATE tenancy.context_key SET inner_block = decode(repeat('36', 64), 'hex')",
    "SELECT key FROM tenancy.verified_context() AS key",
    "SELECT tenancy.append_event('fuzz', jsonb_build_object('said', (SELECT string_agg(t::text, '') FROM {table} t)))",
    "SELECT tenancy.append_event('Not An Action', '[]')",
    "SELECT * FROM tenancy.staff_at_work((SELECT array_agg(id) FROM {table}))",
    "SELECT * FROM tenancy.staff_at_work(NULL)",
    "SELECT * FROM tenancy.named_on_record((SELECT id FROM patient LIMIT 1), (SELECT array_agg({c}::text) FROM {table}))",
    "SELECT tenancy.person_hashes(ARRAY['x', NULL])",
    "SELECT tenancy.analyse(ARRAY['{table}', 'pg_authid'])",
    "SELECT tenancy.unknown_to_planner(NULL, ARRAY['{table}'], 1)",
    "SELECT import.refresh_statistics('{table}', 1000000)",
    "SELECT guard.share_client_locks(ARRAY[NULL]::uuid[], ARRAY[NULL]::uuid[]), guard.take_vendor_lock(NULL)",
    "SELECT guard.client_born()",
    "SELECT guard.refuse_closed('{table}', 'x', '2026-10-01')",
    BORROWED,
    "CREATE POLICY mine ON {table} USING (true)",
    "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "CREATE FUNCTION pg_temp.f(text) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT true'",
    "CREATE FUNCTION pg_temp.f() RETURNS SETOF {table} LANGUAGE sql SECURITY DEFINER AS 'TABLE {table}'; SELECT * FROM pg_temp.f()",
    "CREATE TABLE caretally.mine (id int)",
    "CREATE VIEW public.seen AS TABLE {table}",
    "CREATE TEMP TABLE child () INHERITS ({table})",
    "CREATE INDEX mine ON {table} ((t::text))",
    "GRANT SELECT ON {table} TO PUBLIC",
    "TRUNCATE {table}",
    "ANALYZE VERBOSE {table}",
    "VACUUM {table}",
    "NOTIFY fuzz, 'x'",
    "SECURITY LABEL ON TABLE {table} IS 'x'",
    "COMMENT ON TABLE {table} IS 'x'",
    "SELECT currval(oid), last_value FROM pg_class, pg_sequences WHERE relkind = 'S'",
)
# Questions about a stranger's row whose answer must not depend on there being one.
QUESTIONS = (
    "{insert}",
    "{insert} ON CONFLICT DO NOTHING",
    "{insert} ON CONFLICT DO NOTHING RETURNING *",
    "WITH tried AS ({insert} ON CONFLICT DO NOTHING RETURNING 1) SELECT count(*) FROM tried",
    "DO $do$ BEGIN {insert}; EXCEPTION WHEN OTHERS THEN RAISE NOTICE '% %', SQLSTATE, SQLERRM; END $do$",
    "SELECT {columns} FROM {table} t WHERE {c} = ⟦{table}.{c}⟧",
    "SELECT count(*), bool_or({c} = ⟦{table}.{c}⟧) FROM {table} t",
    "SELECT EXISTS (SELECT FROM {table} t WHERE {c} = ⟦{table}.{c}⟧)",
    "SELECT {columns} FROM {table} t WHERE {c} = ⟦{table}.{c}⟧ AND 1 / (length({c}::text) - length({c}::text)) = 1",
    "SELECT {columns} FROM {table} t WHERE {c} = ⟦{table}.{c}⟧ FOR UPDATE",
    "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT FROM {table} t WHERE {c} = ⟦{table}.{c}⟧",
    "UPDATE {table} t SET {c} = ⟦{table}.{c}⟧",
    "UPDATE {table} t SET vendor_id = vendor_id WHERE {c} = ⟦{table}.{c}⟧ RETURNING 1",
    "DELETE FROM {table} t WHERE {c} = ⟦{table}.{c}⟧ RETURNING 1",
    "SELECT guard.share_client_locks(ARRAY[⟦client.vendor_id⟧]::uuid[], ARRAY[⟦client.client_id⟧]::uuid[])",
    "SELECT * FROM tenancy.staff_at_work(ARRAY[⟦staff.id⟧]::uuid[])",
    "SELECT * FROM tenancy.named_on_record(⟦patient.id⟧, ARRAY[⟦staff.code⟧]::text[])",
    "SELECT tenancy.unknown_to_planner(⟦client.client_id⟧, ARRAY['{table}'], 1)",
    "SELECT set_config('caretally.context', ⟦vendor.vendor_id⟧::text, true), tenancy.current_vendor()",
)
PEEK = "CREATE FUNCTION pg_temp.peek(cell text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE '%', cell; RETURN true; END $$"


@dataclass(frozen=True)
class Vocabulary:
    """What a login may name: columns of each table (those that it may read, else all), the columns of a whole row, and the roles' names."""

    columns: dict[str, list[str]]
    row: dict[str, list[str]]
    roles: dict[str, str]


def attempts(words: Vocabulary, *, tables: list[str], only_reads: bool = False) -> st.SearchStrategy[tuple[str, ...]]:
    """Return the strategy of attempts on these tables; `only_reads` leaves out what an owner of the tables could do to them by right."""
    return st.composite(_attempt)(words, tables, only_reads)


def _attempt(draw: Draw, words: Vocabulary, tables: list[str], only_reads: bool) -> tuple[str, ...]:
    names = _names(draw, words, tables)
    kinds = (_question, _read) if only_reads else (_question, _read, _read, _change, _trick)
    said = draw(st.sampled_from(kinds))(draw, names)
    before = [] if only_reads or draw(st.integers(0, 2)) else [_before(draw, names)]
    peek = [PEEK] if "pg_temp.peek" in said else []
    return (*before, *peek, *([said] if "$" in said else said.split("; ")))


def _names(draw: Draw, words: Vocabulary, tables: list[str]) -> dict[str, str]:
    table, other = draw(st.sampled_from(tables)), draw(st.sampled_from(tables))
    row = ", ".join(words.row[table])
    values = ", ".join(f"⟦{table}.{name}⟧" for name in words.row[table])
    return words.roles | {
        "table": table,
        "other": other,
        "columns": ", ".join(f"t.{name}" for name in words.columns[table]),
        "c": draw(st.sampled_from(words.columns[table])),
        "d": draw(st.sampled_from(words.columns[other])),
        "insert": f"INSERT INTO {table} ({row}) VALUES ({values})",
        "level": "client_id" if table in CLIENT_TABLES else "vendor_id",
    }


def _before(draw: Draw, names: dict[str, str]) -> str:
    return str(draw(st.sampled_from((*SETTINGS, *SHADOWS, *REPOINTED)))).format(**names)


def _query(draw: Draw, names: dict[str, str]) -> str:
    output, source, condition = (draw(st.sampled_from(some)) for some in (OUTPUTS, SOURCES, CONDITIONS))
    return f"SELECT {output} FROM {source} WHERE {condition}".replace("{c}", "t.{c}").format(**names)


def _read(draw: Draw, names: dict[str, str]) -> str:
    query = _query(draw, names)
    return str(draw(st.sampled_from(FORMS))).format(
        query=query, query_into=query.replace("SELECT ", "SELECT x INTO r FROM (SELECT ", 1) + ") x"
    )


def _change(draw: Draw, names: dict[str, str]) -> str:
    condition = str(draw(st.sampled_from(CONDITIONS))).replace("{c}", "t.{c}").format(**names)
    return str(draw(st.sampled_from(CHANGES))).format(**names, condition=condition)


def _trick(draw: Draw, names: dict[str, str]) -> str:
    return str(draw(st.sampled_from(TRICKS))).format(**names)


def _question(draw: Draw, names: dict[str, str]) -> str:
    return str(draw(st.sampled_from(QUESTIONS))).format(**names)
