"""Has a file parsed by a child process and takes over what it leaves."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from caretally.errors import CareTallyError
from caretally.imports.importing import ParsedFile
from caretally.imports.limits import MAX_SECONDS
from caretally.imports.results import RowProblem

TOO_LONG = f"The file takes longer than {MAX_SECONDS} seconds to read; split it."


class UnreadableFile(CareTallyError):
    """A file that is no table, or a hostile one."""

    code = "unreadable_file"


def parse_file(path: Path, *, scratch: Path) -> ParsedFile:
    """Parse a CSV or XLSX file into the folder `scratch` and return its rows, headers and digest. Raises `UnreadableFile`."""
    rows, summary = scratch / "rows.csv", scratch / "summary.json"
    found = _run(path, rows, summary)
    if "unreadable" in found:
        raise UnreadableFile(str(found["unreadable"]))
    problems = tuple(RowProblem(*problem) for problem in found["problems"])
    return ParsedFile(rows, path.name, found["sha256"], found["headers"], found["rows"], problems)


def _run(path: Path, rows: Path, summary: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "caretally.imports.child", str(path), str(rows), str(summary)]
    try:
        ended = subprocess.run(command, check=False, capture_output=True, timeout=MAX_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise UnreadableFile(TOO_LONG) from error
    if ended.returncode or not summary.exists():
        raise UnreadableFile(
            TOO_LONG if ended.returncode == -signal.SIGXCPU else f"The file {path.name} cannot be read; save it again as CSV in UTF-8."
        )
    found: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
    return found
