"""What goes wrong around a command: one sentence, the documented exit code, nothing half done."""

import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from tests.builders.closing import PROGRAM, busy_office, close_command, wait_for
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.program import Said, program, slug_of


@pytest.fixture
def office(database: TestDatabase, caretally_environment: dict[str, str]) -> Office:
    """A vendor with two clients of two patients."""
    return busy_office(database)


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["close", "2026-13"], 2, "2026-13"),
        (["close", "2026-10", "--client", "NIX"], 2, "There is no client NIX"),
        (["verify", "--month", "October"], 2, "October"),
        (["import", "time", "/dev/null"], 2, "null"),
    ],
)
def test_a_wrong_word_is_one_sentence(office: Office, words: list[str], code: int, part: str) -> None:
    assert program(*words, "--vendor", slug_of(office)).is_one_sentence(code, part)


def test_an_interrupted_close_exits_with_130_and_closes_when_run_again(
    office: Office, caretally_environment: dict[str, str], tmp_path: Path
) -> None:
    words = [*PROGRAM, "close", "2026-10", "--vendor", slug_of(office)]
    variables = os.environ | {"CARETALLY_FAILPOINT": f"close:lines-written=pause:{tmp_path}"}
    running = subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(tmp_path / "reached")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert Said(running.returncode, out.decode(), err.decode()).is_one_sentence(130, "Interrupted")
    assert office.value("SELECT count(*) FROM invoice") == 0
    assert close_command(office, caretally_environment).wait(60) == 0


def test_a_full_disk_leaves_no_file_and_the_files_come_with_the_next_run(office: Office, tmp_path: Path) -> None:
    words = [*PROGRAM, "close", "2026-10", "--vendor", slug_of(office), "--out", str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, timeout=120, check=False, preexec_fn=small_files_only)
    assert Said(done.returncode, done.stdout.decode(), done.stderr.decode()).is_one_sentence(6, "could not be written")
    assert list((tmp_path / "out").iterdir()) == []
    assert program(*words[len(PROGRAM) :]).code == 0
    assert len(list((tmp_path / "out").iterdir())) > 0


def small_files_only() -> None:
    """Let this process write no file above 4 kB."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def test_a_database_that_is_down_is_6_without_the_password(office: Office) -> None:
    said = program("verify", "--vendor", "any", CARETALLY_DATABASE_URL="postgresql://me:hunter2@127.0.0.1:1/care")
    assert said.is_one_sentence(6, "127.0.0.1")
    assert "hunter2" not in said.err


def test_a_home_that_cannot_be_made_is_one_sentence(office: Office) -> None:
    said = program("verify", "--vendor", "any", CARETALLY_HOME="/dev/null/home", CARETALLY_SECRET_KEY="")
    assert said.code in {1, 6}
    assert said.is_one_sentence(said.code, "/dev/null/home")
