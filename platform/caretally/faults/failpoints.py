"""Stops a process at a named place, so that a test can hit the window that a random kill hardly ever does.

`CARETALLY_FAILPOINT=close:lines-written=kill` kills the process with SIGKILL at that place; `=fail` raises; `=pause:FOLDER` writes
`FOLDER/reached` and waits until `FOLDER/go` exists. Nothing happens when the variable is absent.
"""

import os
import signal
import time
from pathlib import Path

VARIABLE = "CARETALLY_FAILPOINT"
POLL_SECONDS = 1


class FailpointReached(RuntimeError):
    """A test asked this place to fail."""


def failpoint(name: str) -> None:
    """Do what the environment asks for at the place called `name`; without the variable, nothing.

    Raises `FailpointReached` when asked to fail.
    """
    wanted, _, action = os.environ.get(VARIABLE, "").partition("=")
    if wanted != name:
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "fail":
        raise FailpointReached(name)
    if action.startswith("pause:"):
        _wait_in(Path(action.removeprefix("pause:")))


def _wait_in(folder: Path) -> None:
    (folder / "reached").touch()
    while not (folder / "go").exists():
        time.sleep(POLL_SECONDS / 20)
