"""Commands on a server whose minor version is known to leak, each in a process of its own: one sentence, exit 6, nothing done."""

from pathlib import Path

import pytest

from tests.builders.closing import busy_office
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.older_server import server_that_says
from tests.builders.program import program, slug_of

CLIENTS = "code,name,timezone\nNEW,North,UTC\n"


@pytest.fixture
def office(database: TestDatabase, caretally_environment: dict[str, str]) -> Office:
    """A vendor with two clients, the database at the newest schema."""
    return busy_office(database)


def words_of(command: str, slug: str, folder: Path) -> list[str]:
    (folder / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    return {
        "migrate": ["migrate"],
        "import": ["import", "clients", str(folder / "clients.csv"), "--vendor", slug],
        "close": ["close", "2026-10", "--vendor", slug],
        "verify": ["verify", "--vendor", slug],
        "vendor": ["vendor", "create", "Harbor"],
    }[command]


@pytest.mark.parametrize("command", ["migrate", "import", "close", "verify", "vendor"])
def test_no_command_runs_on_a_server_with_known_leaks(office: Office, tmp_path: Path, command: str) -> None:
    before = office.value("SELECT count(*) FROM audit_event")
    with server_that_says(office.database.url, "17.5") as url:
        said = program(*words_of(command, slug_of(office), tmp_path), CARETALLY_DATABASE_URL=url.render_as_string(hide_password=False))
    assert said.is_one_sentence(6, "The database is PostgreSQL 17.5; CareTally needs at least 15.14, 16.10, 17.6, 18.0 (CVE-2025-8713).")
    assert office.value("SELECT count(*) FROM audit_event") == before


@pytest.mark.parametrize(
    ("version", "code"), [("14.20", 6), ("15.13", 6), ("16.9", 6), ("15.14", 0), ("16.10", 0), ("17.6", 0), ("18.0", 0)]
)
def test_the_oldest_minor_of_each_version_is_the_first_without(office: Office, version: str, code: int) -> None:
    with server_that_says(office.database.url, version) as url:
        said = program("verify", "--vendor", slug_of(office), CARETALLY_DATABASE_URL=url.render_as_string(hide_password=False))
    assert said.code == code, said
