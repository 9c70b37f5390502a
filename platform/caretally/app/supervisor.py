"""Keeps a few processes of this program up: one that ends is started again, after a pause that grows while it keeps ending."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event

import click

from caretally.app.end_with_parent import Lifeline

DRAIN_SECONDS = 25
LOOK_SECONDS = 0.2
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
PROGRAM = (sys.executable, "-c", "from caretally.app.cli import main; main()")


@dataclass
class Kept:
    """One process that is kept up: the words of its command, when it began, and the pause before it is begun again (seconds)."""

    words: tuple[str, ...]
    lifeline: Lifeline
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS
    not_before: float = 0.0

    def look(self, now: float) -> None:
        """Begin the process when it does not run and its pause is over."""
        if self.process is None:
            if now >= self.not_before:
                self.process, self.began = begin(self.words, self.lifeline), now
        elif (code := self.process.poll()) is not None:
            end_orphans(self.process.pid)
            steady = now - self.began >= STEADY_SECONDS
            self.pause = FIRST_PAUSE_SECONDS if steady else self.pause
            click.echo(f"caretally {self.words[0]} ended with {code}; it is started again in {self.pause:g} seconds.", err=True)
            self.process, self.not_before = None, now + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)


@dataclass
class Supervisor:
    """Keeps the commands up until it is told to stop; if it is killed, they end by themselves."""

    commands: Sequence[tuple[str, ...]]
    lifeline: Lifeline = field(default_factory=Lifeline)
    kept: list[Kept] = field(init=False)

    def __post_init__(self) -> None:
        self.kept = [Kept(words, self.lifeline) for words in self.commands]

    def run(self, stop: Event) -> None:
        """Keep everything up until `stop` is set, then end it as `end` does."""
        try:
            while not stop.wait(LOOK_SECONDS):
                for each in self.kept:
                    each.look(time.monotonic())
        finally:
            self.end()

    def end(self) -> None:
        """Send SIGTERM to what runs and wait 25 seconds at most; what has not ended by then is killed, and its jobs are taken up again."""
        running = [each.process for each in self.kept if each.process is not None and each.process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_SECONDS
        for process in running:
            try:
                process.wait(max(deadline - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            end_orphans(process.pid)


def end_orphans(session: int) -> None:
    """Kill what a process that has ended left behind in its session: a worker of the pages would go on answering at the port."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)


def begin(words: tuple[str, ...], lifeline: Lifeline) -> "subprocess.Popen[bytes]":
    """Begin a command of this program in a session of its own, so that a Ctrl-C reaches the supervisor alone."""
    told, inherited = lifeline.for_child()
    return subprocess.Popen([*PROGRAM, *words], stdin=subprocess.DEVNULL, start_new_session=True, env=os.environ | told, pass_fds=inherited)
