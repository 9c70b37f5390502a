"""Part 4 of the battery: SQL made up at random, as each login; nothing of a stranger's shows in an answer, a notice or an error.

`make test` makes some thousand statements, the same every time; `make drill` more than ten thousand new ones, and weakens every policy in turn.
"""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from sqlalchemy import text

from tests.builders.databases import TestDatabase
from tests.builders.twins import A1, A2, B1, B2, TENANT_TABLES, Sower, sow
from tests.isolation.fuzz_login import Fuzzed, fuzzing
from tests.isolation.fuzz_statements import attempts
from tests.isolation.test_policy_mutants import let_the_practice_write, mutants

LOGINS = ("vendor", "practice", "auth", "operator", "migrate")
IN_SUITE, FOR_A_MUTANT = 400, 1_200
STATEMENTS_IN_DRILL, ATTEMPTS_AT_ONCE = 10_000, 2_500
CALM = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck), verbosity=Verbosity.quiet, print_blob=False)
Figure = Callable[[str, object], None]
DEFINER = (
    "ALTER TABLE patient NO FORCE ROW LEVEL SECURITY; "
    "CREATE OR REPLACE FUNCTION tenancy.staff_at_work(ids uuid[]) RETURNS TABLE (staff_id uuid, staff text, credential text) "
    "LANGUAGE sql SECURITY DEFINER AS 'SELECT id, family_name, mrn FROM caretally.patient'"
)
PLANTED = {
    "a policy of the vendors": ("vendor", "consent", "ALTER POLICY tenant_vendor ON consent USING (true)"),
    "a policy of the clients": ("practice", "time_entry", 'ALTER POLICY tenant_clients ON time_entry TO "{practice}" USING (true)'),
    "a check that is lost": ("vendor", "visit", "ALTER POLICY tenant_vendor ON visit WITH CHECK (true)"),
    "a definer that asks nothing": (
        "practice",
        "patient",
        DEFINER,
    ),
    "the sign-in reads patients": (
        "auth",
        "patient",
        'GRANT SELECT ON patient TO "{auth}"; CREATE POLICY peep ON patient FOR SELECT TO "{auth}" USING (true)',
    ),
    "the operator reads a month": (
        "operator",
        "invoice",
        'GRANT SELECT ON invoice TO "{operator}"; CREATE POLICY peep ON invoice FOR SELECT TO "{operator}" USING (true)',
    ),
    "row level security is off": ("vendor", "stay", "ALTER TABLE stay DISABLE ROW LEVEL SECURITY"),
}


# What keys, the policy of clients and triggers refuse whatever this check says, so that no answer differs; the twins see each.
# Only a provider writes attestations: keys, the policy of clients and triggers refuse what this check would, so no answer differs; the twins see it.
SEEN_BY_TWINS_ALONE = ("attestation", "tenant_vendor WITH CHECK (true)")
EXPLAINED = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT FROM {t} t WHERE {c} = ⟦{t}.{c}⟧"


class Leaked(AssertionError):
    """Something of a stranger's came to light."""


def fuzz(fuzzed: Fuzzed, *, examples: int, tables: tuple[str, ...] = tuple(TENANT_TABLES), again: bool = True, shrink: bool = True) -> None:
    """Make so many attempts on the tables, the same `again` or new ones. Raises `Leaked`, with the shortest attempt if it is to `shrink`."""
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)

    @settings(CALM, max_examples=examples, derandomize=again, phases=phases)
    @given(attempts(fuzzed.words, tables=list(tables), only_reads=fuzzed.kind in {"migrate", "owner"}))
    def run(attempt: tuple[str, ...]) -> None:
        if found := fuzzed.leaks(attempt):
            raise Leaked("; ".join(found))

    run()


def sees_a_leak(database: TestDatabase, sower: Sower, kind: str, table: str, *, examples: int = FOR_A_MUTANT, again: bool = True) -> bool:
    with fuzzing(database, sower, kind) as fuzzed:
        try:
            fuzz(fuzzed, examples=examples, tables=(table,), again=again, shrink=False)
        except Leaked:
            return True
    return False


@pytest.mark.parametrize("kind", LOGINS)
def test_no_statement_made_up_shows_anything_of_a_strangers(
    database: TestDatabase, sower: Sower, kind: str, record_property: Figure
) -> None:
    with fuzzing(database, sower, kind) as fuzzed:
        fuzz(fuzzed, examples=IN_SUITE)
    assert fuzzed.statements >= IN_SUITE
    record_property("figure", f"{fuzzed.statements:,} statements as {kind}, nothing of a stranger's shown")


@pytest.mark.parametrize("kind", ["vendor", "practice"])
def test_explain_analyze_tells_nothing_of_another_vendors_rows_once_the_tables_are_analysed(
    database: TestDatabase, sower: Sower, kind: str, record_property: Figure
) -> None:
    with database.admin_engine.begin() as owner:
        for table in TENANT_TABLES:
            owner.execute(text(f"ANALYZE {table}"))
    with fuzzing(database, sower, kind) as fuzzed:
        fuzzed.strangers = (B1,)
        asked = [(EXPLAINED.format(t=table, c=column),) for table, columns in fuzzed.words.columns.items() for column in columns]
        assert [leak for attempt in asked for leak in fuzzed.leaks(attempt) if "learns" in leak] == []
    record_property("figure", f"EXPLAIN ANALYZE alike for {len(asked)} columns as {kind}")


@pytest.mark.parametrize("kind", LOGINS)
def test_no_column_that_a_login_may_read_shows_anything_of_a_strangers(database: TestDatabase, sower: Sower, kind: str) -> None:
    with fuzzing(database, sower, kind) as fuzzed:
        asked = [(f"SELECT {column} FROM {table}",) for table, columns in fuzzed.words.columns.items() for column in columns]
        assert [leak for attempt in asked for leak in fuzzed.leaks(attempt)] == []
    assert len(asked) >= len(TENANT_TABLES)


@pytest.mark.drill
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", LOGINS)
def test_no_statement_of_thousands_shows_anything_of_a_strangers(
    database: TestDatabase, sower: Sower, kind: str, record_property: Figure
) -> None:
    with fuzzing(database, sower, kind) as fuzzed:
        while fuzzed.statements < STATEMENTS_IN_DRILL:
            fuzz(fuzzed, examples=ATTEMPTS_AT_ONCE, again=False)  # raises what it finds
        assert (fuzzed.statements >= STATEMENTS_IN_DRILL, fuzzed.words.columns != {}) == (True, True)
    record_property("figure", f"{fuzzed.statements:,} statements as {kind}, nothing of a stranger's shown")


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_leak_is_seen(fresh_database: TestDatabase, fault: str) -> None:
    sow(fresh_database, A1, A2, B1, B2)
    kind, table, statements = PLANTED[fault]
    names = {name: fresh_database.roles.name(name) for name in ("practice", "auth", "operator")}
    with fresh_database.admin_engine.begin() as connection:
        sower = Sower(connection)
        assert not sees_a_leak(fresh_database, sower, kind, table, examples=100)
        for statement in statements.format(**names).split("; "):
            connection.execute(text(statement))
    assert sees_a_leak(fresh_database, sower, kind, table, examples=3_000)


@pytest.mark.drill
@pytest.mark.timeout(3600)
def test_every_weakened_policy_is_seen(fresh_database: TestDatabase, record_property: Figure) -> None:
    sow(fresh_database, A1, A2, B1, B2)
    practice = fresh_database.roles.name("practice")
    # without the policy of vendors there is no row for anybody: it is a loss, which the catalog and the twins see, and no leak
    planted = [
        mutant
        for mutant in mutants(practice)
        if mutant.fault != "tenant_vendor dropped" and (mutant.table, mutant.fault) != SEEN_BY_TWINS_ALONE
    ]
    alive = []
    with fresh_database.admin_engine.connect() as owner:
        let_the_practice_write(owner, practice)
        sower = Sower(owner)
        owner.rollback()
        for mutant in planted:
            with owner.begin():
                owner.execute(text(mutant.plant))
            # What the same attempts of every run miss is looked for with new ones, up to ten times as many.
            tries = ((FOR_A_MUTANT, True), *[(2 * FOR_A_MUTANT, False)] * 5)
            seen = (
                sees_a_leak(fresh_database, sower, asker.kind, mutant.table, examples=examples, again=again)
                for examples, again in tries
                for asker in mutant.askers
            )
            if not any(seen):
                alive.append(f"{mutant.table}: {mutant.fault}")
            with owner.begin():
                owner.execute(text(mutant.mend))
    record_property("figure", f"{len(planted) - len(alive)} weakened policies seen of {len(planted)}")
    assert alive == [], "\n".join(alive)
