"""A published file goes in whole and dated beside what was there; a damaged one changes nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from caretally.cms.load_tables import load_reference_tables
from caretally.cms.published.load import Loaded, WrongFactor, load_published
from caretally.cms.reference_files import DamagedReferenceFile
from caretally.errors import NothingToDo, UsageMistake
from tests.builders.published import (
    ccir_text,
    csv_text,
    gpci_lines,
    gzipped,
    mue_lines,
    order_text,
    ptp_lines,
    rvu_lines,
    rvu_row,
    write,
    zipped,
)

NEW_YEAR, JULY = date(2026, 1, 1), date(2026, 7, 1)
Load = Callable[..., Loaded]


@pytest.fixture
def load(schema_owner: Connection) -> Load:
    """Load files of a kind as `tester`."""

    def loading(kind: str, *paths: Path, day: date = NEW_YEAR, **options: bool) -> Loaded:
        return load_published(schema_owner, kind, paths, effective_from=day, actor="tester", **options)

    return loading


def rvu(folder: Path, *rows: list[str], name: str = "PPRRVU2026_Jan_nonQPP.csv", year: int = 2026) -> Path:
    return write(folder / name, csv_text(rvu_lines(rows, year=year)))


def gpci(folder: Path) -> Path:
    return write(folder / "GPCI2026.csv", csv_text(gpci_lines([["01112", "CA", "05", "SAN FRANCISCO", "1.100", "1.368", "0.484"]])))


def scalar(connection: Connection, query: str) -> Any:
    return connection.scalar(text(query))


def paid(connection: Connection, code: str, day: date, *, locality: str = "", qualifying: bool = False) -> tuple[Decimal | None, str]:
    query = text("SELECT amount, why FROM medicare_rate(:day, :day, false, :locality) WHERE code = :code AND qualifying_apm = :qualifying")
    row = connection.execute(query, {"day": day, "locality": locality, "code": code, "qualifying": qualifying}).one()
    return None if row.amount is None else round(row.amount, 2), row.why


def test_a_load_says_file_fingerprint_and_days(load: Load, tmp_path: Path) -> None:
    loaded = load("rvu", rvu(tmp_path, rvu_row("99490"), rvu_row("99490", modifier="26")))
    assert (loaded.file, loaded.effective_from, loaded.effective_to) == ("PPRRVU2026_Jan_nonQPP.csv", NEW_YEAR, date(2026, 12, 31))
    assert (loaded.rows_read, loaded.rows_kept, len(loaded.sha256)) == (2, 1, 64)
    assert loaded.before == "relative_value.csv from 2026-01-01"


def test_it_is_kept_with_who_loaded_it(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    loaded = load("rvu", rvu(tmp_path, rvu_row("99490")))
    row = schema_owner.execute(
        text("SELECT file_name, file_sha256, effective_from, loaded_by FROM reference_edition WHERE origin = 'file'")
    ).one()
    assert tuple(row) == (loaded.file, loaded.sha256, NEW_YEAR, "tester")


def test_a_file_takes_over_from_its_day_and_the_days_before_stay(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    load("rvu", rvu(tmp_path, rvu_row("99490", "2.00", totals=("2.98", "2.31"))), day=JULY)
    assert paid(schema_owner, "99490", date(2026, 6, 30))[0] == Decimal("66.13")
    assert paid(schema_owner, "99490", JULY)[0] == Decimal("99.53")


def test_a_correction_of_the_same_day_takes_the_place_of_the_first(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    load("rvu", rvu(tmp_path, rvu_row("99490", "2.00", totals=("2.98", "2.31"))))
    load("rvu", rvu(tmp_path, rvu_row("99490", "3.00", totals=("3.98", "3.31")), name="PPRRVU2026_JanR_nonQPP.csv"))
    assert paid(schema_owner, "99490", NEW_YEAR)[0] == Decimal("132.94")


def test_the_same_file_again_is_nothing_to_do(load: Load, tmp_path: Path) -> None:
    file = rvu(tmp_path, rvu_row("99490"))
    load("rvu", file)
    with pytest.raises(NothingToDo, match=r"PPRRVU2026_Jan_nonQPP\.csv is in force from 2026-01-01 already"):
        load("rvu", file)


def test_a_dry_run_says_the_same_and_leaves_no_trace(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    file = rvu(tmp_path, rvu_row("99490", "2.00", totals=("2.98", "2.31")))
    before = scalar(schema_owner, "SELECT count(*) FROM reference_load")
    tried = load("rvu", file, dry_run=True)
    assert (tried.changed, tried.dry_run) == (1, True)
    assert (scalar(schema_owner, "SELECT count(*) FROM reference_load"), paid(schema_owner, "99490", NEW_YEAR)[0]) == (
        before,
        Decimal("66.13"),
    )


def test_new_changed_and_gone_rows_are_counted_beside_the_load_before(load: Load, tmp_path: Path) -> None:
    load("mue", write(tmp_path / "1.csv", csv_text(mue_lines([["99490", "1", "2 x", "y"], ["99489", "10", "3 x", "y"]]))))
    other = write(tmp_path / "2.csv", csv_text(mue_lines([["99490", "2", "2 x", "y"], ["99439", "2", "2 x", "y"]])))
    loaded = load("mue", other, day=JULY)
    assert (loaded.new, loaded.changed, loaded.gone, loaded.before) == (1, 1, 1, "1.csv from 2026-01-01")


@pytest.mark.parametrize("damage", ["duplicate", "database"])
def test_a_damaged_file_leaves_everything_as_it_was(
    schema_owner: Connection, load: Load, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [rvu_row("99490", "2.00", totals=("2.98", "2.31"))] * (2 if damage == "duplicate" else 1)
    if damage == "database":
        schema_owner.execute(text("ALTER TABLE relative_value ADD CHECK (work < 2) NOT VALID"))
    with pytest.raises(DamagedReferenceFile, match=r"duplicate key 99490|the database refuses it .*Nothing was loaded"):
        load("rvu", rvu(tmp_path, *rows))
    assert paid(schema_owner, "99490", NEW_YEAR)[0] == Decimal("66.13")
    assert scalar(schema_owner, "SELECT count(*) FROM reference_load WHERE origin = 'file'") == 0


def test_a_file_of_another_year_is_refused(load: Load, tmp_path: Path) -> None:
    with pytest.raises(DamagedReferenceFile, match="it says that it is of 2025, so it cannot be in force from 2026-01-01"):
        load("rvu", rvu(tmp_path, rvu_row("99490"), year=2025))
    with pytest.raises(DamagedReferenceFile, match="it says that it is of 2026, so it cannot be in force from 2027-01-01"):
        load("gpci", gpci(tmp_path), day=date(2027, 1, 1))


def test_a_file_of_less_than_half_the_rows_of_the_last_one_seems_truncated(load: Load, tmp_path: Path) -> None:
    load("mue", write(tmp_path / "1.csv", csv_text(mue_lines([[f"9949{n}", "1", "2 x", "y"] for n in range(5)]))))
    with pytest.raises(DamagedReferenceFile, match=r"it holds 2 rows, fewer than half of the 5 of 1\.csv, so it seems truncated"):
        load("mue", write(tmp_path / "2.csv", csv_text(mue_lines([[f"9949{n}", "1", "2 x", "y"] for n in range(2)]))), day=JULY)


def test_the_factor_comes_with_the_relative_values(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    next_year = date(2027, 1, 1)
    loaded = load("rvu", rvu(tmp_path, rvu_row("99490", factor="34.0000"), year=2027), day=next_year)
    assert loaded.notes == ("The conversion factor of participants who do not qualify is 34.0000 from 2027-01-01 to 2027-12-31.",)
    assert paid(schema_owner, "99490", next_year) == (Decimal("67.32"), "non-facility, national, factor 34.0000")
    assert paid(schema_owner, "99490", next_year, qualifying=True) == (
        None,
        "no conversion factor of qualifying participants is on record for 2027-01-01",
    )


def test_the_file_of_qualifying_participants_adds_their_factor(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    next_year = date(2027, 1, 1)
    load("rvu", rvu(tmp_path, rvu_row("99490", factor="34.0000"), year=2027), day=next_year)
    file = rvu(tmp_path, rvu_row("99490", factor="35.0000"), year=2027, name="PPRRVU2027_Jan_QPP.csv")
    load("rvu", file, day=next_year, qualifying_apm=True)
    assert [paid(schema_owner, "99490", next_year, qualifying=q)[0] for q in (False, True)] == [Decimal("67.32"), Decimal("69.30")]


@pytest.mark.parametrize(("factor", "qualifying"), [("33.5675", False), ("33.4009", True)])
def test_the_file_of_the_other_participants_is_not_taken_by_mistake(load: Load, tmp_path: Path, factor: str, qualifying: bool) -> None:
    with pytest.raises(WrongFactor, match=f"has the conversion factor {factor} of"):
        load("rvu", rvu(tmp_path, rvu_row("99490", factor=factor)), qualifying_apm=qualifying)


def test_of_a_zip_with_both_files_the_one_asked_for_is_taken(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    parts: dict[str, str | bytes] = {
        f"PPRRVU2026_Jan_{name}.{ending}": csv_text(rvu_lines([rvu_row("99490", factor=factor)]))
        for name, factor in (("nonQPP", "33.4009"), ("QPP", "33.5675"))
        for ending in ("csv", "txt")
    }
    both = zipped(tmp_path / "rvu26ar.zip", parts)
    assert load("rvu", both).file == "rvu26ar.zip (PPRRVU2026_Jan_nonQPP.csv)"
    assert load("rvu", both, day=date(2026, 1, 2), qualifying_apm=True).file == "rvu26ar.zip (PPRRVU2026_Jan_QPP.csv)"


def test_indices_that_are_loaded_are_used_for_the_locality(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    load("rvu", rvu(tmp_path, rvu_row("99490")))
    load("gpci", gpci(tmp_path))
    assert paid(schema_owner, "99490", JULY, locality="01112-05") == (Decimal("79.75"), "non-facility, locality 01112-05, factor 33.4009")


def test_pairs_that_are_loaded_take_the_place_of_the_products_own(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    assert scalar(schema_owner, "SELECT count(*) FROM ncci_pair") == 473
    row = ["99490", "99487", "", "20170101", "*", "0", "x"]
    load("ptp", write(tmp_path / "ccipra-f1.txt", csv_text(ptp_lines([row]), delimiter="\t")))
    assert [tuple(pair) for pair in schema_owner.execute(text("SELECT * FROM ncci_pair"))] == [
        ("99490", "99487", date(2017, 1, 1), None, 0)
    ]


def test_the_four_parts_of_the_pairs_are_one_load(load: Load, tmp_path: Path) -> None:
    files = [
        write(tmp_path / f"ccipra-f{part}.txt", csv_text(ptp_lines([["99490", code, "", "20170101", "*", "0", "x"]]), delimiter="\t"))
        for part, code in enumerate(("99487", "99489", "99491", "99437"), start=1)
    ]
    loaded = load("ptp", *files)
    assert (loaded.rows_kept, loaded.file.count("ccipra-f")) == (4, 4)


def test_only_pairs_come_in_parts(load: Load, tmp_path: Path) -> None:
    file = gpci(tmp_path)
    with pytest.raises(UsageMistake, match="A load of gpci takes one file, not 2"):
        load("gpci", file, file)


def chronic(connection: Connection, code: str) -> Any:
    return scalar(connection, f"SELECT chronic FROM icd10_code WHERE code = '{code}'")


def test_an_indicator_file_decides_from_its_day_on(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    assert (chronic(schema_owner, "E119"), chronic(schema_owner, "A000")) == (True, False)
    load("ccir", gzipped(tmp_path / "CCIR_v2026-1.csv.gz", ccir_text([["'E119'", "x", "0"]])), day=date(2025, 10, 1))
    assert (chronic(schema_owner, "E119"), chronic(schema_owner, "A000")) == (False, None)


def test_an_indicator_file_of_a_day_to_come_waits_for_it(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    load("ccir", gzipped(tmp_path / "CCIR.csv.gz", ccir_text([["'E119'", "x", "0"]])), day=date(datetime.now(UTC).year + 1, 12, 31))
    assert chronic(schema_owner, "E119") is True


def test_codes_in_force_decide_which_diagnoses_are_known(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    known = "SELECT count(*) FROM diagnosis_known WHERE code = '{}'"
    assert (scalar(schema_owner, known.format("E119")), scalar(schema_owner, known.format("U999"))) == (1, 0)
    load("icd10", write(tmp_path / "icd10cm-order-2026.txt", order_text([("U99", 0), ("U999", 1)])), day=date(2025, 10, 1))
    assert [scalar(schema_owner, known.format(code)) for code in ("E119", "U999", "U99")] == [0, 1, 0]


def test_a_new_release_of_the_product_leaves_loaded_files_in_force(schema_owner: Connection, load: Load, tmp_path: Path) -> None:
    load("rvu", rvu(tmp_path, rvu_row("99490", "2.00", totals=("2.98", "2.31"))))
    schema_owner.execute(text("UPDATE rule_set SET source_sha256 = repeat('0', 64)"))
    schema_owner.execute(text("UPDATE reference_load SET file_sha256 = repeat('0', 64) WHERE origin = 'product'"))
    load_reference_tables(schema_owner)
    assert paid(schema_owner, "99490", NEW_YEAR)[0] == Decimal("99.53")
    assert paid(schema_owner, "99490", date(2024, 6, 1))[0] == Decimal("62.58")
