"""The process that reads one file for `parsing`: it confines itself, writes the COPY file and answers in JSON."""

import hashlib
import json
import os
import resource
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from caretally.imports.copying import write_copy_file
from caretally.imports.limits import MEGABYTE, Limits
from caretally.imports.recognising import recognise
from caretally.imports.refusals import FileEmpty, FileRefused, FileTooBig, FileUnreadable, NoRoom, ReaderFailed
from caretally.imports.text_rows import read_text

OUT_OF_MEMORY = b'{"refused": "too_much_memory"}'


def confine(limits: Limits) -> None:
    """Give this process its ceilings: address space, processor and wall-clock time, no core dump (it would hold patients' data)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds + 1, limits.seconds + 2))
    signal.alarm(limits.seconds + 5)  # should the parent die, nobody else stops us


def read_bytes(path: Path, *, limits: Limits) -> bytes:
    """Return a file's bytes, read once, so that what is hashed is what is imported. Raises `FileUnreadable`, `FileEmpty`, `FileTooBig`."""
    try:
        with path.open("rb") as stream:
            data = stream.read(limits.file_bytes + 1)
    except OSError as error:
        raise FileUnreadable(name=path.name, reason=(error.strerror or "the system refused").lower()) from None
    if not data:
        raise FileEmpty(name=path.name)
    if len(data) > limits.file_bytes:
        raise FileTooBig(name=path.name, limit=limits.file_bytes // MEGABYTE)
    return data


def parse(path: Path, out: Path, *, limits: Limits) -> dict[str, object]:
    """Write the COPY file and return its headers, number of rows and problems, and the SHA-256 of the file; raises `FileRefused`, `NoRoom` too."""
    data = read_bytes(path, limits=limits)
    if recognise(data, name=path.name) == "workbook":
        from caretally.imports.workbook_rows import read_workbook

        table = read_workbook(data, name=path.name, limits=limits)
    else:
        table = read_text(data, name=path.name)
    try:
        file = write_copy_file(table, out, name=path.name, limits=limits)
    except OSError as error:
        raise NoRoom(name=path.name, folder=str(out.parent.parent), reason=(error.strerror or "the system refused").lower()) from None
    problems = [asdict(problem) for problem in (*table.notes, *file.problems)]
    return {"headers": file.headers, "rows": file.rows, "sha256": hashlib.sha256(data).hexdigest(), "problems": problems}


def main() -> None:
    """Read the request (path, out, limits) from stdin and answer on stdout."""
    request = json.load(sys.stdin)
    limits = Limits(**request["limits"])
    confine(limits)
    path = Path(request["path"])
    try:
        answer = parse(path, Path(request["out"]), limits=limits)
    except MemoryError:
        os.write(sys.stdout.fileno(), OUT_OF_MEMORY)
        return
    except FileRefused as refusal:
        answer = {"refused": refusal.code, "facts": refusal.facts}
    except BaseException as error:  # noqa: BLE001 - a panic of the workbook reader too; its words may quote a cell, its type does not
        answer = {"refused": ReaderFailed.code, "facts": {"name": path.name, "why": type(error).__name__}}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
