"""The process that reads a file cannot take more time, memory or secrets than it was given."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from caretally.imports.limits import LIMITS, MEGABYTE
from caretally.imports.refusals import ReaderFailed, TooManyRows, TooMuchMemory, TooSlow
from tests.builders.spreadsheets import read, with_sheet

CONFINED = "from caretally.imports.parse_child import confine; from caretally.imports.limits import Limits; confine(Limits({limits}))\n"


def confined(limits: str, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", CONFINED.format(limits=limits) + program], capture_output=True, text=True, check=False)


def readers() -> list[str]:
    """Return the reading processes that this process has started and that are still there, as zombies too."""
    listed = subprocess.run(["ps", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False).stdout
    return [line for line in listed.splitlines() if "parse_child" in line or "defunct" in line]


def test_three_megabytes_of_xlsx_with_600_000_rows_are_refused_before_a_row_is_read(tmp_path: Path) -> None:
    book = with_sheet("".join(f'<row r="{number}"><c r="A{number}"><v>{number}</v></c></row>' for number in range(1, 600_001)))
    assert 2 * MEGABYTE < len(book) < 5 * MEGABYTE
    with pytest.raises(TooManyRows, match="more than 500000 rows; split it"):
        read(tmp_path, book)


def test_a_workbook_that_needs_too_much_memory_is_stopped_with_its_process(tmp_path: Path) -> None:
    corners = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(TooMuchMemory, match="more than 2048 MB of memory and was stopped; delete stray cells"):
        read(tmp_path, with_sheet(corners))


def test_a_text_that_needs_too_much_memory_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(TooMuchMemory):
        read(tmp_path, "mrn,name\n" + "1,é\n" * 6_000_000, limits=replace(LIMITS, memory_bytes=64 * MEGABYTE))


def test_a_reader_out_of_time_is_killed_and_leaves_no_process(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(TooSlow, match="took longer than 0 seconds and was stopped"):
        read(tmp_path, "mrn\n" + "1\n" * 400_000, limits=replace(LIMITS, seconds=0))
    assert time.monotonic() - started < 20
    assert readers() == []


def test_a_reader_that_computes_forever_is_stopped_by_the_system_itself() -> None:
    assert confined("seconds=0", "while True: pass").returncode in {-signal.SIGXCPU, -signal.SIGALRM}


def test_a_reader_cannot_take_more_memory_than_its_ceiling() -> None:
    ended = confined(f"memory_bytes={100 * MEGABYTE}", f"bytes({200 * MEGABYTE})")
    assert "MemoryError" in ended.stderr


def test_a_reader_leaves_no_core_file() -> None:
    assert confined("", "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))").stdout.strip() == "(0, 0)"


def test_a_reader_knows_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    (seen / "sitecustomize.py").write_text(f"import os, pathlib; pathlib.Path({str(seen / 'names')!r}).write_text(' '.join(os.environ))")
    monkeypatch.syspath_prepend(seen)
    monkeypatch.setenv("CARETALLY_SECRET_KEY", "x" * 40)
    read(tmp_path, "mrn\n1\n")
    assert set((seen / "names").read_text().split()) <= {"PYTHONPATH", "RUST_BACKTRACE", "LC_ALL", "LC_CTYPE"}


def test_a_module_in_the_folder_we_stand_in_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "csv.py").write_text("raise SystemExit('taken over')")
    monkeypatch.chdir(tmp_path)
    assert read(tmp_path, "mrn\n1\n").rows == {2: ["1"]}


def test_a_reader_that_dies_of_something_else_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(ReaderFailed, match=r"could not be read .* nothing was imported"):
        read(tmp_path, "mrn\n1\n")
