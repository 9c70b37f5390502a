"""Reads the file of a form in the reader's own process, before the request's transaction begins."""

from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from threading import BoundedSemaphore
from typing import IO

from caretally.errors import CareTallyError, DependencyDown
from caretally.files.scratch import scratch_folder
from caretally.imports.importing import HeldFile
from caretally.imports.parsing import parse_file

LONGEST_NAME = 100
COPY_BYTES = 1 << 20
# Each reader may need two gigabytes, so few read at once in one process.
READERS = BoundedSemaphore(2)
PATIENCE_SECONDS = 30


class ReadersBusy(DependencyDown):
    """Other files are being read."""

    code = "readers_busy"


@dataclass(frozen=True)
class ReadFile:
    """What became of a form's file: its rows, or in one sentence why there are none."""

    file: HeldFile | None = None
    refused: str = ""


def read_sent(stream: IO[bytes] | BufferedIOBase | None, *, name: str, scratch: Path) -> ReadFile:
    """Return a sent file parsed by the reading process; it lies in a private folder below `scratch` meanwhile and is gone afterwards."""
    if stream is None or not name:
        return ReadFile(refused="Choose the file to import, a CSV or XLSX.")
    if not READERS.acquire(timeout=PATIENCE_SECONDS):
        raise ReadersBusy("Other files are being read now; send yours again in a minute.")
    try:
        with scratch_folder(scratch) as folder:
            path = folder / plain_name(name)
            with path.open("xb") as out:
                while block := stream.read(COPY_BYTES):
                    out.write(block)
            parsed = parse_file(path, scratch=folder)
            held = HeldFile(
                name=parsed.name,
                sha256=parsed.sha256,
                headers=parsed.headers,
                rows=parsed.rows,
                problems=parsed.problems,
                content=parsed.path.read_bytes(),
            )
            return ReadFile(held)
    except CareTallyError as error:
        return ReadFile(refused=error.message)
    finally:
        READERS.release()


def plain_name(sent: str) -> str:
    """Return a sent file's name without folders and without what cannot be printed, cut at 100 characters."""
    last = PurePosixPath(sent.replace("\\", "/")).name
    shown = "".join(letter for letter in last if letter.isprintable()).strip(". ")
    encoded = shown[-LONGEST_NAME:].encode("utf-8", "replace")[-200:].decode("utf-8", "ignore")
    return encoded or "file"
