"""Part 7 of the battery: a dump that is restored into a new database keeps every policy, grant and trigger, and shows each login the same rows."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url, text

from caretally.db.drop import drop_database
from caretally.db.roles import LOGINS
from caretally.embedded.programs import candidates
from caretally.embedded.server import ensure_server
from caretally.tenancy.catalog import catalog_breaches
from tests.builders.databases import TestDatabase, execute
from tests.builders.twins import A1, B1, Sower
from tests.conftest import given_server
from tests.isolation.probes import PRACTICE, VENDOR, Asker, leaks, seen

# Each fault as a line of the dump that is lost or changed, what the catalog then says, and whether rows of a stranger show.
FAULTS = {
    "a policy lost": ("CREATE POLICY tenant_vendor ON caretally.consent", "consent: policy is missing: tenant_vendor"),
    "row level security not switched on": ("ALTER TABLE caretally.stay ENABLE ROW LEVEL SECURITY", "stay: row level security is off"),
    "row level security not forced": (
        "ALTER TABLE ONLY caretally.visit FORCE ROW LEVEL SECURITY",
        "visit: row level security is not forced",
    ),
    "a trigger lost": ("CREATE TRIGGER guard_delete AFTER DELETE ON caretally.time_entry", "time_entry: trigger is missing: guard_delete"),
    "a grant lost": ("GRANT SELECT ON TABLE caretally.audit_event", "audit_event: grant is missing"),
}


def program(name: str) -> str:
    """Return the path of a program of PostgreSQL from the folder of the suite's server."""
    for folder in candidates(os.environ.get("CARETALLY_POSTGRES_BIN", "")):
        if (folder / name).exists():
            return str(folder / name)
    raise AssertionError(f"{name} is needed: install PostgreSQL's client programs, or set CARETALLY_POSTGRES_BIN to their folder")


def run(name: str, url: URL, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program of PostgreSQL on a database; its password is no word of the command."""
    address = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query).render_as_string()
    environment = os.environ | {"PGPASSWORD": str(url.password), "PGCONNECT_TIMEOUT": "30"}
    command = [program(name), *words, "--dbname", address]
    return subprocess.run(command, input=given, env=environment, capture_output=True, text=True, check=False, timeout=120)


def as_superuser(url: URL) -> URL:
    """Return the address of a database for the one login that no policy holds: the embedded server's, or the one that was given."""
    home = Path(os.environ["CARETALLY_TEST_HOME"])
    if given_server() is not None:
        return url
    return make_url(ensure_server(home, programs=os.environ.get("CARETALLY_POSTGRES_BIN", "")).superuser_url).set(database=url.database)


def dumped(database: TestDatabase) -> str:
    """Return a dump of the whole database as SQL."""
    done = run("pg_dump", as_superuser(database.url))
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@contextmanager
def restored(database: TestDatabase, dump: str) -> Iterator[TestDatabase]:
    """Give a new database that holds what the dump says; every statement of it must succeed."""
    name = f"{os.environ['CARETALLY_TEST_PREFIX']}_{secrets.token_hex(4)}"
    execute(database.url, f'CREATE DATABASE "{name}" TEMPLATE template0')
    copy = TestDatabase(database.url.set(database=name), database.roles)
    try:
        words = ("--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--single-transaction")
        done = run("psql", as_superuser(copy.url), *words, given=dump)
        assert done.returncode == 0, done.stderr[-2000:]
        yield copy
    finally:
        copy.dispose()
        drop_database(database.url, name, roles=database.roles)


def breaches(database: TestDatabase) -> list[str]:
    with database.admin_engine.connect() as connection:
        return catalog_breaches(connection)


@pytest.fixture(scope="module")
def dump(database: TestDatabase, sower: Sower) -> str:
    """The dump of the twins' database."""
    return dumped(database)


def test_what_is_restored_has_every_policy_grant_and_trigger(database: TestDatabase, dump: str) -> None:
    with restored(database, dump) as copy:
        assert breaches(copy) == []


def test_each_login_sees_the_same_in_what_is_restored(database: TestDatabase, sower: Sower, dump: str) -> None:
    askers = [Asker(kind, twin) for kind in ("vendor", "practice") for twin in (A1, B1)]
    with restored(database, dump) as copy:
        for asker in askers:
            assert seen(copy, asker, sower.shape) == seen(database, asker, sower.shape)
        for table in ("patient", "time_entry", "invoice", "staff"):
            assert leaks(copy, sower, table, VENDOR, PRACTICE) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_planted_in_the_dump_is_seen(database: TestDatabase, dump: str, fault: str) -> None:
    lost, said = FAULTS[fault]
    with restored(database, without(dump, lost)) as copy:
        assert [breach for breach in breaches(copy) if breach.startswith(said)], breaches(copy)


def test_a_policy_lost_from_the_dump_shows_in_what_is_seen(database: TestDatabase, sower: Sower, dump: str) -> None:
    weaker = dump.replace(policy(dump, "consent"), policy(dump, "consent").partition(" USING ")[0] + " USING (true);")
    with restored(database, weaker) as copy:
        assert seen(copy, VENDOR, sower.shape) != seen(database, VENDOR, sower.shape)
        assert "vendor consent: shows a row of B1" in leaks(copy, sower, "consent", VENDOR)


def test_a_dump_by_a_login_under_the_policies_fails_and_is_never_a_part(database: TestDatabase, sower: Sower, tmp_path: Path) -> None:
    logins = [database.roles.login(database.url, kind, secret=database.secret) for kind in LOGINS]
    for number, login in enumerate((database.url, *logins) if given_server() is None else logins):
        done = run("pg_dump", login, "--file", str(tmp_path / str(number)))
        assert done.returncode != 0
        assert "permission denied" in done.stderr or "row-level security" in done.stderr


def test_the_key_of_contexts_comes_with_the_dump_and_no_other_opens_it(database: TestDatabase, sower: Sower, dump: str) -> None:
    with restored(database, dump) as copy, copy.admin_engine.begin() as connection:
        keys = text("SELECT encode(sha256(inner_block || outer_block), 'hex') FROM tenancy.context_key")
        with database.admin_engine.connect() as original:
            assert connection.scalars(keys).all() == original.scalars(keys).all()


def without(dump: str, beginning: str) -> str:
    """Return the dump without the one statement that begins so."""
    assert dump.count(f"\n{beginning}") == 1, dump.count(beginning)
    before, _, rest = dump.partition(f"\n{beginning}")
    return before + "\n" + rest.partition(";\n")[2]


def policy(dump: str, table: str) -> str:
    """Return the statement that makes a table's policy of vendors."""
    start = dump.index(f"CREATE POLICY tenant_vendor ON caretally.{table} ")
    return dump[start : dump.index(";\n", start) + 1]
