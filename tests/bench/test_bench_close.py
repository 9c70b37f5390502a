"""The bench of the close: what it prints, and that it leaves nothing behind."""

import json

import pytest
from sqlalchemy import text

from caretally.app.bench.bench_database import bench_database, generate_vendor
from caretally.app.cli import run
from tests.bench.orm_close import loop
from tests.builders.databases import TestDatabase

FIGURES = ["patient_months", "entries", "seconds", "us_per_patient_month", "floor_seconds", "ratio", "peak_mb", "steps"]


@pytest.mark.usefixtures("caretally_environment")
def test_the_bench_closes_what_it_generates_and_prints_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "close", "--patient-months", "500", "--vendors", "2", "--clients", "3"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert list(figures) == FIGURES
    assert (figures["patient_months"], figures["entries"]) == (500, 3000)


def test_the_bench_leaves_neither_database_nor_role(database: TestDatabase) -> None:
    with bench_database(database.url) as made:
        name, prefix = str(made.url.database), made.roles.prefix
    with database.admin_engine.connect() as connection:
        left = connection.scalar(
            text(
                "SELECT (SELECT count(*) FROM pg_database WHERE datname = :name) + (SELECT count(*) FROM pg_roles WHERE starts_with(rolname, :prefix))"
            ),
            {"name": name, "prefix": prefix},
        )
    assert left == 0


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_the_loops_that_the_close_is_compared_with_agree(database: TestDatabase) -> None:
    with bench_database(database.url) as made:
        vendor_id = generate_vendor(made, 1, patients=100, clients=1)
        assert loop(made, vendor_id, eager=False)[0] == loop(made, vendor_id, eager=True)[0]
