"""Programs of Debian's that tests need: root installs what is missing, one process at a time, since apt-get lets no second one in."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")
INSTALL = ["apt-get", "install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=240"]


def found_or_installed(find: Callable[[], Found | None], *packages: str) -> Found | None:
    """Return what is found, after an installation where nothing was; None when it is missing still."""
    if find() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        with (Path(tempfile.gettempdir()) / "caretally-tests-install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if find() is None:
                environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
                subprocess.run([*INSTALL, *packages], capture_output=True, check=False, env=environment)
    return find()
