"""Part 8 of the battery: every policy of every table is weakened in every way; the catalog and the twins must both see it."""

from dataclasses import dataclass

import pytest
from sqlalchemy import text

from caretally.tenancy.catalog import catalog_breaches
from caretally.tenancy.registry import CLIENT_TABLES
from tests.builders.databases import TestDatabase
from tests.builders.twins import TENANT_TABLES, Sower
from tests.isolation.probes import OWNER, PRACTICE, VENDOR, Asker, leaks

VENDOR_IS = "(vendor_id = (SELECT tenancy.current_vendor()))"
CLIENT_IS = "(client_id = ANY ((SELECT tenancy.current_clients())::uuid[]))"


@dataclass(frozen=True)
class Mutant:
    """One weakened policy: how it is planted, how it is mended, and who is asked."""

    table: str
    fault: str
    plant: str
    mend: str
    askers: tuple[Asker, ...]


def mutants_of(table: str, name: str, expression: str, create: str, askers: tuple[Asker, ...]) -> list[Mutant]:
    """Return one policy dropped, with USING true, and with CHECK true."""
    back = f"ALTER POLICY {name} ON {table} USING {expression} WITH CHECK {expression}"
    return [
        Mutant(table, f"{name} dropped", f"DROP POLICY {name} ON {table}", f"{create} USING {expression} WITH CHECK {expression}", askers),
        Mutant(table, f"{name} USING (true)", f"ALTER POLICY {name} ON {table} USING (true)", back, askers),
        Mutant(table, f"{name} WITH CHECK (true)", f"ALTER POLICY {name} ON {table} WITH CHECK (true)", back, askers),
    ]


def mutants(practice: str) -> list[Mutant]:
    """Return every mutant of every tenant table."""
    found: list[Mutant] = []
    for table in TENANT_TABLES:
        alter = f"ALTER TABLE {table} "
        found.append(Mutant(table, "no FORCE", alter + "NO FORCE ROW LEVEL SECURITY", alter + "FORCE ROW LEVEL SECURITY", (OWNER,)))
        askers = (VENDOR, OWNER, PRACTICE) if table == "attestation" else (VENDOR, OWNER)
        found += mutants_of(table, "tenant_vendor", VENDOR_IS, f"CREATE POLICY tenant_vendor ON {table} FOR ALL TO PUBLIC", askers)
        if table in CLIENT_TABLES:
            create = f'CREATE POLICY tenant_clients ON {table} AS RESTRICTIVE FOR ALL TO "{practice}"'
            found += mutants_of(table, "tenant_clients", CLIENT_IS, create, (PRACTICE,))
    return found


def execute(database: TestDatabase, statement: str) -> list[str]:
    """Execute a statement as the owner, commit it, and return what the catalog now says."""
    with database.admin_engine.begin() as connection:
        connection.execute(text(statement))
        return catalog_breaches(connection)


def test_every_weakened_policy_is_seen_by_the_catalog_and_by_the_twins(database: TestDatabase, sower: Sower, capsys: pytest.CaptureFixture[str]) -> None:
    practice = database.roles.name("practice")
    # so that the practice's policies stand alone, it may write here: otherwise the absent grant would refuse first
    expected = set(execute(database, f'GRANT SELECT, INSERT, UPDATE, DELETE ON {", ".join(CLIENT_TABLES)} TO "{practice}"'))
    by_catalog, by_twins, alive, all_mutants = 0, 0, [], mutants(practice)
    for mutant in all_mutants:
        told = set(execute(database, mutant.plant)) - expected
        leaked = leaks(database, sower, mutant.table, *mutant.askers)
        assert set(execute(database, mutant.mend)) == expected
        by_catalog, by_twins = by_catalog + bool(told), by_twins + bool(leaked)
        alive += [] if told and leaked else [f"{mutant.table}: {mutant.fault} ({'' if told else 'catalog '}{'' if leaked else 'twins'})"]
    killed = len(all_mutants) - len(alive)
    with capsys.disabled():
        print(f"\npolicy mutants: {killed} killed of {len(all_mutants)} ({100 * killed // len(all_mutants)} %); catalog {by_catalog}, twins {by_twins}")
    assert alive == []
    assert [leak for table in TENANT_TABLES for leak in leaks(database, sower, table, VENDOR, PRACTICE, OWNER)] == []
