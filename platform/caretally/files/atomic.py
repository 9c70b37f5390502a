"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from caretally.errors import DependencyDown

_FULL = {errno.ENOSPC, errno.EDQUOT}


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path`, replacing what was there in one step; its folder is made if need be.

    A reader sees the old bytes or the new, never a part, also after a power cut. Only its owner may read the file, because most of
    what we write names patients. Raises `DependencyDown` with nothing changed when the
    disk is full or the place cannot be written.
    """
    write_together({path: content})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write several files: none appears under its name before all of them are safely on the disk. Raises as `write_whole`."""
    with contextlib.ExitStack() as cleaning:
        staged = [(_staged(path, content, cleaning), path) for path, content in files.items()]
        for temporary, path in staged:
            with _told_in_words(path):
                temporary.replace(path)
        for folder in sorted({path.parent for path in files}):
            _sync_folder(folder)


def _staged(path: Path, content: bytes, cleaning: contextlib.ExitStack) -> Path:
    with _told_in_words(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
        cleaning.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    return Path(name)


@contextlib.contextmanager
def _told_in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        why = "the disk is full" if failure.errno in _FULL else (failure.strerror or "the system refused").lower()
        raise DependencyDown(f"{path.name} could not be written to {path.parent}: {why}; nothing was changed.") from failure


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
