"""Closed months forecast again as they stood: only what was known then is looked at, and nothing is written."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from caretally.forecast.back_test import back_test
from caretally.forecast.calibration import Prediction
from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.program import program, slug_of

MONTHS = [Month(2026, number) for number in (2, 3, 4)]


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """Three closed months: patient 1 reached twenty minutes late in each of them, 2 stopped after ten, 3 went on in April only."""
    made = new_office(database, "LFM")
    patients = {mrn: made.add_patient("LFM", mrn) for mrn in "123"}
    for month in MONTHS:
        for place, (mrn, patient) in enumerate(patients.items()):
            made.add_time("LFM", patient, "rn", starts=datetime(2026, month.month, 3, 14 + place, tzinfo=UTC), seconds=600)
            if mrn == "1" or (mrn == "3" and month == MONTHS[-1]):
                made.add_time("LFM", patient, "rn", starts=datetime(2026, month.month, 26, 14 + place, tzinfo=UTC), seconds=900)
        assert made.close(month=month)[0].status == "closed"
    return made


def predictions(office: Office, left: int) -> list[Prediction]:
    with office.transaction() as connection:
        return list(back_test(connection, office.client("LFM"), working_days_left=[left]))


def test_each_closed_month_but_the_first_is_forecast_with_so_many_working_days_left(office: Office) -> None:
    found = predictions(office, 10)
    assert Counter(one.working_days_left for one in found) == {10: 6}
    assert {one.standing for one in found} == {"short"}


def test_what_happened_is_read_from_the_closed_month(office: Office) -> None:
    assert [one.reached for one in predictions(office, 10)] == [True, False, False, True, False, True]


def test_a_month_is_told_from_those_before_it_alone(office: Office) -> None:
    march, april = predictions(office, 10)[:3], predictions(office, 10)[3:]
    assert march[0].chance > march[1].chance == march[2].chance
    assert {one.chance_of_anybody for one in march} == {Decimal("0.3750")}  # (1 of 3 + 5 x 2/5) / (3 + 5), to four places
    assert april[1].chance == april[2].chance, "what 3 does in April is not known on the day"


def kept(office: Office) -> list[str]:
    tables = ("audit_event", "client_month", "patient_month", "time_entry", "invoice", "exception")
    return [
        office.value(f"SELECT count(*) || md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {table} t") for table in tables
    ]


def test_nothing_is_written(office: Office) -> None:
    before = kept(office)
    predictions(office, 5)
    assert kept(office) == before


def test_the_command_prints_bins_and_scores_and_draws_the_picture(
    office: Office, caretally_environment: dict[str, str], tmp_path: Path
) -> None:
    drawn = tmp_path / "calibration.svg"
    said = program("back-test", "--vendor", slug_of(office), "--svg", str(drawn))
    assert (said.code, said.err) == (0, "")
    assert "90 to 100 %" in said.out and "Brier score" in said.out
    assert drawn.read_text(encoding="utf-8").startswith("<svg")
    found = program("back-test", "--vendor", slug_of(office), "--json").json
    assert [len(found["bins"][name]) for name in ("chance", "chance_of_anybody")] == [10, 10]
    assert found["brier"][0]["of"] == "all" and found["brier"][0]["forecasts"] == sum(one["number"] for one in found["bins"]["chance"])


def test_one_closed_month_is_too_few_to_compare(database: TestDatabase, caretally_environment: dict[str, str]) -> None:
    assert program("back-test", "--vendor", slug_of(new_office(database, "LFM"))).is_one_sentence(3, "no two closed months")
