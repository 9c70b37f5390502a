"""A RabbitMQ of a test's own: Debian's, on loopback, on free ports, its data in a folder of the test; killed with SIGKILL, begun again, ended."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from caretally.jobs.broker import broker_answers
from tests.builders.debian import found_or_installed

PROGRAMS = "lib/rabbitmq_server-*/sbin/rabbitmq-server"
NODE = "caretally@localhost"
START_SECONDS = 60


@dataclass
class Rabbit:
    """One node: its folder, its ports, and its process while it runs."""

    folder: Path
    program: Path
    port: int
    between_nodes: int
    names: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """The address as a person gives it."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    def environment(self) -> dict[str, str]:
        """Return what keeps the node off the machine's own: folders, ports, and nothing of /etc."""
        return os.environ | {
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.names),
            "RABBITMQ_NODENAME": NODE,
            "RABBITMQ_DIST_PORT": str(self.between_nodes),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def begin(self) -> None:
        """Begin the node, with what its disk holds, and wait until it answers."""
        with (self.folder / "said").open("ab") as said:
            self.process = subprocess.Popen(
                [str(self.program)],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not broker_answers(self.url):
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"RabbitMQ did not begin: {(self.folder / 'said').read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill the node and what it started with SIGKILL."""
        if self.process is not None:
            for one in self.family():
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            self.process.wait()
            self.process = None

    def family(self) -> list[psutil.Process]:
        """Return the processes of the node."""
        assert self.process is not None
        try:
            script = psutil.Process(self.process.pid)
            return [script, *script.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def hang(self, number: signal.Signals) -> None:
        """Stop the node (SIGSTOP) as a machine that hangs, or let it go on (SIGCONT)."""
        for one in self.family():
            one.send_signal(number)


def program() -> Path:
    """Return RabbitMQ's own program; root installs it when it is missing, everybody else is told how."""
    found = found_or_installed(lambda: next(Path("/usr/lib/rabbitmq").glob(PROGRAMS), None), "rabbitmq-server")
    if found is None:
        pytest.fail("This drill needs RabbitMQ, and it could not be installed: run apt-get install rabbitmq-server as root.")
    return found


def quiet_ports(count: int) -> list[int]:
    """Return ports that nobody listens at, below those that the system gives to whoever connects, so that none is taken before the node begins."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(20_000, 32_000)
        with closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found += [] if port in found else [port]
    return found


@contextmanager
def rabbit(folder: Path) -> Iterator[Rabbit]:
    """Run a node for the block, and the service that keeps the names of nodes, which would otherwise outlive it."""
    port, between_nodes, named = quiet_ports(3)
    node = Rabbit(folder, program(), port, between_nodes, named)
    folder.mkdir()
    (folder / "plugins").write_text("[].\n")
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.default = 127.0.0.1:{node.port}\nlog.console = true\nlog.console.level = error\n")
    with subprocess.Popen(["epmd", "-port", str(node.names), "-address", "127.0.0.1"], env=node.environment()) as names:
        try:
            node.begin()
            yield node
        finally:
            names.kill()
            node.kill()
