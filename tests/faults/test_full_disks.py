"""Disks that are really full, under the real program: one sentence, exit 6, nothing half done, and all of it done once there is room."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from caretally.app.bring_up_to_date import bring_up_to_date
from caretally.db.roles import Roles
from caretally.embedded.server import ensure_server, remove_server
from tests.builders.closing import busy_office
from tests.builders.databases import TestDatabase
from tests.builders.full_disk import FILLER, SmallDisk, small_disk
from tests.builders.office import Office
from tests.builders.program import program, slug_of

pytestmark = pytest.mark.drill
PATIENTS = "client,mrn,family_name,given_name,birth_date\n" + "".join(
    f"A,z{number},Osei{number},Ama,19{40 + number % 50}-02-{1 + number % 28:02}\n" for number in range(5000)
)
SMALL_DEMO = "from tests.builders.demo import plan_small_demos; plan_small_demos(); from caretally.app.cli import main; main()"


@pytest.fixture
def office(database: TestDatabase, caretally_environment: dict[str, str]) -> Office:
    """A vendor with two clients of two patients, one of them with 20 minutes in October."""
    return busy_office(database)


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    """A disk of 20 kB."""
    with small_disk(kilobytes=20) as made:
        yield made


def names(folder: Path) -> list[str]:
    """Return the names of the files below a folder, hidden ones too, but for what fills the disk."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != FILLER)


def test_the_documents_of_a_close_come_whole_or_not_at_all(office: Office, disk: SmallDisk) -> None:
    words = ["close", "2026-10", "--vendor", slug_of(office), "--out", str(disk.folder / "out")]
    assert disk.program(*words).is_one_sentence(
        6, "2026-10 is closed, but the files of A, B could not be written to", "run the same command again"
    )
    assert (names(disk.folder), office.value("SELECT count(*) FROM invoice")) == ([], 2)
    disk.grow(megabytes=4)
    assert disk.program(*words).code == 0
    assert (len(names(disk.folder)), office.value("SELECT count(*) FROM invoice")) == (12, 2)


def test_an_import_that_finds_no_room_for_its_rows_writes_nothing(office: Office, disk: SmallDisk, tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text(PATIENTS)
    words = ["import", "patients", str(tmp_path / "patients.csv"), "--vendor", slug_of(office)]
    home = disk.folder / "home"
    said = disk.program(*words, CARETALLY_HOME=str(home))
    assert said.is_one_sentence(6, "The rows of patients.csv cannot be kept under", "make room there and run it again")
    assert (names(home), office.value("SELECT count(*) FROM import_batch")) == ([], 0)
    disk.grow(megabytes=4)
    assert disk.program(*words, CARETALLY_HOME=str(home)).code == 0
    assert (names(home), office.value("SELECT count(*) FROM patient")) == ([], 5004)


def test_a_secret_that_cannot_be_kept_is_not_kept_by_half(office: Office, disk: SmallDisk) -> None:
    disk.fill()
    said = disk.program("verify", "--vendor", "any", CARETALLY_HOME=str(disk.folder / "home"), CARETALLY_SECRET_KEY="")
    assert said.is_one_sentence(6, f"secret_key: {disk.reason}")
    assert names(disk.folder / "home") == []


def test_a_home_too_small_for_a_database_says_so_and_keeps_no_part_of_one(disk: SmallDisk) -> None:
    home, nothing = disk.folder / "home", {"CARETALLY_DATABASE_URL": "", "CARETALLY_ROLE_PREFIX": "", "CARETALLY_SECRET_KEY": ""}
    if disk.mounted:
        disk.grow(megabytes=20)
    words = ["vendor", "create", "Harbor"]
    try:
        said = disk.program(*words, CARETALLY_HOME=str(home), **nothing)
        assert said.is_one_sentence(6, "PostgreSQL could not ", disk.reason if disk.mounted else "its program was ended by SIGXFSZ")
        assert [path for path in (home / "postgres").rglob("*") if path.name != "server.log"] == []
        disk.grow(megabytes=200)
        assert disk.program(*words, CARETALLY_HOME=str(home), **nothing).code == 0
    finally:
        remove_server(home)


def test_an_output_that_is_full_is_one_sentence_and_what_was_done_stands(office: Office, tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text("client,mrn,family_name,given_name,birth_date\nA,9,Osei,Ama,1940-02-01\n")
    words = ["import", "patients", str(tmp_path / "patients.csv"), "--vendor", slug_of(office)]
    said = program(*words, under=("sh", "-c", 'exec "$@" >/dev/full', "sh"))
    assert said.is_one_sentence(6, "No room is left for what this command writes; what it had finished stands")
    assert office.value("SELECT count(*) FROM patient WHERE mrn = '9'") == 1


def test_a_demo_whose_documents_find_no_room_goes_on_from_there(
    fresh_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in fresh_database.environment(home=tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    with small_disk(kilobytes=20) as disk:
        disk.start = [sys.executable, "-c", SMALL_DEMO]
        words = ["demo", "--exit", "--out", str(disk.folder / "demo-output")]
        said = disk.program(*words)
        assert (said.code, "could not be written to" in said.err.splitlines()[-1], "Traceback" in said.err) == (6, True, False)
        assert names(disk.folder) == []
        disk.grow(megabytes=40)
        assert disk.program(*words).code == 0
        assert (names(disk.folder).count("README.txt"), len(names(disk.folder)) > 40) == (1, True)


def test_a_database_whose_own_disk_is_full_loses_nothing_and_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(kilobytes=200 * 1024) as disk, server_on(disk.folder / "home") as database:
        for name, value in database.environment(home=tmp_path / "home").items():
            monkeypatch.setenv(name, value)
        office = busy_office(database)
        (tmp_path / "patients.csv").write_text(PATIENTS)
        importing = ["import", "patients", str(tmp_path / "patients.csv"), "--vendor", slug_of(office)]
        closing = ["close", "2026-10", "--vendor", slug_of(office)]
        disk.fill()
        assert disk.program(*importing).is_one_sentence(6, *(["The database has no room left, so nothing was"] if disk.mounted else []))
        if disk.mounted:
            said = disk.program(*closing)
            assert (said.code, said.out.count("The database has no room left, so nothing of "), said.err) == (6, 2, "")
        assert office.value("SELECT (SELECT count(*) FROM import_batch) + (SELECT count(*) FROM invoice)") == 0
        disk.empty()
        assert [disk.program(*words).code for words in (importing, closing, ["verify", "--vendor", slug_of(office)])] == [0, 0, 0]
        assert office.value("SELECT count(*) FROM patient") == 5004


def test_a_database_that_fell_for_want_of_room_says_so_and_rises_again_with_all_that_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(kilobytes=200 * 1024) as disk, server_on(disk.folder / "home") as database:
        for name, value in database.environment(home=disk.folder / "home").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("CARETALLY_DATABASE_URL", "")
        monkeypatch.setenv("CARETALLY_ROLE_PREFIX", "")
        office = busy_office(database)
        closing, verifying = [[*words, "--vendor", slug_of(office)] for words in (("close", "2026-10"), ("verify",))]
        closed = disk.program(*closing, "--client", "A")
        assert closed.code == 0
        if disk.mounted:
            disk.fill()
            fell_for_want_of_room(disk.folder / "home")
            said = disk.program(*closing)
            assert said.is_one_sentence(6, "PostgreSQL did not start; its log ", "server.log says: could not ", disk.reason)
        disk.empty()
        assert [disk.program(*words).code for words in (verifying, closing, verifying)] == [0, 0, 0]
        assert office.rows("SELECT number FROM invoice ORDER BY number") == [("INV-2026-0001",), ("INV-2026-0002",)]


def fell_for_want_of_room(home: Path) -> None:
    """Let the server on the full disk want a new file for its log of changes, which it cannot do without."""
    superuser = ensure_server(home, programs=os.environ.get("CARETALLY_POSTGRES_BIN", "")).superuser_url.replace("+psycopg", "")
    with pytest.raises(psycopg.Error), psycopg.connect(superuser, autocommit=True) as connection:
        for _ in range(99):
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("SELECT pg_logical_emit_message(true, 'full', 'disk')")


@contextmanager
def server_on(home: Path) -> Iterator[TestDatabase]:
    """Give the database of an embedded server of its own, removed afterwards."""
    url = make_url(ensure_server(home, programs=os.environ.get("CARETALLY_POSTGRES_BIN", "")).url)
    bring_up_to_date(url, roles=Roles.of(url), secret=TestDatabase.secret)
    database = TestDatabase(url, Roles.of(url))
    try:
        yield database
    finally:
        database.dispose()
        remove_server(home)
