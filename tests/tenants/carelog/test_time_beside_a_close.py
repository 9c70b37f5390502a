"""An import of time and a close of the same month at the same moment: one goes first, neither fails, no second is lost."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk, outcome

HEADER = "external_id,client,mrn,staff,started_at,duration,program,description,source"
FIRST = f"{HEADER}\ne1,LFM,1,rn,2026-10-05T09:00,20,CCM,call,dialer\n"
SECOND = f"{HEADER}\ne2,LFM,1,rn,2026-10-06T09:00,10,CCM,call,dialer\n"
PATIENCE_SECONDS = 30


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    made = new_desk(database, tmp_path)
    made.imports("agreements", "client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,38\n")
    made.imports("time", FIRST)
    return made


@contextmanager
def import_that_stops_at(place: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Run the import of the second entry beside the body; it waits at the failpoint until the body ends."""
    folder = desk.folder / "pause"
    folder.mkdir()
    monkeypatch.setenv("CARETALLY_FAILPOINT", f"{place}=pause:{folder}")
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(desk.imports("time", SECOND)))
    thread.start()
    wait_for((folder / "reached").exists)
    yield results
    (folder / "go").touch()
    thread.join(PATIENCE_SECONDS)


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def waiting(desk: Desk) -> bool:
    """Tell whether a close waits for a row that somebody else has locked."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')"
    return bool(desk.office.value(query))


def test_a_close_that_goes_first_makes_the_rows_late(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with import_that_stops_at("import:staged", desk, monkeypatch) as results:
        (closed,) = desk.office.close("LFM")
    assert (closed.status, closed.raw_seconds) == ("closed", 1200)
    assert outcome(results[0]) == {"late": 1}


def test_an_import_that_goes_first_is_in_the_close(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    closes: list[Any] = []
    closing = threading.Thread(target=lambda: closes.extend(desk.office.close("LFM")))
    with import_that_stops_at("import:merged", desk, monkeypatch) as results:
        closing.start()
        wait_for(lambda: waiting(desk))
    closing.join(PATIENCE_SECONDS)
    assert outcome(results[0]) == {"new": 1}
    assert [(result.status, result.raw_seconds) for result in closes] == [("closed", 1800)]
