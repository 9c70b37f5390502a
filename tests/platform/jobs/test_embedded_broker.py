"""One embedded broker of this module's own, called, killed and stopped in every way."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis

from caretally.embedded.cluster import is_alive
from caretally.errors import DependencyDown
from caretally.jobs.broker import broker_answers, redis_client
from caretally.jobs.embedded_broker import BrokerPlace, ensure_broker, program, read_broker, stop_broker
from tests.builders.jobs import until

CALL = (
    "import sys; from pathlib import Path; from caretally.jobs.embedded_broker import ensure_broker as e; print(e(Path(sys.argv[1])).port)"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("a b'c")
    yield folder / "var"
    stop_broker(folder / "var")


def kill_and_wait(place: BrokerPlace) -> None:
    os.kill(place.pid, signal.SIGKILL)
    while is_alive(place.pid):
        time.sleep(0.01)


def test_a_home_without_a_broker_gets_one_on_loopback_behind_a_password(home: Path) -> None:
    place = ensure_broker(home)
    assert broker_answers(place.url)
    with closing(redis.Redis(port=place.port)) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    with closing(redis_client(place.url)) as client:
        assert "127.0.0.1" in str(client.config_get("bind"))


def test_nobody_else_reads_its_password(home: Path) -> None:
    place = ensure_broker(home)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (home / "broker").iterdir() if path.suffix in {".json", ".conf"}}
    assert modes == {"place.json": 0o600, "valkey.conf": 0o600}
    assert ((home / "broker").stat().st_mode & 0o777, place.password in repr(place)) == (0o700, False)
    assert place.password.encode() not in Path(f"/proc/{place.pid}/cmdline").read_bytes()


def test_the_next_call_finds_the_same_broker(home: Path) -> None:
    first, second = ensure_broker(home), ensure_broker(home)
    assert (second.url, second.pid) == (first.url, first.pid)


def test_a_killed_broker_is_started_again_at_the_same_port(home: Path) -> None:
    before = ensure_broker(home)
    kill_and_wait(before)
    after = ensure_broker(home)
    assert (after.url, broker_answers(after.url)) == (before.url, True)
    assert after.pid != before.pid


def test_a_broker_that_hangs_is_ended_and_started_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caretally.jobs.broker.ANSWER_SECONDS", 1)
    before = ensure_broker(home)
    os.kill(before.pid, signal.SIGSTOP)
    assert ensure_broker(home).pid != before.pid
    until(lambda: not is_alive(before.pid), "the broker that hung has ended")


def bound(stranger: socket.socket, port: int) -> bool:
    """Tell whether a socket could take the port; the last connections of a killed process hold it for a moment."""
    try:
        stranger.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def test_a_port_taken_meanwhile_is_exchanged(home: Path) -> None:
    before = ensure_broker(home)
    kill_and_wait(before)
    with closing(socket.socket()) as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        until(lambda: bound(stranger, before.port), "the port of the killed broker is free")
        stranger.listen()
        assert ensure_broker(home).port != before.port


def test_three_processes_that_call_at_once_get_one_broker(tmp_path: Path) -> None:
    calls = [subprocess.Popen([sys.executable, "-c", CALL, tmp_path / "var"], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    ports = {call.communicate()[0].strip() for call in calls}
    assert stop_broker(tmp_path / "var")
    assert len(ports) == 1
    assert ports != {""}


def test_a_stopped_broker_is_gone_and_stopping_again_does_nothing(home: Path) -> None:
    place = ensure_broker(home)
    assert (stop_broker(home), is_alive(place.pid), stop_broker(home)) == (True, False, False)


def test_a_pointer_that_is_damaged_is_as_none(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "place.json").write_text("{")
    assert read_broker(tmp_path) is None


def test_without_a_program_the_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caretally.jobs.embedded_broker.wheel_programs", list)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DependencyDown, match="CARETALLY_BROKER_URL"):
        program(tmp_path)


def test_a_home_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    with pytest.raises(DependencyDown, match="could not be started"):
        ensure_broker(tmp_path / "var")
