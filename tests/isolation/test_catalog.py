"""Part 1 of the battery: the catalog. Each check is seen to report the fault that it is there for, planted and rolled back."""

import pytest
from sqlalchemy import Connection, text

from caretally.tenancy.catalog import catalog_breaches
from tests.builders.databases import TestDatabase

OR_POLICY = "ALTER POLICY tenant_vendor ON patient USING (vendor_id = (SELECT tenancy.current_vendor()) OR mrn = 'x')"
SUBQUERY_POLICY = "ALTER POLICY tenant_vendor ON patient USING (vendor_id IN (SELECT vendor_id FROM vendor))"
ROW_FUNCTION_POLICY = "ALTER POLICY tenant_vendor ON patient USING (vendor_id = tenancy.current_vendor())"
DEFINER = "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM patient'"
KEY = "CREATE UNIQUE INDEX by_mbi ON patient (mbi)"
CROSS = "ALTER TABLE mdm ADD CONSTRAINT cross_client FOREIGN KEY (vendor_id, id, patient_id) REFERENCES patient NOT VALID"
NULLABLE = "ALTER TABLE import_before ALTER vendor_id DROP NOT NULL"
EXCLUSION = "ALTER TABLE stay ADD CONSTRAINT apart EXCLUDE USING gist (patient_id WITH =)"
AS_ADMINISTRATOR = "SET LOCAL ROLE NONE"
FAULTS = {
    "a table that is not registered": (["CREATE TABLE secret_note (id int PRIMARY KEY)"], "secret_note: is not registered"),
    "a stranger's table that a login may write": (
        [AS_ADMINISTRATOR, "CREATE TABLE public.note (id int)", 'GRANT INSERT ON public.note TO "{vendor}"'],
        "public.note: lies outside",
    ),
    "a stranger's table with a column for everybody": (
        [AS_ADMINISTRATOR, "CREATE TABLE public.note (id int)", "GRANT SELECT (id) ON public.note TO PUBLIC"],
        "public.note: lies outside",
    ),
    "a table of ours in another schema": (
        [
            AS_ADMINISTRATOR,
            "CREATE TABLE public.note (id int)",
            'GRANT CREATE ON SCHEMA public TO "{owner}"',
            'ALTER TABLE public.note OWNER TO "{owner}"',
        ],
        "public.note: lies outside",
    ),
    "a stranger's definer that a login may call": (
        [AS_ADMINISTRATOR, "CREATE FUNCTION public.peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"],
        "public.peek: is SECURITY DEFINER but",
    ),
    "a stranger's copy of our rows": (
        [AS_ADMINISTRATOR, "CREATE MATERIALIZED VIEW public.kept AS SELECT * FROM caretally.gate"],
        "public.kept: is a materialised view",
    ),
    "a stranger's view that a login may read": (
        [AS_ADMINISTRATOR, "CREATE VIEW public.seen AS SELECT 1 AS one", 'GRANT SELECT ON public.seen TO "{vendor}"'],
        "public.seen: is a view without",
    ),
    "a stranger's schema that a login may fill": (
        [AS_ADMINISTRATOR, 'GRANT CREATE ON SCHEMA public TO "{vendor}"'],
        "{vendor}: may create in the schema public",
    ),
    "a table in another schema": (["CREATE TABLE guard.note (id int PRIMARY KEY)"], "guard.note: lies outside"),
    "a registered table that is gone": (["DROP TABLE overpayment_review"], "overpayment_review: is registered but"),
    "row level security off": (["ALTER TABLE patient DISABLE ROW LEVEL SECURITY"], "patient: row level security is off"),
    "not forced": (["ALTER TABLE patient NO FORCE ROW LEVEL SECURITY"], "patient: row level security is not forced"),
    "a tenant column that may be null": (
        ["ALTER TABLE import_before DROP CONSTRAINT import_before_pkey", NULLABLE],
        "import_before: vendor_id is absent or",
    ),
    "an OR": ([OR_POLICY], "patient: policy tenant_vendor holds an OR"),
    "a sub-query": ([SUBQUERY_POLICY], "patient: policy tenant_vendor holds a sub-query"),
    "a function for each row": ([ROW_FUNCTION_POLICY], "patient: policy tenant_vendor holds a function"),
    "a policy more": (["CREATE POLICY more ON patient USING (false)"], "patient: policy is not declared: more"),
    "a policy less": (["DROP POLICY tenant_clients ON patient"], "patient: policy is missing: tenant_clients"),
    "a unique index over vendors": ([KEY], "patient: key by_mbi leads with (mbi)"),
    "an index over vendors": (["CREATE INDEX by_mbi ON patient (mbi)"], "patient: key by_mbi leads with (mbi)"),
    "an exclusion over vendors": ([EXCLUSION], "stay: key apart leads with (patient_id)"),
    "no primary key": (["ALTER TABLE late_entry DROP CONSTRAINT late_entry_pkey CASCADE"], "late_entry: has no primary key"),
    "a foreign key across clients": ([CROSS], "mdm: foreign key cross_client pairs"),
    "common data that refer to a tenant": (
        ["ALTER TABLE gate ADD vendor_id uuid REFERENCES vendor"],
        "gate: foreign key gate_vendor_id_fkey leads",
    ),
    "a definer that is not listed": ([DEFINER], "caretally.peek: is SECURITY DEFINER but"),
    "a definer less": (["ALTER FUNCTION guard.client_born() SECURITY INVOKER"], "guard.client_born: is on the list"),
    "a definer with the caller's path": (
        ["ALTER FUNCTION guard.client_born() RESET search_path"],
        "guard.client_born: is SECURITY DEFINER without",
    ),
    "a definer for everybody": (
        ["GRANT EXECUTE ON FUNCTION guard.client_born() TO PUBLIC"],
        "guard.client_born: is SECURITY DEFINER and everybody",
    ),
    "a materialised view": (["CREATE MATERIALIZED VIEW kept AS SELECT * FROM gate"], "kept: is a materialised view"),
    "a view that runs as its owner": (["CREATE VIEW open_patient AS SELECT * FROM patient"], "open_patient: is a view without"),
    "a rule": (["CREATE RULE gone AS ON DELETE TO patient DO INSTEAD NOTHING"], "patient: has the rule gone"),
    "a large object": (["SELECT lo_from_bytea(0, 'x')"], "is outside every policy"),
    "a child table": (["CREATE TABLE child () INHERITS (patient)"], "child: inherits"),
    "a right more": (['GRANT INSERT ON attestation TO "{vendor}"'], "attestation: grant is not declared: {vendor} INSERT"),
    "a right to everybody": (["GRANT SELECT ON patient TO PUBLIC"], "patient: grant is not declared: public SELECT"),
    "a right on a column": (
        ['GRANT UPDATE (payer) ON patient TO "{practice}"'],
        "patient: grant is not declared: {practice} UPDATE(payer)",
    ),
    "a right less": (['REVOKE SELECT ON visit FROM "{practice}"'], "visit: grant is missing: {practice} SELECT"),
    "a right to truncate": (['GRANT TRUNCATE ON patient TO "{vendor}"'], "{vendor}: may truncate"),
    "a right to create": (['GRANT CREATE ON SCHEMA caretally TO "{vendor}"'], "{vendor}: may create in the schema caretally"),
    "the key readable": (['GRANT SELECT (inner_block) ON tenancy.context_key TO "{auth}"'], "{auth}: can read or change the key"),
    "rights on tables to come": (["ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC"], "{owner}: gives rights on tables to come"),
    "truncating allowed": (["DROP TRIGGER never_truncated ON patient"], "patient: trigger is missing: never_truncated"),
    "a source without its guard": (["DROP TRIGGER guard_update_new ON consent"], "consent: trigger is missing: guard_update_new"),
    "a guard put aside": (["ALTER TABLE time_entry DISABLE TRIGGER guard_delete"], "time_entry: trigger is missing: guard_delete"),
    "frozen rows that thaw": (["DROP TRIGGER never_changed ON invoice"], "invoice: trigger is missing: never_changed"),
}


def breaches_after(connection: Connection, statements: list[str], names: dict[str, str]) -> list[str]:
    """Plant a fault and return what the catalog says; the caller rolls back."""
    for statement in statements:
        connection.execute(text(statement.format(**names)))
    return catalog_breaches(connection)


@pytest.fixture
def names(database: TestDatabase) -> dict[str, str]:
    """The role names of the module's database by kind."""
    return {kind: database.roles.name(kind) for kind in ("vendor", "practice", "auth", "owner")}


def test_the_catalog_holds_no_breach(database: TestDatabase) -> None:
    with database.admin_engine.connect() as connection:
        assert catalog_breaches(connection) == []


def test_a_customers_own_login_may_ask(database: TestDatabase) -> None:
    with database.operator_engine.connect() as connection:
        assert catalog_breaches(connection) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_reported(database: TestDatabase, names: dict[str, str], fault: str) -> None:
    statements, sentence = FAULTS[fault]
    with database.admin_engine.connect() as connection:
        assert any(sentence.format(**names) in breach for breach in breaches_after(connection, statements, names))
        connection.rollback()
