"""The databases of the suite: one server for all workers, one migrated template, a copy of it for each test module.

The server is the one of CARETALLY_TEST_DATABASE_URL or CARETALLY_DATABASE_URL (a login that may create databases and roles),
else an embedded one, which the process that started the run stops at the end.
"""

import fcntl
import os
import secrets
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from caretally.app.bring_up_to_date import bring_up_to_date
from caretally.db.drop import drop_database, drop_roles
from caretally.db.roles import Roles
from caretally.embedded.server import ensure_server, remove_server
from tests.builders.databases import TestDatabase, execute
from tests.builders.pages import Pages

HOME = "CARETALLY_TEST_HOME"
PREFIX = "CARETALLY_TEST_PREFIX"


def pytest_configure(config: pytest.Config) -> None:
    """Let the controller choose, once and for all workers, where the suite's server lives and what its databases are called."""
    if not hasattr(config, "workerinput"):
        signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated"))
        os.environ[HOME] = tempfile.mkdtemp(prefix="caretally-test-")
        Path(os.environ[HOME]).chmod(0o711 if os.geteuid() == 0 else 0o700)
        os.environ[PREFIX] = f"ct_{secrets.token_hex(4)}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests recorded, whichever worker ran them, and the sums of those that several tests share (what, how many, of how many)."""
    sums: dict[str, Counter[str]] = {}
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, told in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(f"{report.nodeid}: {told}")
            elif name == "share":
                what, done, of_how_many = told
                sums.setdefault(what, Counter()).update(done=done, of=of_how_many)
    for what, summed in sums.items():
        rate = summed["done"] * 100 // max(summed["of"], 1)
        terminalreporter.write_line(f"{summed['done']:,} of {summed['of']:,} {what} ({rate} %)")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind: neither a process, nor a database, nor a role."""
    if not hasattr(config, "workerinput") and HOME in os.environ:
        home = Path(os.environ.pop(HOME))
        if (home / "template").exists():
            drop_everything(given_server() or make_url((home / "template").read_text()), prefix=os.environ[PREFIX])
        remove_server(home)
        shutil.rmtree(home, ignore_errors=True)


def given_server() -> URL | None:
    """Return the server that the environment names, if any."""
    address = os.environ.get("CARETALLY_TEST_DATABASE_URL") or os.environ.get("CARETALLY_DATABASE_URL")
    return make_url(address).set(drivername="postgresql+psycopg") if address else None


@contextmanager
def one_worker_at_a_time(home: Path) -> Iterator[None]:
    """Let one of xdist's workers at a time prepare what all share."""
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def server() -> URL:
    """The administrator's address of the suite's server; the first worker makes the migrated template there."""
    home, prefix = Path(os.environ[HOME]), os.environ[PREFIX]
    url = given_server()
    if url is None:
        embedded = ensure_server(home, programs=os.environ.get("CARETALLY_POSTGRES_BIN", ""))
        url = make_url(embedded.url)
    with one_worker_at_a_time(home):
        if not (home / "template").exists():
            execute(url, f"CREATE DATABASE {prefix}")
            bring_up_to_date(url.set(database=prefix), roles=Roles(prefix), secret=TestDatabase.secret)
            (home / "template").write_text(url.render_as_string(hide_password=False))
    return url


def make_database(server: URL, *, name: str) -> TestDatabase:
    """Return a copy of the migrated template, with its roles.

    A commit is answered before it is on the disk; tests of what survives a kill start servers of their own.
    """
    prefix = os.environ[PREFIX]
    with one_worker_at_a_time(Path(os.environ[HOME])):
        execute(server, f'CREATE DATABASE "{name}" TEMPLATE {prefix}', f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    return TestDatabase(server.set(database=name), Roles(prefix))


@contextmanager
def temporary_database(server: URL) -> Iterator[TestDatabase]:
    """Give a copy of the template and drop it afterwards."""
    database = make_database(server, name=f"{os.environ[PREFIX]}_{secrets.token_hex(4)}")
    try:
        yield database
    finally:
        database.dispose()
        drop_database(server, str(database.url.database), roles=database.roles)


@pytest.fixture(scope="module")
def database(server: URL) -> Iterator[TestDatabase]:
    """An empty database at the newest schema, shared by the tests of one module."""
    with temporary_database(server) as made:
        yield made


@pytest.fixture(scope="module")
def pages(database: TestDatabase) -> Pages:
    """The application over the module's database."""
    return Pages(database)


@pytest.fixture
def fresh_database(server: URL) -> Iterator[TestDatabase]:
    """An empty database at the newest schema for one test."""
    with temporary_database(server) as made:
        yield made


@pytest.fixture
def caretally_environment(database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Point the program, in this process and in those it starts, at the module's database and at a home of its own."""
    variables = database.environment(home=tmp_path / "home")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def drop_everything(server: URL, *, prefix: str) -> None:
    """Drop the suite's databases, those of killed workers too, and its roles."""
    engine = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        names = connection.scalars(text("SELECT datname FROM pg_database WHERE starts_with(datname, :prefix)"), {"prefix": prefix}).all()
    engine.dispose()
    for name in names:
        drop_database(server, name, roles=Roles(prefix))
    drop_roles(server, Roles(prefix))
