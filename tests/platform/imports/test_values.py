"""Cells as the database reads them: examples for every kind of value, and moments against Python's own calendar and zones."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from tests.builders.databases import TestDatabase

Read = Callable[..., Any]
NEW_YORK = "America/New_York"
ZONES = [NEW_YORK, "America/Chicago", "America/Phoenix", "Pacific/Honolulu", "America/Anchorage", "America/Puerto_Rico", "Pacific/Guam"]
EXAMPLES: dict[str, dict[str, Any]] = {
    "date": {
        "2026-10-31": date(2026, 10, 31),
        " 2026-10-31 ": date(2026, 10, 31),
        "2026-10-31T00:00:00": date(2026, 10, 31),
        "10/31/2026": date(2026, 10, 31),
        "1/2/2026": date(2026, 1, 2),
        "2028-02-29": date(2028, 2, 29),
        "2/29/2000": date(2000, 2, 29),
        **dict.fromkeys(
            ["2026-02-30", "2026-02-29", "2/29/1900", "1900-02-29", "31/10/2026", "13/1/2026", "2026-13-01", "2026-00-10", "2026-10-00"]
        ),
        **dict.fromkeys(
            ["10/31/26", "2026/10/31", "20261031", "today", "infinity", "2026-10-31T09:30", "Oct 31 2026", "", "0000-01-01", "٢٠٢٦-١٠-٣١"]
        ),
    },
    "month": {
        "2026-10": date(2026, 10, 1),
        "2026-10-01": date(2026, 10, 1),
        "10/1/2026": date(2026, 10, 1),
        **dict.fromkeys(["2026-13", "2026-10-02", "October", "10/2026", ""]),
    },
    "seconds": {
        "20": 1200,
        "20:00": 1200,
        "00:20:00": 1200,
        "1200s": 1200,
        "0": 0,
        "19:59": 1199,
        "1:02:03": 3723,
        "90:00": 5400,
        "20.0": 1200,
        **dict.fromkeys(["20:60", "1:60:00", "20.5", "-20", "20 min", "20m", "", ":20", "20:", "1e3", "99999999999s", "٢٠"]),
    },
    "cents": {
        "38.00": 3800,
        "38": 3800,
        "$1,234.50": 123450,
        "1234.5": 123450,
        "38.000": 3800,
        "0.01": 1,
        **dict.fromkeys(["38,00", "1,23.00", "38.001", "-1", "1e3", "NaN", "", "$", "38.", "thirty"]),
    },
    "yes_no": {
        "yes": True,
        "NO": False,
        "Y": True,
        "n": False,
        " true ": True,
        "false": False,
        "1": True,
        "0": False,
        **dict.fromkeys(["", "maybe", "ja"]),
    },
    "whole": {"7": 7, "-7": -7, "7.0": 7, " 7 ": 7, **dict.fromkeys(["7.5", "", "1e3", "9999999999", "x"])},
    "words": {"problems; Goals;": ["problems", "goals"], "a": ["a"], "": None, " ": None},
    "state": {"TX": "TX", " tx ": "TX", **dict.fromkeys(["Texas", "T", "", "T1"])},
    "states": {"TX;la": ["TX", "LA"], "TX": ["TX"], "TX; LA ;": ["TX", "LA"], **dict.fromkeys(["TX,LA", "", ";", "Texas"])},
    "icd10": {
        "E11.9": "E119",
        "e119": "E119",
        "I10": "I10",
        "Z79.4": "Z794",
        "S72.001A": "S72001A",
        **dict.fromkeys(["11.9", "E1", "E11.", "E11.98765", "E11..9", ""]),
    },
    "npi": {
        "1234567893": "1234567893",
        " 1245319599 ": "1245319599",
        **dict.fromkeys(["1234567890", "123456789", "12345678931", "1234567893.0", "", "abcdefghij"]),
    },
    "mbi": {
        "1EG4-TE5-MK73": "1EG4TE5MK73",
        "1eg4te5mk73": "1EG4TE5MK73",
        **dict.fromkeys(["0EG4-TE5-MK73", "1SG4-TE5-MK73", "1EG4-TE5-MK7", "1EG4-TE5-MK733", "123-45-6789A", ""]),
    },
    "plain_name": {
        "O’Brien": "o brien",
        "MÜLLER-Lüdenscheidt": "muller ludenscheidt",
        "Ñandú  ": "nandu",
        "Nguyễn": "nguyen",
        "ｆｕｌｌ": "full",
        "王小明": "王小明",
        "": "",
    },
}
CASES = [(function, cell, value) for function, cells in EXAMPLES.items() for cell, value in cells.items()]
WILD = (
    st.text(max_size=40)
    | st.text(alphabet="0123456789-/:.T +Z", max_size=30)
    | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2})?", fullmatch=True)
)


@pytest.fixture(scope="module")
def connection(database: TestDatabase) -> Iterator[Connection]:
    with database.admin_engine.connect() as opened:
        yield opened.execution_options(isolation_level="AUTOCOMMIT")


@pytest.fixture(scope="module")
def read(connection: Connection) -> Read:
    """Return what a function of the schema makes of its arguments."""

    def called(function: str, *arguments: str) -> Any:
        named = {f"a{place}": argument for place, argument in enumerate(arguments)}
        return connection.execute(
            text(f"SELECT import.{function}({', '.join(f'CAST(:{name} AS text)' for name in named)})"), named
        ).scalar()

    return called


@pytest.mark.parametrize(("function", "cell", "value"), CASES, ids=[f"{function} {cell!r}" for function, cell, _ in CASES])
def test_a_cell_is_read_or_null(read: Read, function: str, cell: str, value: object) -> None:
    assert read(function, cell) == value


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-10-31T09:30", datetime(2026, 10, 31, 13, 30, tzinfo=UTC)),
        ("2026-10-31 9:30:15", datetime(2026, 10, 31, 13, 30, 15, tzinfo=UTC)),
        ("2026-10-31T09:30:00-05:00", datetime(2026, 10, 31, 14, 30, tzinfo=UTC)),
        ("2026-10-31T09:30:00Z", datetime(2026, 10, 31, 9, 30, tzinfo=UTC)),
        ("2026-10-31T09:30:00.250+0530", datetime(2026, 10, 31, 4, 0, tzinfo=UTC)),
        ("10/31/2026 9:30 PM", datetime(2026, 11, 1, 1, 30, tzinfo=UTC)),
        ("10/31/2026 12:05 am", datetime(2026, 10, 31, 4, 5, tzinfo=UTC)),
        ("10/31/2026 21:30", datetime(2026, 11, 1, 1, 30, tzinfo=UTC)),
        *(
            (wrong, None)
            for wrong in [
                "2026-10-31",
                "2026-02-30T09:30",
                "2026-10-31T24:30",
                "2026-10-31T09:60",
                "10/31/2026 13:30 PM",
                "10/31/2026 0:30 AM",
                "",
            ]
        ),
        *((wrong, None) for wrong in ["2026-10-31T09:30 EST", "now", "2026-10-31T09", "2026-10-31T09:30+15:00", "2026-10-31T09:30-05:60"]),
    ],
)
def test_a_moment_has_an_offset_or_is_local_to_the_client(read: Read, cell: str, moment: datetime | None) -> None:
    assert read("moment", cell, NEW_YORK) == moment


@pytest.mark.parametrize(
    ("cell", "zone", "fault"),
    [
        ("2026-03-08T01:59:59", NEW_YORK, None),
        ("2026-03-08T02:00", NEW_YORK, "nonexistent"),
        ("3/8/2026 2:59 AM", NEW_YORK, "nonexistent"),
        ("2026-03-08T03:00", NEW_YORK, None),
        ("2026-11-01T00:59:59", NEW_YORK, None),
        ("2026-11-01T01:00", NEW_YORK, "ambiguous"),
        ("2026-11-01T01:59:59", NEW_YORK, "ambiguous"),
        ("2026-11-01T02:00", NEW_YORK, None),
        ("2026-11-01T01:30-04:00", NEW_YORK, None),
        ("2026-11-01T01:30", "America/Phoenix", None),
        ("2026-03-08T02:30", "Pacific/Honolulu", None),
        ("not a moment", NEW_YORK, None),
    ],
)
def test_local_times_that_do_not_exist_or_happen_twice_are_told(read: Read, cell: str, zone: str, fault: str | None) -> None:
    assert read("clock_fault", cell, zone) == fault


def fault_by_python(local: datetime, zone: str) -> str | None:
    """Return what is wrong with a local time by Python's zones: its two folds differ where clocks change."""
    first, second = (local.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        return "nonexistent"
    return "ambiguous" if first.utcoffset() != second.utcoffset() else None


@settings(max_examples=400, deadline=None)
@given(local=st.datetimes(datetime(2007, 1, 1), datetime(2037, 12, 31)), zone=st.sampled_from(ZONES))  # noqa: DTZ001 - local times are the point
def test_moments_and_faults_agree_with_pythons_zones(read: Read, local: datetime, zone: str) -> None:
    local = local.replace(microsecond=0)
    fault = fault_by_python(local, zone)
    assert read("clock_fault", local.isoformat(), zone) == fault
    if fault is None:
        assert read("moment", local.isoformat(), zone) == local.replace(tzinfo=ZoneInfo(zone))


@settings(max_examples=300, deadline=None)
@given(year=st.integers(2007, 2037), spring=st.booleans(), minutes=st.integers(-180, 180), zone=st.sampled_from(ZONES))
def test_faults_agree_with_pythons_zones_around_every_change_of_the_clocks(
    connection: Connection, year: int, spring: bool, minutes: int, zone: str
) -> None:
    first = date(year, 3 if spring else 11, 1)
    sunday = first + timedelta(days=(6 - first.weekday()) % 7 + (7 if spring else 0))
    local = datetime(sunday.year, sunday.month, sunday.day, 2) + timedelta(minutes=minutes)  # noqa: DTZ001
    query = text("SELECT import.clock_fault(:cell, :zone), import.clock_changes(import.moment(:cell, :zone), :zone)")
    fault, changes = connection.execute(query, {"cell": local.isoformat(), "zone": zone}).one()
    assert fault == fault_by_python(local, zone)
    assert changes or not fault


@settings(max_examples=300, deadline=None)
@given(moment=st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)), hours=st.integers(-14, 14))  # noqa: DTZ001
def test_an_offset_decides_whatever_the_zone(read: Read, moment: datetime, hours: int) -> None:
    cell = f"{moment.replace(microsecond=0).isoformat()}{hours:+03}:00"
    assert read("moment", cell, NEW_YORK) == datetime.fromisoformat(cell)


@settings(max_examples=300, deadline=None)
@given(year=st.integers(1800, 2199), month=st.integers(0, 13), day=st.integers(0, 32))
def test_dates_agree_with_pythons_calendar(read: Read, year: int, month: int, day: int) -> None:
    try:
        value = date(year, month, day)
    except ValueError:
        value = None
    assert read("date", f"{year:04}-{month:02}-{day:02}") == value
    assert read("date", f"{month}/{day}/{year}") == value


@settings(max_examples=300, deadline=None)
@given(digits=st.from_regex(r"[12][0-9]{9}", fullmatch=True))
def test_an_npi_is_one_whose_luhn_sum_over_80840_fits(read: Read, digits: str) -> None:
    doubled = [int(d) if place % 2 == 0 else sum(divmod(2 * int(d), 10)) for place, d in enumerate(reversed("80840" + digits))]
    assert read("npi", digits) == (digits if sum(doubled) % 10 == 0 else None)


@settings(max_examples=400, deadline=None)
@given(cell=WILD.filter(lambda cell: "\0" not in cell and cell.isprintable()), function=st.sampled_from(sorted(EXAMPLES)))
def test_no_text_raises(read: Read, cell: str, function: str) -> None:
    read(function, cell)
    read("moment", cell, NEW_YORK)
    read("clock_fault", cell, NEW_YORK)


@pytest.mark.parametrize("function", sorted(EXAMPLES))
def test_a_blank_stays_blank_and_null_stays_null(connection: Connection, function: str) -> None:
    assert connection.execute(text(f"SELECT import.{function}(NULL)")).scalar() is None


def test_the_vendors_login_may_read_values(database: TestDatabase) -> None:
    with database.vendor_engine.connect() as vendor:
        assert vendor.execute(text("SELECT import.date('2026-10-31')")).scalar() == date(2026, 10, 31)


def test_a_date_means_the_same_whatever_date_style_the_session_has(connection: Connection) -> None:
    connection.execute(text("SET datestyle = 'ISO, DMY'"))
    row = connection.execute(text("SELECT import.date('2/3/2026'), import.moment('2/3/2026 9:30', 'UTC')")).one()
    connection.execute(text("RESET datestyle"))
    assert tuple(row) == (date(2026, 2, 3), datetime(2026, 2, 3, 9, 30, tzinfo=UTC))
