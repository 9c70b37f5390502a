"""Writing a file whole or not at all."""

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from caretally.errors import DependencyDown
from caretally.files.atomic import write_together, write_whole


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder that is full after 64 KB: a real small file system where we may mount one, else a system that says so."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False).returncode == 0
    )
    with pytest.MonkeyPatch.context() as patch:
        if not mounted:
            patch.setattr(os, "fsync", full)
        yield folder
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def full(_handle: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_written_file_holds_every_byte_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "new" / "invoice.pdf", b"x" * 10_000)
    assert [(path.name, path.stat().st_size) for path in (tmp_path / "new").iterdir()] == [("invoice.pdf", 10_000)]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "invoice.pdf", b"x")
    assert (tmp_path / "invoice.pdf").stat().st_mode & 0o077 == 0


def test_a_full_disk_is_one_sentence_and_the_old_file_stays(small_disk: Path) -> None:
    (small_disk / "a.csv").write_bytes(b"old")
    with pytest.raises(DependencyDown, match=r"^a\.csv could not be written to .*: the disk is full; nothing was changed\.$"):
        write_whole(small_disk / "a.csv", b"x" * 200_000)
    assert [(path.name, path.read_bytes()) for path in small_disk.iterdir()] == [("a.csv", b"old")]


def test_when_one_of_several_files_does_not_fit_none_appears(small_disk: Path) -> None:
    with pytest.raises(DependencyDown):
        write_together({small_disk / "a.csv": b"x", small_disk / "b.csv": b"x" * 200_000})
    assert list(small_disk.iterdir()) == []


def test_a_place_that_is_no_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DependencyDown, match="nothing was changed"):
        write_whole(tmp_path / "file" / "a.csv", b"x")
