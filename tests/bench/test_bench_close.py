"""The bench of the close: what it prints, and that it leaves nothing behind."""

import json
import os
import signal
import subprocess
import time
from contextlib import nullcontext
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from sqlalchemy import URL, TextClause, create_engine, text
from sqlalchemy.pool import NullPool

from caretally.app.bench.bench_database import bench_database, generate_vendor
from caretally.app.bench.close_vendor import MONTH
from caretally.app.cli import run
from caretally.close.close_month import clients_to_close, close_month
from caretally.db.roles import Roles
from caretally.tenancy.transaction import tenant_transaction
from tests.bench.orm_close import loop
from tests.builders.closing import PROGRAM
from tests.builders.databases import TestDatabase, database_of_a_login
from tests.builders.program import Said

FIGURES = ["patient_months", "entries", "seconds", "us_per_patient_month", "floor_seconds", "ratio", "peak_mb", "steps"]


@pytest.mark.usefixtures("caretally_environment")
def test_the_bench_closes_what_it_generates_and_prints_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "close", "--patient-months", "500", "--vendors", "2", "--clients", "3"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert list(figures) == FIGURES
    assert (figures["patient_months"], figures["entries"]) == (500, 3000)


def test_a_mixture_of_every_program_is_generated_and_closed(database: TestDatabase) -> None:
    with bench_database(database.url) as made:
        vendor_id = generate_vendor(made, 1, patients=200, clients=1, programs="all")
        pool = made.vendor_pool()
        try:
            with tenant_transaction(pool, made.context(vendor_id), secret=made.secret) as connection:
                clients = clients_to_close(connection)
                (result,) = close_month(lambda: nullcontext(connection), MONTH, clients)
                assert (result.status, result.enrolled) == ("closed", 200), result.parked_reason
                billed = set(connection.scalars(text("SELECT DISTINCT unnest(codes) FROM patient_month")))
        finally:
            pool.dispose()
    assert {"99490", "99426", "G0557", "G0570", "99457", "99454", "99445", "98980", "98977", "99484", "99493", "99495"} <= billed


LEFT = text(
    "SELECT (SELECT count(*) FROM pg_database WHERE datname = :name) + (SELECT count(*) FROM pg_roles WHERE starts_with(rolname, :name || '_'))"
)
STARTED = text("SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = :login AND starts_with(datname, 'bench_')")
AT_WORK = text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND application_name = 'caretally vendor'")
MOMENTS = {"while it migrates": 0, "while it generates": 1, "while it closes": 2}


def answer(url: URL, question: TextClause, **values: str) -> Any:
    """Ask the server once."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return connection.scalar(question, values)


def test_the_bench_leaves_neither_database_nor_role(database: TestDatabase) -> None:
    with bench_database(database.url) as made:
        name = str(made.url.database)
        assert answer(database.url, LEFT, name=name) == 7
    assert answer(database.url, LEFT, name=name) == 0


@pytest.mark.drill
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_bench_that_is_stopped_leaves_nothing_either(server: URL, tmp_path: Path, number: signal.Signals, moment: str) -> None:
    with database_of_a_login(server, "ALTER ROLE {name} CREATEDB") as url:
        variables = TestDatabase(url, Roles.of(url)).environment(home=tmp_path / "home")
        words = [*PROGRAM, "bench", "close", "--patient-months", "20000", "--vendors", "2"]
        running = subprocess.Popen(words, env=os.environ | variables, stdout=PIPE, stderr=PIPE, start_new_session=True)
        name = wait_for_bench(url, running, sessions=MOMENTS[moment])
        os.killpg(running.pid, number) if number == signal.SIGINT else running.send_signal(number)
        out, err = running.communicate(timeout=120)
        assert Said(running.returncode, out.decode(), err.decode()).is_one_sentence(130, "Interrupted")
        assert answer(url, LEFT, name=name) == 0


def wait_for_bench(url: URL, running: subprocess.Popen[bytes], *, sessions: int) -> str:
    """Wait until the bench has made its database and this many sessions of its vendors work there, and return the database's name."""
    while running.poll() is None:
        name = answer(url, STARTED, login=str(url.username))
        if name and answer(url, AT_WORK, name=name) >= sessions:
            return str(name)
        time.sleep(0.01)
    raise AssertionError(running.communicate())


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_the_loops_that_the_close_is_compared_with_agree(database: TestDatabase) -> None:
    with bench_database(database.url) as made:
        vendor_id = generate_vendor(made, 1, patients=100, clients=1)
        assert loop(made, vendor_id, eager=False)[0] == loop(made, vendor_id, eager=True)[0]
