"""A private folder for files that hold patients' data while a command runs; what a killed command left is cleared by the next."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caretally.errors import DependencyDown

PREFIX = "held-"


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Yield a new folder below `parent` that only we can read, gone afterwards. Raises `DependencyDown` when none can be made."""
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder, hold = _new_folder(parent)
    except OSError as error:
        why = (error.strerror or "the system refused").lower()
        raise DependencyDown(f"No file can be written under {parent}: {why}; make room there or let this user write.") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(hold)


def _new_folder(parent: Path) -> tuple[Path, int]:
    """Return a folder and the lock on it, which its process holds until it ends, however it ends."""
    alone = _locked(parent)
    try:
        for left in parent.glob(f"{PREFIX}*"):
            _remove_unheld(left)
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=PREFIX))
        return folder, _locked(folder)
    finally:
        os.close(alone)


def _remove_unheld(folder: Path) -> None:
    try:
        hold = _locked(folder, fcntl.LOCK_NB)
    except OSError:  # somebody works there, or has just left
        return
    shutil.rmtree(folder, ignore_errors=True)
    os.close(hold)


def _locked(folder: Path, how: int = 0) -> int:
    hold = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(hold, fcntl.LOCK_EX | how)
    except OSError:
        os.close(hold)
        raise
    return hold
