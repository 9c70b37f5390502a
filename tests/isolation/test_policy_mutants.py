"""Part 8 of the battery: every policy of every table is weakened in every way; the catalog and the twins must both see it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, text

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


def breaches(owner: Connection, *statements: str) -> set[str]:
    """Execute statements as the owner, commit them, and return what the catalog now says."""
    with owner.begin():
        for statement in ("SET LOCAL synchronous_commit = off", *statements):
            owner.execute(text(statement))
        return set(catalog_breaches(owner))


def let_the_practice_write(owner: Connection, practice: str) -> set[str]:
    """Let its policies stand alone, since the absent grants would refuse first; return what the catalog says of that."""
    writes = f'GRANT SELECT, INSERT, UPDATE, DELETE ON {", ".join(CLIENT_TABLES)} TO "{practice}"'
    return breaches(owner, writes, f'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA guard TO "{practice}"')


def everything_that_leaks(database: TestDatabase, sower: Sower) -> list[str]:
    """Return what gets through to anybody in any table."""
    return [leak for table in TENANT_TABLES for leak in leaks(database, sower, table, VENDOR, PRACTICE, OWNER)]


@pytest.fixture
def owner(database: TestDatabase) -> Iterator[Connection]:
    """One session of the owner for all mutants, so that the catalog's caches stay warm."""
    with database.admin_engine.connect() as connection:
        yield connection


@pytest.mark.drill
@pytest.mark.timeout(1200)
def test_every_weakened_policy_is_seen_by_the_catalog_and_by_the_twins(
    database: TestDatabase, owner: Connection, sower: Sower, record_property: Callable[[str, object], None]
) -> None:
    practice = database.roles.name("practice")
    expected = let_the_practice_write(owner, practice)
    assert everything_that_leaks(database, sower) == []
    survivors, planted = {"catalog": 0, "twins": 0}, mutants(practice)
    alive, mend = [], "SELECT 1"
    for mutant in planted:
        told = breaches(owner, mend, mutant.plant) - expected
        leaked = any(leaks(database, sower, mutant.table, asker) for asker in mutant.askers)
        mend = mutant.mend
        survivors = {"catalog": survivors["catalog"] + (not told), "twins": survivors["twins"] + (not leaked)}
        alive += [] if told and leaked else [f"{mutant.table}: {mutant.fault}"]
    killed = len(planted) - len(alive)
    record_property(
        "figure", f"policy mutants: {killed} killed of {len(planted)} ({100 * killed // len(planted)} %), survivors {survivors}"
    )
    assert alive == []
    assert breaches(owner, mend) == expected
    assert everything_that_leaks(database, sower) == []
