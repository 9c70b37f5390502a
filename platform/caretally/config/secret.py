"""The installation's secret: given in the environment, else made once and kept in the home, readable by its owner only."""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from caretally.config.settings import Settings
from caretally.errors import DependencyDown

FILE_NAME = "secret_key"


def installation_secret(settings: Settings) -> bytes:
    """Return 32 secret bytes, the same in every process of the installation. Raises `DependencyDown` when the home cannot be written."""
    text = settings.secret_key or kept_text(settings.home)
    return hashlib.sha256(b"caretally installation 1 " + text.encode()).digest()


def kept_text(home: Path) -> str:
    """Return the text kept in `home`, made now if there is none; of two processes that make it at once, the first one's holds."""
    path = home / FILE_NAME
    try:
        make_home(home)
        if not path.exists():
            keep_once(path, secrets.token_urlsafe(48))
        return path.read_text().strip()
    except OSError as error:
        raise DependencyDown(f"The secret of this installation cannot be kept in {path}: {error.strerror}.") from error


def keep_once(path: Path, text: str) -> None:
    """Write `text` whole under `path`, unless another process was first."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def make_home(home: Path) -> None:
    """Make the home's folder if it is absent: closed to others, but passable for the database's own user when we are root."""
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
