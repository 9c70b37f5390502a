"""Whatever keeps processes up may itself be killed: then they end as after a SIGTERM, and what it had started of the home is stopped.

A pipe tells it: its one writing end is the parent's, so the reading ends come to their end when the parent does, however it dies and on every system;
Linux's signal on a parent's death belongs to a thread, is lost over some execs, and could not tell Valkey and PostgreSQL, which are nobody's children.
"""

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PIPE = "CARETALLY_PARENT_PIPE"
# A child drains for 30 seconds at most before it kills itself and what it started; the guard waits for that.
LONGEST_DRAIN_SECONDS = 30
LONGEST_WAIT_SECONDS = 40
LOOK_SECONDS = 1
GUARD = "from caretally.app.end_with_parent import guard; guard()"
# Written by a parent that ends by itself and has stopped everything.
ENDED = b"."
LOCK = "ending.lock"


@dataclass(frozen=True)
class Lifeline:
    """The two pipes of a parent: children read the end of its life in the first, and the end of theirs shows in the second."""

    parent: tuple[int, int] = field(default_factory=os.pipe)
    children: tuple[int, int] = field(default_factory=os.pipe)

    def for_child(self) -> tuple[dict[str, str], tuple[int, int]]:
        """Return the variables of a child's environment, and the descriptors that it inherits."""
        return {PIPE: str(self.parent[0])}, (self.parent[0], self.children[1])


def end_with_parent() -> None:
    """Let this process end, as after a SIGTERM, once the parent that keeps it up is gone; without such a parent do nothing."""
    pipe = os.environ.pop(PIPE, "")
    if pipe:
        threading.Thread(target=_when, args=(lambda: os.read(int(pipe), 1),), name="parent", daemon=True).start()


def end_without_server() -> None:
    """Let a process of the pages end once the server that began it is gone: killed, it could not tell."""
    server = os.getppid()

    def gone() -> None:
        while os.getppid() == server:
            time.sleep(LOOK_SECONDS)

    threading.Thread(target=_when, args=(gone,), name="server", daemon=True).start()


def _when(gone: Callable[[], object]) -> None:
    gone()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LONGEST_DRAIN_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def guarded(home: Path, lifeline: Lifeline, *, database: bool, broker: bool) -> Iterator[None]:
    """Have another process stop the embedded database and broker, those that this one started, if it does not come to the end of the block."""
    what = [name for name, started in (("database", database), ("broker", broker)) if started]
    command = [sys.executable, "-c", GUARD, str(lifeline.children[0]), str(home), *what]
    with subprocess.Popen(
        command, stdin=lifeline.parent[0], pass_fds=(lifeline.children[0],), stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            yield
        finally:
            os.write(lifeline.parent[1], ENDED)
            process.wait()


def guard() -> None:
    """Wait for the end of the parent's life, then for its children's, and stop what it had started."""
    children, home, what = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if os.read(0, 1) == ENDED or not what:
        return
    with only_one_ends(home):
        select.select([children], [], [], LONGEST_WAIT_SECONDS)
        from caretally.embedded.server import stop_server
        from caretally.jobs.embedded_broker import stop_broker

        if "broker" in what:
            stop_broker(home)
        if "database" in what:
            stop_server(home)


@contextmanager
def only_one_ends(home: Path) -> Iterator[None]:
    """Hold, while something of the home is being stopped, what the next to start waits for."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / LOCK).open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def wait_for_endings(home: Path) -> None:
    """Wait until what a killed process had started of the home is stopped, so that nothing is stopped under the next one."""
    with contextlib.suppress(OSError), only_one_ends(home):
        pass
