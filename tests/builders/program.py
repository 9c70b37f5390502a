"""The program `caretally` in a process of its own, and what it said."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def program(*words: str, under: tuple[str, ...] = (), **variables: str) -> Said:
    """Run the program in this process's environment and these variables, behind a command such as `setpriv` if one is given."""
    done = subprocess.run([*under, *PROGRAM, *words], env=os.environ | variables, capture_output=True, timeout=120, check=False)
    return Said(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode())


def slug_of(office: Office) -> str:
    """Return the vendor's slug."""
    return str(office.value("SELECT slug FROM vendor"))


def without_time(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a close's JSON without the seconds it took."""
    return {name: value for name, value in answer.items() if name != "elapsed_seconds"}
