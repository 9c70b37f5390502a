"""The private folder of a running command: there while it runs, gone afterwards, whatever ended it."""

import subprocess
import sys
from pathlib import Path

import pytest

from caretally.errors import DependencyDown
from caretally.files.scratch import scratch_folder

HOLD = """
import sys, time
from pathlib import Path
from caretally.files.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "patients").touch()
    print(folder, flush=True)
    time.sleep(600)
"""


def holder(parent: Path) -> tuple["subprocess.Popen[str]", Path]:
    """Start a process that holds a scratch folder; return both."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(parent)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "tmp") as folder:
        assert (folder.stat().st_mode & 0o777, folder.parent) == (0o700, tmp_path / "tmp")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_what_a_killed_process_left_is_cleared_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    killed, left = holder(tmp_path)
    living, held = holder(tmp_path)
    killed.kill()
    killed.communicate()
    with scratch_folder(tmp_path) as folder:
        assert {path.name for path in tmp_path.iterdir()} == {folder.name, held.name}
        assert (left.exists(), (held / "patients").exists()) == (False, True)
    living.kill()
    living.communicate()


def test_what_lies_beside_is_nobodys_to_clear(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    with scratch_folder(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "tmp").touch()
    with pytest.raises(DependencyDown, match=r"No file can be written under .*tmp: "), scratch_folder(tmp_path / "tmp"):
        pass
