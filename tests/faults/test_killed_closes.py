"""A close that is killed leaves the whole month closed or the whole month open, never a gap and never a double."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from sqlalchemy import make_url, text

from caretally.app.bring_up_to_date import bring_up_to_date
from caretally.close.verify import verify
from caretally.db.roles import Roles
from caretally.embedded.server import ensure_server, remove_server
from caretally.months import Month
from tests.builders.closing import busy_office, close_command, wait_for
from tests.builders.databases import TestDatabase
from tests.builders.office import Office

BEFORE_COMMIT = [
    "close:locked",
    "close:evaluated",
    "close:write_patient_months",
    "close:write_exceptions",
    "close:write_late_entries",
    "close:write_adjustments",
    "close:write_overpayment_reviews",
    "close:write_reviews",
    "close:number-taken",
    "close:lines-written",
    "close:month-closed",
    "close:audited",
    "close:before-commit",
]
AFTER_COMMIT = ["close:committed", "close:between-clients"]


def assert_whole(office: Office) -> None:
    numbers = [row[0] for row in office.rows("SELECT number FROM invoice ORDER BY number")]
    assert numbers == ["INV-2026-0001", "INV-2026-0002"]
    assert office.value("SELECT count(*) FROM patient_month") == 4
    with office.transaction() as connection:
        assert [breach for result in verify(connection) for breach in result.breaches] == []


@pytest.mark.parametrize("place", [*BEFORE_COMMIT, *AFTER_COMMIT])
def test_a_close_killed_at_any_place_rolls_back_or_is_complete_and_goes_on(database: TestDatabase, tmp_path: Path, place: str) -> None:
    office = busy_office(database)
    environment = database.environment(home=tmp_path)
    killed = close_command(office, environment, f"{place}=kill")
    assert killed.wait(60) == -signal.SIGKILL
    closed = office.value("SELECT count(*) FROM client_month WHERE status = 'closed'")
    assert closed == (1 if place in AFTER_COMMIT else 0)
    assert office.value("SELECT count(*) FROM invoice") == closed
    again = close_command(office, environment)
    assert again.wait(60) == 0
    assert_whole(office)


def test_a_close_killed_while_it_looks_back_leaves_closed_months_closed_and_goes_on(database: TestDatabase, tmp_path: Path) -> None:
    office = busy_office(database)
    patient = office.value("SELECT id FROM patient WHERE mrn = '1' AND client_id = :id", id=office.clients["A"])
    office.add_time("A", patient, "rn", starts=datetime(2026, 9, 5, 14, tzinfo=UTC), seconds=900)
    office.close("A", month=Month(2026, 9))
    office.add_late_time("A", patient, "rn", starts=datetime(2026, 9, 6, 14, tzinfo=UTC), seconds=300)
    environment = database.environment(home=tmp_path)
    assert close_command(office, environment, "close:looking-back=kill").wait(60) == -signal.SIGKILL
    assert office.rows("SELECT status, revision FROM client_month") == [("closed", 1)]
    assert office.value("SELECT count(*) FROM time_entry") == 3
    assert close_command(office, environment).wait(60) == 0
    assert office.value("SELECT amount_cents FROM adjustment") == 3800
    assert office.value("SELECT status FROM client_month WHERE month = '2026-09-01'") == "closed"


@pytest.fixture(scope="module")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of an embedded server of this module's own, to be killed."""
    home = tmp_path_factory.mktemp("home")
    url = make_url(ensure_server(home).url)
    bring_up_to_date(url, roles=Roles.of(url), secret=TestDatabase.secret)
    yield home
    remove_server(home)


@contextmanager
def running(home: Path) -> Iterator[TestDatabase]:
    """The home's database, its server started or healed if need be."""
    url = make_url(ensure_server(home).url)
    database = TestDatabase(url, Roles.of(url))
    yield database
    database.dispose()


def kill_server(database: TestDatabase) -> None:
    """Send SIGKILL to every process of the server, the postmaster first."""
    with database.admin_engine.connect() as connection:
        postmaster = psutil.Process(connection.scalar(text("SELECT pg_backend_pid()"))).parent()
    assert postmaster is not None
    database.dispose()
    family = [postmaster, *postmaster.children(recursive=True)]
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(family, timeout=10)


@pytest.mark.drill
@pytest.mark.parametrize("place", [*BEFORE_COMMIT, *AFTER_COMMIT])
def test_a_server_killed_at_any_place_of_a_close_heals_and_the_close_goes_on(own_home: Path, tmp_path: Path, place: str) -> None:
    with running(own_home) as database:
        office = busy_office(database)
        environment = database.environment(home=own_home) | {"CARETALLY_DATABASE_URL": "", "CARETALLY_ROLE_PREFIX": ""}
        process = close_command(office, environment, f"{place}=pause:{tmp_path}")
        wait_for(tmp_path / "reached")
        kill_server(database)
        (tmp_path / "go").touch()
        process.wait(60)
    with running(own_home) as database:
        office = Office(database, office.vendor_id)
        assert close_command(office, environment).wait(60) == 0
        assert_whole(office)
