"""A database that somebody gives: its login may make roles and create in it, and no more; what else is in it stays as it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from caretally.cms.reference_files import DATA_FOLDER
from caretally.db.engines import operator_engine
from caretally.db.roles import Roles
from caretally.tenancy.catalog import catalog_breaches
from tests.builders.databases import MAY_CREATE, TestDatabase, database_of_a_login
from tests.builders.import_files import DOCTOR, ROSTER
from tests.builders.program import Said, program

STRANGERS = (
    "CREATE TABLE public.patient (id int PRIMARY KEY, name text)",
    "INSERT INTO public.patient VALUES (1, 'a stranger''s own')",
    "CREATE TABLE public.alembic_version (version_num text)",
    "INSERT INTO public.alembic_version VALUES ('0001')",
    "CREATE VIEW public.patients AS SELECT name FROM public.patient",
    "CREATE FUNCTION public.count_patients() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.patient'",
    "CREATE SCHEMA billing",
    "CREATE MATERIALIZED VIEW billing.kept AS SELECT * FROM public.patient",
)
PUBLIC = """
SELECT 'schema ' || nspname || ' ' || pg_get_userbyid(nspowner) || ' ' || coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname IN ('public', 'billing')
UNION ALL SELECT 'class ' || relname || ' ' || pg_get_userbyid(relowner) || ' ' || relrowsecurity || ' ' || coalesce(relacl::text, '')
FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'billing'::regnamespace)
UNION ALL SELECT 'function ' || proname || ' ' || pg_get_userbyid(proowner) || ' ' || coalesce(proacl::text, '')
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'row ' || id || ' ' || name FROM public.patient UNION ALL SELECT 'version ' || version_num FROM public.alembic_version ORDER BY 1"""
ENTRY = "t1,LFM,1,rn,2026-10-05T10:00:00-04:00,25,CCM,care,medication review,rn\n"
SOURCES = (
    *ROSTER,
    ("agreements", "client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,38.00\n"),
    ("enrolments", "client,mrn,program,status,from\nLFM,1,CCM,enrolled,2026-01-05\n"),
    ("assignments", f"client,mrn,program,npi,from\nLFM,1,CCM,{DOCTOR},2026-01-05\n"),
    ("care_plans", "client,mrn,version,effective_on,copy_given_on\nLFM,1,1,2026-01-06,2026-01-06\n"),
    ("conditions", "client,mrn,icd10\nLFM,1,E11.9\nLFM,1,I10\n"),
    (
        "consents",
        f"client,mrn,program,npi,method,obtained_on,scope,cost_sharing,one_practitioner,stop\nLFM,1,CCM,{DOCTOR},verbal,2026-01-05,yes,yes,yes,yes\n",
    ),
    ("visits", f"client,mrn,visited_on,kind,npi\nLFM,1,2026-01-05,AWV,{DOCTOR}\n"),
    (
        "time",
        "external_id,client,mrn,staff,started_at,duration,program,activity,description,approved_by\n" + ENTRY,
    ),
)


@pytest.fixture
def given(server: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[URL]:
    """The address of such a database with a stranger's tables in it, named in the environment."""
    with database_of_a_login(server, MAY_CREATE, *STRANGERS) as url:
        variables = TestDatabase(url, Roles.of(url)).environment(home=tmp_path / "home")
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield url


def asked(url: URL, query: str) -> list[Any]:
    """Return the first column of a query's rows."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return list(connection.scalars(text(query)))


def fine(said: Said) -> Said:
    """Return what a command said that must have succeeded."""
    assert said.code == 0, said
    return said


def test_a_month_is_imported_closed_and_verified_in_it(given: URL, tmp_path: Path) -> None:
    fine(program("migrate"))
    fine(program("vendor", "create", "Harbor Care", "--slug", "harbor"))
    for kind, body in SOURCES:
        (tmp_path / f"{kind}.csv").write_text(body, encoding="utf-8")
        fine(program("import", kind, str(tmp_path / f"{kind}.csv"), "--vendor", "harbor"))
    closed = program("close", "2026-10", "--vendor", "harbor", "--client", "LFM", "--json").json["clients"][0]
    assert closed["exceptions"] == {}
    assert (closed["status"], closed["billable"], closed["invoice"]["total_cents"]) == ("closed", 1, 3800)
    fine(program("verify", "--vendor", "harbor"))


def test_nothing_that_was_in_it_is_touched_or_taken_for_ours(given: URL, server: URL) -> None:
    there = server.set(database=given.database)
    before = asked(there, PUBLIC)
    fine(program("migrate"))
    assert asked(there, PUBLIC) == before
    engine = operator_engine(given, roles=Roles.of(given), secret=TestDatabase.secret)
    with engine.connect() as connection:
        assert catalog_breaches(connection) == []
    engine.dispose()


def test_our_roles_may_create_nothing_in_it(given: URL) -> None:
    fine(program("migrate"))
    may = "SELECT rolname FROM pg_roles WHERE starts_with(rolname, current_database() || '_') AND has_database_privilege(rolname, current_database(), 'CREATE')"
    assert asked(given, may) == []


def test_a_prefix_that_no_role_of_the_database_carries_is_named(given: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fine(program("migrate"))
    monkeypatch.setenv("CARETALLY_ROLE_PREFIX", "elsewhere")
    said = program("rules", "pack", str(DATA_FOLDER), "--dry-run")
    assert (said.code, said.out) == (6, "")
    assert said.err.strip().endswith(
        'cannot be used: role "elsewhere_owner" does not exist; CARETALLY_ROLE_PREFIX must be what it was when caretally migrate made the roles.'
    )
    assert len(said.err.splitlines()) == 1
