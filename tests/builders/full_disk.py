"""A disk that is really full: a file system of a few kilobytes in memory, or where none can be mounted, processes that may write little."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.builders.closing import PROGRAM
from tests.builders.program import Said

SECONDS, FILLER = 240, "filler"
# A file that grows beyond the limit ends a program unless it does not hear the signal; the limit counts blocks of half a kilobyte.
LIMITED = "trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""


@dataclass
class SmallDisk:
    """`folder` lies on the disk; `mounted` is false where the system lets us mount none, and each file's size is limited instead."""

    folder: Path
    mounted: bool
    kilobytes: int | None
    start: list[str] = field(default_factory=lambda: PROGRAM)

    def program(self, *words: str, **variables: str) -> Said:
        """Run the program while the disk is as small as it is."""
        done = subprocess.run(
            [*self._limit(), *self.start, *words],
            env=os.environ | variables,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        return Said(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode())

    def grow(self, *, megabytes: int) -> None:
        """Make room."""
        self.kilobytes = None
        if self.mounted:
            subprocess.run(["mount", "-o", f"remount,size={megabytes}m", str(self.folder)], check=True)

    def fill(self) -> None:
        """Take all room that is left."""
        self.kilobytes = 0
        if self.mounted:
            with suppress(OSError), (self.folder / FILLER).open("wb", buffering=0) as stream:
                while stream.write(bytes(4096)):
                    pass

    def empty(self) -> None:
        """Give the room back that `fill` took."""
        self.kilobytes = None
        (self.folder / FILLER).unlink(missing_ok=True)

    @property
    def reason(self) -> str:
        """What the system says when there is no room."""
        return "No space left on device" if self.mounted else "File too large"

    def _limit(self) -> tuple[str, ...]:
        if self.mounted or self.kilobytes is None:
            return ()
        return ("sh", "-c", LIMITED.format(blocks=2 * self.kilobytes), "sh")


@contextmanager
def small_disk(*, kilobytes: int) -> Iterator[SmallDisk]:
    """Give a disk of this size that every account can pass to, PostgreSQL's too; gone afterwards with all that is on it."""
    folder = Path(tempfile.mkdtemp(prefix="caretally-disk-"))
    folder.chmod(0o755)
    mounted = _mounts(folder, kilobytes)
    try:
        yield SmallDisk(folder, mounted, kilobytes)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder)


def _mounts(folder: Path, kilobytes: int) -> bool:
    try:
        words = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=755", "small-disk", str(folder)]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:  # there is no such program
        return False
