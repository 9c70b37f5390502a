"""A spreadsheet turns a typed 20:00 into the time of day 20:00; such a cell is never read as 20 hours."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, csv_text, new_desk, outcome, rules
from tests.builders.spreadsheets import Shown, read, workbook

HEADER = ["external_id", "client", "mrn", "staff", "started_at", "duration", "program", "description"]
HOUR = 1 / 24
MINUTE = HOUR / 60


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def entry(duration: object, *, description: object = "call") -> list[object]:
    return ["e1", "LFM", "1", "rn", "2026-10-05T09:00", duration, "CCM", description]


@pytest.mark.parametrize(
    "cell", [time(0, 20), timedelta(minutes=20), Shown(20 * MINUTE, "h:mm:ss"), Shown(20 * MINUTE, "mm:ss"), 20, "20:00"]
)
def test_a_cell_that_shows_its_seconds_and_lasts_less_than_an_hour_is_that_long(desk: Desk, cell: object) -> None:
    assert outcome(desk.imports("time", workbook([HEADER, entry(cell)]))) == {"new": 1}
    assert desk.office.value("SELECT ended_at - started_at FROM time_entry") == timedelta(minutes=20)


@pytest.mark.parametrize(
    "cell",
    [
        *(
            Shown(20 * HOUR, shape)
            for shape in ("h:mm", "hh:mm", "[h]:mm", "h:mm:ss", "[h]:mm:ss", "h:mm AM/PM", "mm:ss", '[$-409]h"x":mm;@')
        ),
        *(Shown(45 * MINUTE, shape) for shape in ("h:mm", "[h]:mm", "[hh]:mm", "h:mm:ss AM/PM", "[m]")),
        *(Shown(24 * HOUR, shape) for shape in ("h:mm", "[h]:mm:ss")),
        *(Shown(45 * HOUR, shape) for shape in ("h:mm", "[h]:mm:ss")),
        time(20),
        timedelta(hours=20),
    ],
    ids=str,
)
def test_a_cell_that_can_mean_hours_or_minutes_is_refused_in_one_sentence(desk: Desk, cell: object) -> None:
    result = desk.imports("time", workbook([HEADER, entry(cell)]))
    assert rules(result) == [(2, "duration", "clock")]
    assert result.problems[0].sentence.endswith(
        "is a date or a time of day, as a spreadsheet makes of 20:00; write 20, or 00:20:00 as text."
    )


def test_a_clock_that_a_spreadsheet_saved_as_csv_is_refused_too(desk: Desk) -> None:
    row = ("e1", "LFM", "1", "rn", "2026-10-05T09:00", "8:00:00 PM", "CCM", "call")
    assert rules(desk.imports("time", csv_text(",".join(HEADER), row))) == [(2, "duration", "clock")]


def test_a_clock_in_a_column_of_text_stays_a_time_of_day(desk: Desk) -> None:
    assert outcome(desk.imports("time", workbook([HEADER, entry(20, description=time(20))]))) == {"new": 1}
    assert desk.office.value("SELECT description FROM time_entry") == "8:00:00 PM"


def test_every_cell_of_a_long_column_is_looked_at_by_its_own_format(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["mrn", "duration"],
        *([str(number), Shown(MINUTE, "h:mm:ss" if number % 2 else "h:mm")] for number in range(30_000)),
    ]
    texts = [cells[1] for cells in read(tmp_path, workbook(rows)).rows.values()]
    assert texts == ["12:01:00 AM", "00:01:00"] * 15_000
