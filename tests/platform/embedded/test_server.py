"""One embedded server of this module's own, called, killed and stopped in every way."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from caretally.embedded.account import Account
from caretally.embedded.cluster import is_alive, log_tail, postmaster, why_it_ended
from caretally.embedded.place import Place, link_or_copy, read_place
from caretally.embedded.programs import find_programs
from caretally.embedded.server import WHOLE_START, EmbeddedServer, ensure_server, owner_of, remove_server, stop_server
from caretally.errors import DependencyDown

CALL = "import sys; from pathlib import Path; from caretally.embedded.server import ensure_server as e; print(e(Path(sys.argv[1])).port)"
AS_ORDINARY_USER = """
import os, pwd, sys
from pathlib import Path
import encodings.idna
from caretally.embedded.server import ensure_server, stop_server
if os.geteuid() == 0:
    nobody = pwd.getpwnam("nobody")
    os.setgroups([]); os.setgid(nobody.pw_gid); os.setuid(nobody.pw_uid)
home, programs = Path(sys.argv[1]), sys.argv[2]
print(ensure_server(home, programs=programs).data.stat().st_uid == os.geteuid() != 0, stop_server(home))
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="caretally a b'c-"))
    yield folder / "var"
    remove_server(folder / "var")
    shutil.rmtree(folder)


def connect(server: EmbeddedServer) -> psycopg.Connection:
    return psycopg.connect(make_url(server.url).set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)


def place_of(home: Path) -> Place:
    place = read_place(home)
    assert place is not None
    return place


def pid_of(home: Path) -> int:
    pid = postmaster(place_of(home))
    assert pid is not None
    return pid


def kill_and_wait(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid):
        time.sleep(0.01)


def test_a_home_without_a_server_gets_one_in_a_folder_that_others_cannot_pass(home: Path) -> None:
    server = ensure_server(home)
    with connect(server) as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == ("caretally_admin", "caretally")


def test_the_next_call_finds_the_same_server(home: Path) -> None:
    first, second = ensure_server(home), ensure_server(home)
    assert (second.url, second.started) == (first.url, False)


def test_the_administrator_is_no_superuser(home: Path) -> None:
    with connect(ensure_server(home)) as connection:
        assert connection.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone() == (False, False)


def test_three_processes_that_call_at_once_get_one_server(tmp_path: Path) -> None:
    calls = [subprocess.Popen([sys.executable, "-c", CALL, tmp_path / "var"], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    ports = {call.communicate()[0].strip() for call in calls}
    remove_server(tmp_path / "var")
    assert len(ports) == 1
    assert ports != {""}


def test_a_killed_server_is_healed_and_keeps_what_was_committed(home: Path) -> None:
    with connect(ensure_server(home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    kill_and_wait(pid_of(home))
    with connect(ensure_server(home)) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_session_that_outlived_a_killed_server_does_not_hold_up_the_next(home: Path) -> None:
    with closing(connect(ensure_server(home))) as connection:
        connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 100000000000)")
        time.sleep(0.2)
        kill_and_wait(pid_of(home))
        began = time.monotonic()
        assert ensure_server(home).started
    assert time.monotonic() - began < 30


def test_a_lock_file_that_names_a_stranger_is_no_server(home: Path) -> None:
    ensure_server(home)
    stop_server(home)
    lock = place_of(home).data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{place_of(home).data}\n{int(time.time())}\n{place_of(home).port}\n\n127.0.0.1\n")
    os.chown(lock, lock.parent.stat().st_uid, lock.parent.stat().st_gid)
    assert ensure_server(home).started


def test_a_launcher_killed_while_it_makes_the_data_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    launcher = subprocess.Popen([sys.executable, "-c", CALL, tmp_path / "var"], stdout=subprocess.DEVNULL)
    while read_place(tmp_path / "var") is None or not list(Path(place_of(tmp_path / "var").folder).glob(".data-*/base")):
        time.sleep(0.005)
    launcher.kill()
    launcher.wait()
    server = ensure_server(tmp_path / "var")
    left = list(server.data.parent.glob(".data-*"))
    remove_server(tmp_path / "var")
    assert (server.started, left) == (True, [])


def test_a_launcher_killed_after_the_start_leaves_a_server_that_is_completed(home: Path) -> None:
    server = ensure_server(home)
    with psycopg.connect(server.superuser_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP DATABASE caretally WITH (FORCE)")
    with connect(ensure_server(home)) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("caretally",)


def test_a_stopped_server_is_gone_and_stopping_again_does_nothing(home: Path) -> None:
    ensure_server(home)
    pid = pid_of(home)
    assert (stop_server(home), is_alive(pid), stop_server(home)) == (True, False, False)


def test_a_port_taken_meanwhile_is_exchanged(home: Path) -> None:
    port = ensure_server(home).port
    stop_server(home)
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        assert ensure_server(home).port != port


def test_no_value_of_a_statement_reaches_the_servers_log(home: Path) -> None:
    with connect(ensure_server(home)) as connection, pytest.raises(psycopg.DataError):
        connection.execute("SELECT 'Zamorano-Quispe'::date")
    assert "Zamorano" not in place_of(home).log.read_text()


def test_the_pointer_with_the_passwords_is_readable_by_its_owner_only(home: Path) -> None:
    ensure_server(home)
    assert (home / "postgres.json").stat().st_mode & 0o777 == 0o600


def test_an_ordinary_user_runs_the_server_as_itself() -> None:
    with tempfile.TemporaryDirectory(prefix="caretally-ordinary-") as folder:
        tree = find_programs().tree
        for part in (tree, tree.with_name(f"{tree.name}.libs")):
            shutil.copytree(part, Path(folder) / part.name, copy_function=link_or_copy)
        programs = Path(folder) / find_programs().bin.relative_to(tree.parent)
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        said = subprocess.run(
            [sys.executable, "-c", AS_ORDINARY_USER, f"{folder}/var", programs], capture_output=True, text=True, check=False
        )
    assert (said.stdout.split(), said.stderr) == (["True", "True"], "")


def test_a_home_and_programs_below_a_folder_that_only_its_owner_can_pass(tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o700)
    found = find_programs()
    for part in (found.tree, found.tree.with_name(f"{found.tree.name}.libs")):
        shutil.copytree(part, shut / part.name, copy_function=link_or_copy)
    try:
        server = ensure_server(shut / "var", programs=str(shut / found.bin.relative_to(found.tree.parent)))
        with connect(server) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("caretally",)
    finally:
        remove_server(shut / "var")


def test_another_users_data_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DependencyDown, match="belongs to another user"):
        owner_of(tmp_path, Account(uid=os.geteuid() + 1, gid=0, other=True))


def test_without_programs_the_sentence_says_what_to_do_and_no_folder_is_left(tmp_path: Path) -> None:
    with pytest.raises(DependencyDown, match="CARETALLY_DATABASE_URL"):
        ensure_server(tmp_path / "var", programs=str(tmp_path))
    assert read_place(tmp_path / "var") is None


def test_a_home_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    with pytest.raises(DependencyDown, match="could not be started"):
        ensure_server(tmp_path / "var")


def test_a_removed_server_leaves_no_process_and_no_data(tmp_path: Path) -> None:
    server = ensure_server(tmp_path / "var")
    remove_server(tmp_path / "var")
    assert not server.data.exists()


def test_what_ended_a_server_is_found_behind_everything_that_asked_for_it_while_it_recovered(tmp_path: Path) -> None:
    place = Place(folder=str(tmp_path), port=1, superuser_password="", admin_password="")
    asked = "2026-11-29 06:29:41 UTC [7] FATAL:  the database system is not yet accepting connections\n"
    place.log.write_text("2026-11-29 06:29:40 UTC [5] PANIC:  could not write to file: No space left on device\n" + asked * 500)
    assert why_it_ended(log_tail(place, letters=WHOLE_START)) == "could not write to file: No space left on device."
