"""The program `caretally` in a process of its own, and what it said.

Each run is a process forked from one that has imported every command and done nothing else, since imports are most of a short command's time.
What needs another user, another interpreter's settings or a kill starts the program itself; `test_every_command_starts.py` does so for each command.
"""

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from caretally.app.cli import COMMANDS, main
from tests.builders.closing import PROGRAM
from tests.builders.office import Office


@dataclass(frozen=True)
class Said:
    """The end of one run: exit code, data, notes."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The data as JSON."""
        return json.loads(self.out)

    def is_one_sentence(self, code: int, *parts: str) -> bool:
        """Tell whether the run ended with this code and one sentence on stderr that holds the parts; fails with what was said."""
        assert self.code == code, self
        assert self.err.count("\n") == 1 and self.err.endswith(".\n"), self
        assert "Traceback" not in self.out + self.err, self
        assert [part for part in parts if part not in self.err] == [], self
        return True


FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload([place.partition(":")[0] for place in COMMANDS.values()])
# What an interpreter reads when it starts.
READ_AT_START = ("PYTHON", "LC_", "LANG")
SECONDS_AT_MOST = 120


def program(*words: str, under: tuple[str, ...] = (), **variables: str) -> Said:
    """Run the program in this process's environment and these variables, behind a command such as `setpriv` if one is given."""
    if under or any(name.startswith(READ_AT_START) for name in variables):
        return started(*under, *PROGRAM, *words, **variables)
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        run = FORKED.Process(target=become_program, args=(words, os.environ | variables, out, err, Path.cwd()), daemon=True)
        run.start()
        run.join(SECONDS_AT_MOST)
        if run.exitcode is None:
            run.kill()
            raise TimeoutError(f"caretally {' '.join(words)} took longer than {SECONDS_AT_MOST} s")
        return Said(run.exitcode, out.read_bytes().decode(errors="replace"), err.read_text(encoding="utf-8"))


def started(*words: str, **variables: str) -> Said:
    """Start a command in an interpreter of its own."""
    done = subprocess.run(words, env=os.environ | variables, capture_output=True, timeout=SECONDS_AT_MOST, check=False)
    return Said(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode())


def become_program(words: tuple[str, ...], environment: Mapping[str, str], out: Path, err: Path, folder: Path) -> None:
    """Turn this forked process into the program: its environment, its streams, its folder, its words."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    with out.open("wb") as written, err.open("wb") as told:
        os.dup2(written.fileno(), sys.stdout.fileno())
        os.dup2(told.fileno(), sys.stderr.fileno())
    main(list(words))


def slug_of(office: Office) -> str:
    """Return the vendor's slug."""
    return str(office.value("SELECT slug FROM vendor"))


def without_time(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a close's JSON without the seconds it took."""
    return {name: value for name, value in answer.items() if name != "elapsed_seconds"}
