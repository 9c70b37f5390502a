"""Reads an import file in a process of its own, which the clock and a memory ceiling can stop without harm to this one."""

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

from caretally.imports.importing import ParsedFile
from caretally.imports.limits import LIMITS, MEGABYTE, Limits
from caretally.imports.refusals import (
    REFUSALS,
    FileEmpty,
    FileMissing,
    FileTooBig,
    FileUnreadable,
    NotAFile,
    ReaderFailed,
    TooMuchMemory,
    TooSlow,
)
from caretally.imports.results import RowProblem

OUT_OF_TIME = {-signal.SIGXCPU, -signal.SIGALRM}
# A refused allocation aborts the workbook reader; the system's own out-of-memory killer sends KILL.
OUT_OF_MEMORY = {-signal.SIGABRT, -signal.SIGKILL}


def parse_file(path: Path, *, scratch: Path, limits: Limits = LIMITS) -> ParsedFile:
    """Return a CSV or XLSX file as a COPY file in `scratch`, with its headers, SHA-256 and the lines that do not fit.

    The file is recognised by its content. `problems` also holds warnings of line 1 about the whole file (encoding, other sheets).
    Raises a `FileRefused` that names what is wrong with the whole file.
    """
    _refuse_place(path, limits=limits)
    out = scratch.absolute() / f"{uuid4().hex}.csv"
    answer = _answer(path.absolute(), out, limits=limits)
    if "refused" in answer:
        out.unlink(missing_ok=True)
        raise REFUSALS[answer["refused"]](**answer["facts"])
    problems = tuple(RowProblem(**problem) for problem in answer["problems"])
    return ParsedFile(path=out, name=path.name, sha256=answer["sha256"], headers=answer["headers"], rows=answer["rows"], problems=problems)


def _refuse_place(path: Path, *, limits: Limits) -> None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise FileMissing(path=str(path)) from None
    except OSError as error:
        raise FileUnreadable(name=path.name, reason=(error.strerror or "the system refused").lower()) from None
    if not stat.S_ISREG(status.st_mode):
        raise NotAFile(path=str(path), what="a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device")
    if status.st_size == 0:
        raise FileEmpty(name=path.name)
    if status.st_size > limits.file_bytes:
        raise FileTooBig(name=path.name, limit=limits.file_bytes // MEGABYTE)


def _answer(path: Path, out: Path, *, limits: Limits) -> dict[str, Any]:
    request = json.dumps({"path": str(path), "out": str(out), "limits": asdict(limits)})
    child = _start(out.parent)
    try:
        said, _ = child.communicate(request, timeout=limits.seconds)
    except subprocess.TimeoutExpired:
        return _refusal(TooSlow.code, name=path.name, limit=limits.seconds)
    finally:
        _stop(child)
    if child.returncode in OUT_OF_TIME:
        return _refusal(TooSlow.code, name=path.name, limit=limits.seconds)
    if child.returncode in OUT_OF_MEMORY or said.startswith('{"refused": "too_much_memory"'):
        return _refusal(TooMuchMemory.code, name=path.name, limit=limits.memory_bytes // MEGABYTE)
    if child.returncode != 0:
        return _refusal(ReaderFailed.code, name=path.name, why=f"the reader ended with {child.returncode}")
    answer: dict[str, Any] = json.loads(said)
    return answer


def _refusal(code: str, **facts: str | int) -> dict[str, Any]:
    return {"refused": code, "facts": facts}


def _start(folder: Path) -> subprocess.Popen[str]:
    # No secret of ours is in its environment, and no module of the folder we stand in on its path. What it prints on stderr
    # may quote a cell, so nobody reads it.
    environment = {"PYTHONPATH": os.pathsep.join(place for place in sys.path if place), "RUST_BACKTRACE": "0", "LC_ALL": "C.UTF-8"}
    return subprocess.Popen(
        [sys.executable, "-P", "-X", "utf8", "-m", "caretally.imports.parse_child"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=environment, cwd=folder, start_new_session=True, encoding="utf-8",
    )  # fmt: skip


def _stop(child: subprocess.Popen[str]) -> None:
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(BrokenPipeError), child:
        pass  # closes the pipes and waits
