"""A close in a process of its own, and an office for it to close."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office

PROGRAM = [sys.executable, "-c", "from caretally.app.cli import main; main()"]


def busy_office(database: TestDatabase) -> Office:
    """Return a vendor with two clients of two patients, one of them with 20 minutes in October."""
    office = new_office(database, "A", "B")
    for code in "AB":
        patient = office.add_patient(code, "1")
        office.add_time(code, patient, "rn", starts=datetime(2026, 10, 5 if code == "A" else 6, 14, tzinfo=UTC))
        office.add_patient(code, "2")
    return office


def close_command(office: Office, environment: dict[str, str], failpoint: str = "", *, heard: bool = False) -> subprocess.Popen[bytes]:
    """Start `caretally close 2026-10` for the office's vendor, stopping at a failpoint if one is named; `heard` keeps what it prints."""
    slug = office.value("SELECT slug FROM vendor")
    variables = os.environ | environment | ({"CARETALLY_FAILPOINT": failpoint} if failpoint else {})
    return subprocess.Popen(
        [*PROGRAM, "close", "2026-10", "--vendor", slug],
        env=variables,
        stdout=subprocess.PIPE if heard else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(path: Path) -> None:
    """Wait up to a minute for a file to appear."""
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"{path.name} was never made")
