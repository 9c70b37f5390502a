"""`caretally serve` in a process of its own: it answers, ends what it began, and says in one sentence what stands in its way."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import IO

import pytest

from tests.builders.closing import PROGRAM
from tests.builders.program import program


def free_port() -> int:
    """Return a port that nobody listens at now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(port: int, *words: str, log: IO[str] | None = None) -> Iterator["subprocess.Popen[str]"]:
    """Serve in another process, and end it with the block; what it logs goes into `log` when a test asks for more than a pipe holds."""
    command = [*PROGRAM, "serve", "--port", str(port), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log or subprocess.PIPE, text=True, env=os.environ)
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def wait_for(port: int, process: "subprocess.Popen[str]") -> None:
    """Wait until the server answers; its end before that fails the test with what it said."""
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(f"serve ended with {process.returncode}: {process.communicate()}")
        try:
            if status(port, "/livez") == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("serve did not answer within a minute")


def status(port: int, path: str, **headers: str) -> int:
    """Return the status of one answer."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status


@pytest.mark.usefixtures("caretally_environment")
def test_serve_answers_on_loopback_with_the_database_reached() -> None:
    port = free_port()
    with serving(port):
        assert [status(port, path) for path in ("/readyz", "/statusz", "/", "/nowhere", "/static/app.css")] == [200, 200, 303, 404, 200]


@pytest.mark.usefixtures("caretally_environment")
def test_serve_answers_under_the_names_it_was_given_and_no_other() -> None:
    port = free_port()
    with serving(port, "--hostname", "care.example"):
        assert status(port, "/livez", Host="care.example") == 200
        assert status(port, "/livez", Host="evil.example") == 400


@pytest.mark.usefixtures("caretally_environment")
def test_a_request_that_had_begun_is_answered_after_sigterm() -> None:
    port = free_port()
    with serving(port) as process, closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as slow:
        head = f"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nContent-Length: 7\r\n"
        slow.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\na=1".encode())
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        time.sleep(1)
        slow.sendall(b"&b=2")
        assert slow.recv(12) == b"HTTP/1.1 403"
        assert process.wait(timeout=60) == 0


@pytest.mark.usefixtures("caretally_environment")
def test_an_address_that_is_taken_is_told_with_what_to_do() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert program("serve", "--port", port).is_one_sentence(6, port, "--port")


def test_a_database_that_is_down_is_told_before_anything_is_served(tmp_path: object) -> None:
    answer = program("serve", CARETALLY_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", CARETALLY_HOME=str(tmp_path))
    assert answer.is_one_sentence(6, "127.0.0.1")
