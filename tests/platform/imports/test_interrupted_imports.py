"""A killed, interrupted, crowded or starved import leaves nothing half done."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk

PROGRAM = [sys.executable, "-c", "from caretally.app.cli import main; main()"]
PATIENTS = "client,mrn,family_name,given_name,birth_date\n" + "".join(f"LFM,p{number},Osei,Ama,1940-02-01\n" for number in range(200))
SLOW = 60


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path, caretally_environment: dict[str, str]) -> Desk:
    (tmp_path / "patients.csv").write_text(PATIENTS, encoding="utf-8")
    return new_desk(database, tmp_path)


def start(desk: Desk, failpoint: str = "") -> "subprocess.Popen[str]":
    """Start the import of 200 patients in a process of its own."""
    slug = desk.office.value("SELECT slug FROM vendor")
    words = ["import", "patients", str(desk.folder / "patients.csv"), "--vendor", slug, "--json"]
    environment = os.environ | ({"CARETALLY_FAILPOINT": failpoint} if failpoint else {})
    return subprocess.Popen([*PROGRAM, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def traces(desk: Desk) -> tuple[int, int, int]:
    """Return how many of the 200 patients, of their batches and of files in the home are there."""
    return (
        desk.office.value("SELECT count(*) FROM patient WHERE mrn LIKE 'p%'"),
        desk.office.value("SELECT count(*) FROM import_batch WHERE rows_read = 200"),
        desk.office.value("SELECT count(*) FROM audit_event WHERE detail ->> 'read' = '200'"),
    )


@pytest.mark.parametrize("place", ["import:staged", "import:merged"])
def test_a_killed_import_leaves_nothing_and_can_be_run_again(desk: Desk, place: str) -> None:
    killed = start(desk, f"{place}=kill")
    killed.communicate(timeout=SLOW)
    assert killed.returncode == -signal.SIGKILL
    assert traces(desk) == (0, 0, 0)
    again, _ = start(desk).communicate(timeout=SLOW)
    assert json.loads(again)["new"] == 200


def test_ctrl_c_is_one_sentence_exits_with_130_and_leaves_nothing(desk: Desk) -> None:
    running = start(desk, f"import:merged=pause:{desk.folder}")
    deadline = time.monotonic() + SLOW
    while not (desk.folder / "reached").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=SLOW)
    assert (running.returncode, out, "Traceback" in err) == (130, "", False)
    assert err.strip() == "Interrupted; nothing was left half done."
    assert traces(desk) == (0, 0, 0)


def test_two_processes_with_one_file_at_once_give_one_import_and_one_repetition(desk: Desk) -> None:
    results = [json.loads(process.communicate(timeout=SLOW)[0]) for process in [start(desk), start(desk)]]
    assert sorted((result["new"], result["unchanged"]) for result in results) == [(0, 200), (200, 0)]
    assert traces(desk) == (200, 2, 2)


@pytest.fixture
def full_disk(database: TestDatabase) -> Iterator[None]:
    """Let every write of a patient fail as it does when the server's disk is full."""
    make = (
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
    )
    with database.admin_engine.begin() as connection:
        connection.execute(text(make))
        connection.execute(text("CREATE TRIGGER full_disk BEFORE INSERT ON patient FOR EACH STATEMENT EXECUTE FUNCTION full_disk()"))
    yield
    with database.admin_engine.begin() as connection:
        connection.execute(text("DROP TRIGGER full_disk ON patient"))
        connection.execute(text("DROP FUNCTION full_disk"))


def test_a_full_disk_of_the_server_is_one_sentence_exits_with_6_and_leaves_nothing(desk: Desk, full_disk: None) -> None:
    failed = start(desk)
    out, err = failed.communicate(timeout=SLOW)
    assert (failed.returncode, out) == (6, "")
    assert err.strip() == "The database has no room left, so nothing was imported; free some and run it again."
    assert traces(desk) == (0, 0, 0)
