"""The system account that runs the server: PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from caretally.errors import DependencyDown

ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user and group of the system; `other` tells that it is not the one this process runs as."""

    uid: int
    gid: int
    other: bool

    def run(self, command: Sequence[str | Path], *, timeout_seconds: int = 60) -> subprocess.CompletedProcess[str]:
        """Run `command` as this account in the folder `/`, in a session of its own, and return what it said."""
        return subprocess.run(
            [str(part) for part in command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_seconds,
            check=False,
            start_new_session=True,
            env=environment(),
            umask=0o077,
            user=self.uid if self.other else None,
            group=self.gid if self.other else None,
            extra_groups=[] if self.other else None,
        )

    def can_run(self, program: Path) -> bool:
        """Tell whether this account can reach `program` and run it. A folder shut to it above is refused by the kernel before it runs."""
        try:
            return self.run([program, "--version"]).returncode == 0
        except PermissionError:
            return False

    def passes(self, test: str, path: Path) -> bool:
        """Tell whether `test` of test(1), such as `-x`, holds for this account: the kernel decides, not the mode bits."""
        if not self.other:
            return os.access(path, {"-x": os.X_OK, "-r": os.R_OK, "-w": os.W_OK}[test])
        return self.run(["/bin/sh", "-c", f'test {test} "$1"', "sh", path]).returncode == 0

    def owns(self, path: Path) -> None:
        """Give `path`, which this process has just made, to this account."""
        if self.other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def environment() -> dict[str, str]:
    """Return the server's environment: none of ours, so that no secret shows there, and messages in one language."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def server_account() -> Account:
    """Return the account to run as: our own, or, when we are root, `postgres` or `nobody`. Raises `DependencyDown` without one."""
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), other=False)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ACCOUNTS:
        if name in known:
            return Account(uid=known[name].pw_uid, gid=known[name].pw_gid, other=True)
    raise DependencyDown("PostgreSQL refuses to run as root, and there is no user postgres or nobody; run CareTally as an ordinary user.")
