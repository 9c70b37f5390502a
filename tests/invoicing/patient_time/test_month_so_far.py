"""A patient's month of time says what the close would say, entry by entry, and a closed month what it said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from caretally.close.close_month import clients_to_close
from caretally.errors import NothingToDo
from caretally.evaluation.evaluate import evaluate
from caretally.evaluation.parameters import ClientMonth, Terms
from caretally.months import Month
from caretally.patient_time.month_so_far import PatientMonthOfTime, patient_month_of_time
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER
from tests.builders.pages import Pages, statements_of, words
from tests.builders.timekeeping import Timekeeping, new_timekeeping

AT_TWO = datetime(2026, 10, 5, 14, tzinfo=UTC)


@pytest.fixture
def keeping(database: TestDatabase) -> Timekeeping:
    """A vendor of its own for each test."""
    return new_timekeeping(database)


def add(keeping: Timekeeping, minutes: int, *, after: int = 0, **changes: Any) -> None:
    """Add an entry of the first patient some minutes after two o'clock."""
    keeping.office.add_time("A1", keeping.patients["1001"], "rn", starts=AT_TWO + timedelta(minutes=after), seconds=60 * minutes, **changes)


def october(keeping: Timekeeping, mrn: str = "1001") -> PatientMonthOfTime:
    """Return the patient's October."""
    with keeping.transaction() as connection:
        return patient_month_of_time(connection, keeping.patients[mrn], OCTOBER)


def test_an_open_month_counts_what_the_evaluation_of_the_whole_client_counts(keeping: Timekeeping) -> None:
    add(keeping, 12)
    add(keeping, 15, after=5)
    add(keeping, 10, after=60, description="")
    add(keeping, 30, after=120)
    found = october(keeping)
    with keeping.office.transaction() as connection:
        client = clients_to_close(connection, ["A1"])[0]
        evaluate(connection, ClientMonth(client.vendor_id, client.id, client.code, client.timezone, OCTOBER), Terms())
        counted = connection.execute(
            text("SELECT clinical_seconds + qhp_seconds FROM pg_temp.eval_decision WHERE mrn = '1001'")
        ).scalar_one()
    assert found.counted_seconds == counted == 50 * 60
    assert [entry.counted for entry in found.entries] == [720, 480, 0, 1800]
    assert [entry.running for entry in found.entries] == [720, 1200, 1200, 3000]
    assert [[mark.code for mark in entry.crossed] for entry in found.entries] == [[], ["99490"], [], ["99439"]]
    assert dict(found.excluded) == {"No description": 600, "Same minutes logged twice": 420}


def test_the_thresholds_are_those_of_the_dated_tables(keeping: Timekeeping) -> None:
    add(keeping, 5)
    with keeping.office.transaction() as connection:
        rows = connection.execute(
            text("SELECT first_threshold_seconds, increment_seconds FROM billing_code WHERE code IN ('99490', '99439')")
        ).all()
    base, step = (sum(value or 0 for value in column) for column in zip(*rows, strict=True))
    assert [mark.seconds for mark in october(keeping).marks] == [base, base + step, base + 2 * step]


def test_a_month_before_a_code_began_shows_no_mark_of_it(keeping: Timekeeping) -> None:
    with keeping.transaction() as connection:
        found = patient_month_of_time(connection, keeping.patients["1001"], Month(2018, 10))
    assert [mark.code for mark in found.marks] == ["99490"]


def test_a_closed_month_says_what_it_was_closed_with_and_shows_late_time_beside_it(keeping: Timekeeping) -> None:
    add(keeping, 25)
    before = october(keeping)
    keeping.office.close()
    keeping.office.add_late_time("A1", keeping.patients["1001"], "rn", starts=AT_TWO + timedelta(hours=3), seconds=600)
    after = october(keeping)
    assert after.closed_at is not None
    assert (after.counted_seconds, before.counted_seconds) == (1500, 1500)
    assert [(entry.late, entry.counted) for entry in after.entries] == [(False, 1500), (True, 0)]


def test_looking_writes_nothing_of_the_month(keeping: Timekeeping) -> None:
    add(keeping, 25)
    october(keeping)
    assert keeping.office.value("SELECT count(*) FROM patient_month") == 0
    assert keeping.office.value("SELECT count(*) FROM client_month") == 0


def test_a_patient_of_another_vendor_is_nobody(keeping: Timekeeping, database: TestDatabase) -> None:
    theirs = new_timekeeping(database)
    with keeping.transaction() as connection, pytest.raises(NothingToDo, match="no such patient"):
        patient_month_of_time(connection, theirs.patients["1001"], OCTOBER)


def test_the_page_shows_minutes_sum_and_what_is_missing_and_the_log_keeps_whose_it_was(pages: Pages, keeping: Timekeeping) -> None:
    add(keeping, 12)
    page = words(keeping.page(pages, f"/time/patients/{keeping.patients['1001']}/2026-10"))
    assert "12:00 minutes count" in page
    assert "8:00 more reach 99490" in page
    assert "99490 at 20 minutes, 99439 at 40 minutes, 99439 at 60 minutes" in page
    detail = keeping.office.value("SELECT detail FROM audit_event WHERE action = 'time.read'")
    assert detail == {"page": "patient", "patients": [str(keeping.patients["1001"])]}


FRAME = 2  # what every page asks: its context, and the numbers of its rail


def test_the_page_asks_as_often_for_one_entry_as_for_many_and_at_most_six_times(pages: Pages, keeping: Timekeeping) -> None:
    path, nurse = f"/time/patients/{keeping.patients['1001']}/2026-10", keeping.visitors["nurse"]
    add(keeping, 1)
    statements_of(pages, path, nurse)  # the tables of the rules are read once a process
    few = statements_of(pages, path, nurse)
    for number in range(1, 12):
        add(keeping, 1, after=number)
    assert statements_of(pages, path, nurse) == few
    assert few - FRAME <= 6
    keeping.office.close()
    assert statements_of(pages, path, nurse) - FRAME <= 6
