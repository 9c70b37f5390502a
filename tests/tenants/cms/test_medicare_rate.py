"""What Medicare pays for one unit: relative value units times factor, times the locality's indices when they are loaded."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from tests.builders.databases import TestDatabase

PUBLISHED = list(csv.DictReader((Path(__file__).parents[2] / "data" / "national_payments.csv").read_text(encoding="utf-8").splitlines()))
RATE = text(
    "SELECT valid_from, valid_to, amount, why FROM medicare_rate(:first, :last, :facility, :locality) "
    "WHERE code = :code AND qualifying_apm = :qualifying ORDER BY valid_from"
)
ADD_LOAD = text(
    "INSERT INTO reference_load (kind, origin, file_name, file_sha256, effective_from, effective_to, rows_read, rows_kept, loaded_by) "
    "VALUES (:kind, 'file', 'test.csv', repeat('0', 64), :first, :last, 1, 1, 'tester') RETURNING id"
)


@pytest.fixture
def owner(database: TestDatabase) -> Iterator[Connection]:
    """The owner of the schema in a transaction that is rolled back."""
    with database.admin_engine.connect() as connection:
        yield connection


def rates(
    connection: Connection,
    code: str,
    first: str,
    last: str = "",
    *,
    facility: bool = False,
    locality: str = "",
    qualifying: bool = False,
) -> list[tuple[str, str, Decimal | None, str]]:
    values = {"code": code, "first": first, "last": last or first, "facility": facility, "locality": locality, "qualifying": qualifying}
    return [(str(row.valid_from), str(row.valid_to), row.amount, row.why) for row in connection.execute(RATE, values)]


def cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def add_indices(connection: Connection, *, year: int = 2026, locality: str = "01112-05") -> None:
    load = connection.scalar(ADD_LOAD, {"kind": "gpci", "first": date(year, 1, 1), "last": date(year, 12, 31)})
    connection.execute(
        text("INSERT INTO geographic_index VALUES (:load, :locality, 'CA', 'SAN FRANCISCO', 1.100, 1.368, 0.484)"),
        {"load": load, "locality": locality},
    )


def add_parts(connection: Connection) -> None:
    load = connection.scalar(ADD_LOAD, {"kind": "rvu", "first": date(2026, 7, 1), "last": date(2026, 12, 31)})
    connection.execute(
        text("INSERT INTO relative_value VALUES (:load, '99490', 'A', 1.00, 0.92, 0.25, 0.06, 1.98, 1.31)"),
        {"load": load},
    )


def computed(connection: Connection, row: dict[str, str]) -> Decimal | None:
    qualifying = row["qualifying_apm"] == "true"
    (rate,) = rates(connection, row["code"], row["from"], facility=row["place"] == "facility", qualifying=qualifying)
    return cents(rate[2])


def test_every_national_payment_that_cms_published_comes_out_to_the_cent(owner: Connection) -> None:
    assert len(PUBLISHED) == 190
    assert [row for row in PUBLISHED if computed(owner, row) != Decimal(row["dollars"])] == []


def test_the_factor_of_a_day_decides_and_the_days_are_told(owner: Connection) -> None:
    found = rates(owner, "99490", "2024-03-01", "2024-03-31")
    assert [(first, last, cents(amount)) for first, last, amount, _why in found] == [
        ("2024-03-01", "2024-03-08", Decimal("61.56")),
        ("2024-03-09", "2024-03-31", Decimal("62.58")),
    ]


def test_before_2026_a_qualifying_participant_is_paid_by_the_one_factor_there_is(owner: Connection) -> None:
    assert rates(owner, "99490", "2025-06-01") == rates(owner, "99490", "2025-06-01", qualifying=True)


def test_the_way_an_amount_was_found_is_told(owner: Connection) -> None:
    (rate,) = rates(owner, "99490", "2026-10-05", facility=True)
    assert rate[3] == "facility, national, factor 33.4009"


@pytest.mark.parametrize(
    ("code", "day", "facility", "why"),
    [
        ("98978", "2026-10-05", False, "98978 is priced by the Medicare contractor"),
        ("99490", "2023-12-31", False, "99490 has no relative value units on record for 2023-12-31"),
        ("99490", "2027-01-01", False, "99490 has no relative value units on record for 2027-01-01"),
        ("99490", "2025-10-05", True, "99490 has no facility relative value units on record for 2025-10-05"),
        ("99424", "2025-10-05", False, "99424 has no relative value units on record for 2025-10-05"),
    ],
)
def test_an_amount_that_is_not_known_is_null_with_the_reason(owner: Connection, code: str, day: str, facility: bool, why: str) -> None:
    ((_first, _last, amount, told),) = rates(owner, code, day, facility=facility)
    assert (amount, told) == (None, why)


def test_work_expense_and_malpractice_are_each_times_the_index_of_the_locality(owner: Connection) -> None:
    add_indices(owner)
    add_parts(owner)
    (rate,) = rates(owner, "99490", "2026-10-05", locality="01112-05")
    by_hand = (Decimal("1.00") * Decimal("1.100") + Decimal("0.92") * Decimal("1.368") + Decimal("0.06") * Decimal("0.484")) * Decimal(
        "33.4009"
    )
    assert (rate[2], rate[3]) == (by_hand, "non-facility, locality 01112-05, factor 33.4009")
    assert cents(rate[2]) == Decimal("79.75")


def test_a_facility_s_expense_is_taken_in_a_facility(owner: Connection) -> None:
    add_indices(owner)
    add_parts(owner)
    (rate,) = rates(owner, "99490", "2026-10-05", locality="01112-05", facility=True)
    by_hand = (Decimal("1.00") * Decimal("1.100") + Decimal("0.25") * Decimal("1.368") + Decimal("0.06") * Decimal("0.484")) * Decimal(
        "33.4009"
    )
    assert rate[2] == by_hand


def test_without_parts_the_national_amount_is_shown_and_said_to_be(owner: Connection) -> None:
    add_indices(owner)
    (rate,) = rates(owner, "99439", "2026-03-05", locality="01112-05")
    assert (cents(rate[2]), rate[3]) == (Decimal("50.44"), "non-facility, national (only totals are on record), factor 33.4009")


def test_a_locality_that_the_index_does_not_have_is_national_and_said_to_be(owner: Connection) -> None:
    add_indices(owner)
    (rate,) = rates(owner, "99490", "2026-03-05", locality="99999-01")
    assert rate[3] == "non-facility, national (locality 99999-01 is not in the index), factor 33.4009"


def test_a_client_without_a_locality_is_paid_the_national_amount(owner: Connection) -> None:
    add_indices(owner)
    (rate,) = rates(owner, "99490", "2026-03-05")
    assert rate[3] == "non-facility, national, factor 33.4009"


def test_a_later_file_takes_over_from_its_day_and_the_earlier_stays_before(owner: Connection) -> None:
    add_parts(owner)
    found = [(first, last, amount is None) for first, last, amount, _why in rates(owner, "99439", "2026-06-01", "2026-07-31")]
    assert found == [("2026-06-01", "2026-06-30", False), ("2026-07-01", "2026-07-31", True)]


@pytest.mark.parametrize(
    ("status", "never", "why"),
    [
        ("I", False, "99490 is not paid by the fee schedule (status I, not valid for Medicare)"),
        ("Z", False, "99490 is not paid by the fee schedule (status Z)"),
        ("A", True, "99490 is not paid in a non-facility place of service"),
    ],
)
def test_a_code_that_the_fee_schedule_does_not_pay_has_no_amount(owner: Connection, status: str, never: bool, why: str) -> None:
    add_parts(owner)
    changed = {"status": status, "never": never}
    owner.execute(text("UPDATE relative_value SET status = :status, nonfacility_never = :never WHERE code = '99490'"), changed)
    ((_first, _last, amount, told),) = rates(owner, "99490", "2026-10-05")
    assert (amount, told) == (None, why)
