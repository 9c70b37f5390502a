"""One call gives the address of a running server, whoever called before and whatever was killed meanwhile."""

import contextlib
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL

from caretally.config.secret import make_home
from caretally.embedded import cluster
from caretally.embedded.account import Account, server_account
from caretally.embedded.place import Place, moved_to_free_port, read_place, settle
from caretally.embedded.programs import find_programs
from caretally.errors import DependencyDown

ADMIN = "caretally_admin"
DATABASE = "caretally"
START_SECONDS = 180
STOP_SECONDS = 60
# While it recovers, a server notes each time that we ask, which pushes what ended it far up.
WHOLE_START = 200_000
STARTS = 5


@dataclass(frozen=True, repr=False)
class EmbeddedServer:
    """A running server. `url` logs in as an administrator that is no superuser and owns the database `caretally`.

    `started` tells whether this very call started it. It has no repr, because the addresses hold passwords.
    """

    url: str
    superuser_url: str
    data: Path
    port: int
    started: bool


def ensure_server(home: Path, *, programs: str = "") -> EmbeddedServer:
    """Return the home's running server, started now if need be: data are made at the first call, a killed server is healed.

    Safe to call from several processes at once, as root and as an ordinary user. Raises `DependencyDown` with the reason.
    """
    place = read_place(home) if home.is_dir() else None
    if place is not None and answers(place) and has_database(place):
        return server_at(place, started=False)
    try:
        make_home(home)
        with only_one(home):
            return start_server(home, programs=programs)
    except OSError as error:
        raise DependencyDown(f"PostgreSQL could not be started under {home}: {why(error)}.") from error


def why(error: OSError) -> str:
    """Return what the system said in its own words; of a folder that could not be copied, what it said of the first file."""
    copied = error.args[0] if isinstance(error, shutil.Error) and error.args else None
    told = str(copied[0][2]) if isinstance(copied, list) and copied else ""
    said = re.search(r"\[Errno \d+\] ([^:]+)", told)
    return said[1] if said else error.strerror or type(error).__name__


def start_server(home: Path, *, programs: str) -> EmbeddedServer:
    """Start the server unless it answers by now; the caller holds the lock."""
    account = server_account()
    place = read_place(home)
    if place is None or not Path(place.folder).is_dir():
        find_programs(programs)
        place = settle(home, account)
    account = owner_of(Path(place.folder), account)
    if started := not answers(place):
        place = start_and_wait(home, place, account, programs=programs)
    make_database(place)
    return server_at(place, started=started)


def owner_of(folder: Path, account: Account) -> Account:
    """Return the account that owns the data: root may run the server of an ordinary user's home. Raises `DependencyDown`."""
    owner = folder.stat()
    if owner.st_uid == account.uid:
        return account
    if os.geteuid() == 0 and owner.st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid, other=True)
    raise DependencyDown(f"{folder} belongs to another user; run CareTally as that user or set CARETALLY_HOME to a folder of your own.")


def start_and_wait(home: Path, place: Place, account: Account, *, programs: str) -> Place:
    """Start the server until it answers and return its place, whose port may have changed. Raises `DependencyDown`."""
    major = cluster.data_major(place)
    found = find_programs(programs, major=major)
    usable = cluster.usable_programs(found, place, account)
    if major is None:
        cluster.make_data(usable, place, account, major=found.major)
    for attempt in range(STARTS):
        pid = cluster.postmaster(place) or cluster.start(usable, place, account)
        if wait_for_answer(place, pid):
            return place
        if "could not bind" in cluster.log_tail(place) or "could not create any TCP/IP sockets" in cluster.log_tail(place):
            place = moved_to_free_port(home, place)
        time.sleep(0.2 * (attempt + 1))
    raise DependencyDown(
        f"PostgreSQL did not start; its log {place.log} says: {cluster.why_it_ended(cluster.log_tail(place, letters=WHOLE_START))}"
    )


def wait_for_answer(place: Place, pid: int) -> bool:
    """Wait until the server answers; False when it ended before, or has not answered in the time that a recovery may take."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if answers(place):
            return True
        if not cluster.is_alive(pid):
            return False
        time.sleep(0.05)
    return False


def stop_server(home: Path) -> bool:
    """Stop the home's server and return whether one was running. Data stay. Raises `DependencyDown` when it does not stop."""
    place = read_place(home) if home.is_dir() else None
    if place is None:
        return False
    with only_one(home):
        pid = cluster.postmaster(place)
        if pid is None:
            return False
        for now in (False, True):
            cluster.stop(pid, now=now)
            if ended(pid):
                return True
    raise DependencyDown(f"PostgreSQL (process {pid}) did not stop within {2 * STOP_SECONDS} seconds.")


def ended(pid: int) -> bool:
    """Wait for the end of a process; False when it goes on."""
    deadline = time.monotonic() + STOP_SECONDS
    while cluster.is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def remove_server(home: Path) -> None:
    """Stop the home's server and delete its data, wherever they lie."""
    stop_server(home)
    place = read_place(home) if home.is_dir() else None
    if place is not None:
        shutil.rmtree(place.folder, ignore_errors=True)
        (home / "postgres.json").unlink(missing_ok=True)


@contextlib.contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Let one process at a time start or stop the home's server; a killed one lets go by dying."""
    descriptor = os.open(home / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def answers(place: Place) -> bool:
    """Tell whether the server lives, by logging in: a process id may be a zombie's, a port another server's."""
    try:
        with connect(place):
            return True
    except psycopg.OperationalError:
        return False


def connect(place: Place, *, database: str = "postgres") -> psycopg.Connection:
    """Log in as the superuser."""
    return psycopg.connect(
        host="127.0.0.1",
        port=place.port,
        user=cluster.SUPERUSER,
        password=place.superuser_password,
        dbname=database,
        connect_timeout=5,
        autocommit=True,
    )


def has_database(place: Place) -> bool:
    """Tell whether the database has been made: a kill can fall between the server's start and that."""
    with connect(place) as connection:
        return connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is not None


def make_database(place: Place) -> None:
    """Make the administrator's login and the database it owns, unless they are there."""
    with connect(place) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ADMIN]).fetchone() is None:
            login = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}")
            connection.execute(login.format(sql.Identifier(ADMIN), sql.Literal(place.admin_password)))
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(ADMIN)))


def server_at(place: Place, *, started: bool) -> EmbeddedServer:
    """Return what the caller gets of a place."""
    return EmbeddedServer(
        url=address(place, ADMIN, place.admin_password, DATABASE),
        superuser_url=address(place, cluster.SUPERUSER, place.superuser_password, "postgres"),
        data=place.data,
        port=place.port,
        started=started,
    )


def address(place: Place, user: str, password: str, database: str) -> str:
    """Return a SQLAlchemy address with its password."""
    url = URL.create("postgresql+psycopg", user, password, "127.0.0.1", place.port, database)
    return url.render_as_string(hide_password=False)
