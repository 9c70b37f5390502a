"""`exceptions`, `explain`, `verify` and `config`: data on stdout in every format, notes on stderr."""

import csv
import io
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import text

from tests.builders.closing import PROGRAM
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.program import program, slug_of


@pytest.fixture
def office(database: TestDatabase, caretally_environment: dict[str, str]) -> Office:
    """A vendor with one client and one patient of ten minutes."""
    made = new_office(database, "LFM")
    made.add_time("LFM", made.add_patient("LFM", "7"), "rn", seconds=600)
    return made


def test_exceptions_are_a_table_in_words(office: Office) -> None:
    said = program("exceptions", "2026-10", "--vendor", slug_of(office))
    assert (said.code, "TIME_BELOW_THRESHOLD" in said.out, said.err) == (0, True, "")


def test_exceptions_are_csv(office: Office) -> None:
    said = program("exceptions", "2026-10", "--vendor", slug_of(office), "--format", "csv")
    rows = list(csv.reader(io.StringIO(said.out)))
    assert any("TIME_BELOW_THRESHOLD" in row for row in rows)


@pytest.mark.parametrize("words", [["--format", "json"], ["--json"]])
def test_exceptions_are_json(office: Office, words: list[str]) -> None:
    (client,) = program("exceptions", "2026-10", "--vendor", slug_of(office), *words).json
    (row,) = client["exceptions"]
    assert (client["client"], client["state"], row["code"], row["mrn"]) == ("LFM", "preview", "TIME_BELOW_THRESHOLD", "7")


def test_exceptions_are_a_workbook(office: Office) -> None:
    command = [*PROGRAM, "exceptions", "2026-10", "--vendor", slug_of(office), "--client", "LFM", "--format", "xlsx"]
    book = openpyxl.load_workbook(io.BytesIO(subprocess.run(command, capture_output=True, check=True).stdout))
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert "TIME_BELOW_THRESHOLD" in cells


@pytest.fixture
def cured(office: Office) -> Office:
    """The vendor with its October closed, half the time of a unit come in late, and a consent of another patient revoked back in time."""
    office.add_time("LFM", office.add_patient("LFM", "8"), "rn", starts=datetime(2026, 10, 9, 14, tzinfo=UTC))
    office.close()
    patient = office.value("SELECT id FROM patient WHERE mrn = '7'")
    office.add_late_time("LFM", patient, "rn", starts=datetime(2026, 10, 20, 14, tzinfo=UTC), seconds=600, external_id="late-1")
    with office.transaction() as connection:
        connection.execute(text("UPDATE consent SET revoked_on = '2026-09-10' FROM patient p WHERE p.id = patient_id AND mrn = '8'"))
    return office


PROPOSED = (
    "October 2026 was closed as not billable (not enough time); with what came in since, it supports 99490. "
    "Proposed as an adjustment of $38.00 by that month's agreement; it is on no invoice until somebody takes it."
)
REVIEW = "OVERPAYMENT_REVIEW: LFM 2026-10 patient 8, CONSENT_REVOKED"


def test_the_month_under_way_shows_what_closed_months_would_be_and_writes_nothing(cured: Office) -> None:
    said = program("exceptions", "2026-11", "--vendor", slug_of(cured), "--json")
    (client,) = said.json
    (proposed,) = client["adjustments"]
    assert (proposed["closed_month"], proposed["mrn"], proposed["cured"]) == ("2026-10", "7", ["TIME_BELOW_THRESHOLD"])
    assert (proposed["claim"], proposed["amount_cents"], proposed["sentence"]) == ([{"code": "99490", "units": 1}], 3800, PROPOSED)
    assert [late["external_id"] for late in client["late_entries"]] == ["late-1"]
    assert said.err == f"{REVIEW}; the close of 2026-11 starts the review.\n"
    assert cured.rows("SELECT 1 FROM adjustment UNION ALL SELECT 1 FROM overpayment_review") == []
    assert cured.value("SELECT count(*) FROM time_entry") == 2


def test_the_close_writes_what_was_shown_and_the_closed_month_shows_it_again(cured: Office, tmp_path: Path) -> None:
    slug = slug_of(cured)
    before = program("exceptions", "2026-11", "--vendor", slug, "--json").json[0]
    assert program("close", "2026-11", "--vendor", slug, "--dry-run", "--json").json["clients"][0]["exceptions"]["LATE_ENTRY"] == 2
    closed = program("close", "2026-11", "--vendor", slug, "--json", "--out", str(tmp_path))
    assert closed.json["clients"][0]["exceptions"]["LATE_ENTRY"] == 2
    after = program("exceptions", "2026-11", "--vendor", slug, "--json").json[0]
    assert (after["adjustments"], after["late_entries"]) == (before["adjustments"], before["late_entries"])
    assert program("exceptions", "2026-10", "--vendor", slug).err.startswith(f"{REVIEW}, due ")
    assert program("verify", "--vendor", slug).code == 0
    pdf = " ".join(" ".join(page.extract_text() for page in PdfReader(tmp_path / "exceptions-LFM-2026-11.pdf").pages).split())
    assert "Proposed for months that are closed" in pdf and "$38.00" in pdf


def test_an_adjustment_is_in_the_table_the_csv_and_the_workbook(cured: Office) -> None:
    words = ("exceptions", "2026-11", "--vendor", slug_of(cured), "--client", "LFM")
    table = program(*words).out
    assert (table.count("LATE_ENTRY"), "$38.00" in table) == (2, True)
    (row,) = [row for row in csv.DictReader(io.StringIO(program(*words, "--format", "csv").out)) if row["effect"] == "proposes"]
    assert (row["code"], row["closed_month"], row["claim_now"], row["adjustment"], row["money_held"]) == (
        "LATE_ENTRY",
        "2026-10",
        "99490",
        "38.00",
        "",
    )
    book = openpyxl.load_workbook(
        io.BytesIO(subprocess.run([*PROGRAM, *words, "--format", "xlsx"], capture_output=True, check=True).stdout)
    )
    assert [cell.value for cell in book["Adjustments"][2]][:5] == ["2026-10", "7", "Abara, Alma", "TIME_BELOW_THRESHOLD", "99490"]


def test_a_patient_is_explained_in_words(office: Office) -> None:
    said = program("explain", "2026-10", "--vendor", slug_of(office), "--client", "LFM", "--patient", "7")
    assert (said.code, said.err) == (0, "")
    assert "7 at LFM in 2026-10" in said.out


def test_a_patient_is_explained_as_json(office: Office) -> None:
    answer = program("explain", "2026-10", "--vendor", slug_of(office), "--client", "LFM", "--patient", "7", "--json").json
    assert (answer["outcome"], answer["exceptions"], answer["raw_seconds"]) == ("not_billable", ["TIME_BELOW_THRESHOLD"], 600)


def test_an_unknown_patient_is_3(office: Office) -> None:
    said = program("explain", "2026-10", "--vendor", slug_of(office), "--client", "LFM", "--patient", "99")
    assert said.is_one_sentence(3, "no patient '99'")


def test_an_untouched_vendor_verifies(office: Office) -> None:
    assert program("close", "2026-10", "--vendor", slug_of(office)).code == 0
    said = program("verify", "--vendor", slug_of(office), "--json")
    assert (said.code, [check["breaches"] for check in said.json["checks"] if not check["ok"]]) == (0, [])


@pytest.mark.parametrize("words", [["config"], ["exceptions", "2026-10"], ["verify"], ["close", "2026-10"]])
def test_nothing_is_coloured_in_a_pipe(office: Office, words: list[str]) -> None:
    vendor = [] if words == ["config"] else ["--vendor", slug_of(office)]
    for said in (program(*words, *vendor), program(*words, *vendor, NO_COLOR="1")):
        assert (said.code, "\x1b" in said.out + said.err) == (0, False)


def test_config_and_migrate_print_json(office: Office) -> None:
    assert {"variable", "value", "is_set", "description"} == set(program("config", "--json").json[0])
    assert set(program("migrate", "--json").json) == {"before", "after", "rule_set"}


@pytest.fixture
def earning(database: TestDatabase, caretally_environment: dict[str, str]) -> Office:
    """A vendor with one client and two patients: 45 minutes, and 45 minutes without consent."""
    made = new_office(database, "LFM")
    made.add_time("LFM", made.add_patient("LFM", "1"), "rn", seconds=2700)
    held = made.add_patient("LFM", "2")
    made.add_time("LFM", held, "rn", seconds=2700, starts=datetime(2026, 10, 7, 14, tzinfo=UTC))
    with made.transaction() as connection:
        connection.execute(text("DELETE FROM consent WHERE patient_id = :id"), {"id": held})
    return made


EXPECTED = {
    "cents": 11657,
    "lines": [{"code": "99490", "units": 1, "cents": 6613}, {"code": "99439", "units": 1, "cents": 5044}],
    "note": "non-facility, national, factor 33.4009",
}


@pytest.mark.parametrize("closed", [False, True])
def test_what_medicare_may_pay_is_explained_beside_the_price(earning: Office, closed: bool) -> None:
    if closed:
        earning.close()
    words = ("explain", "2026-10", "--vendor", slug_of(earning), "--client", "LFM", "--patient", "1")
    answer = program(*words, "--json").json
    assert (answer["price_cents"], answer["expected_medicare"]) == (5400, EXPECTED)
    said = program(*words).out
    assert "Price         $54.00\n" in said
    assert "Medicare      $116.57 expected (99490 $66.13 + 99439 $50.44; non-facility, national, factor 33.4009), never part" in said


def test_a_month_without_a_claim_is_explained_without_an_amount(office: Office) -> None:
    words = ("explain", "2026-10", "--vendor", slug_of(office), "--client", "LFM", "--patient", "7")
    answer = program(*words, "--json").json
    assert (answer["price_cents"], answer["expected_medicare"]) == (0, None)
    said = program(*words).out
    assert "Price " not in said and "Medicare " not in said


def test_an_amount_that_is_not_known_is_explained_by_what_is_missing(earning: Office) -> None:
    patient = earning.value("SELECT id FROM patient WHERE mrn = '1'")
    earning.add_time("LFM", patient, "rn", seconds=1200, starts=datetime(2027, 1, 7, 14, tzinfo=UTC))
    words = ("explain", "2027-01", "--vendor", slug_of(earning), "--client", "LFM", "--patient", "1")
    missing = "99490 has no relative value units on record for 2027-01-01"
    lines = [{"code": "99490", "units": 1, "cents": None}]
    assert program(*words, "--json").json["expected_medicare"] == {"cents": None, "lines": lines, "note": missing}
    assert f"Medicare      expected amount not known: {missing}\n" in program(*words).out


@pytest.mark.parametrize("closed", [False, True])
def test_a_held_month_has_in_the_report_once_what_it_would_bring(earning: Office, closed: bool) -> None:
    if closed:
        earning.close()
    said = program("exceptions", "2026-10", "--vendor", slug_of(earning), "--format", "csv")
    rows = [row for row in csv.DictReader(io.StringIO(said.out)) if row["mrn"] == "2"]
    assert [row["expected_medicare"] for row in rows if row["expected_medicare"]] == ["116.57"]
    (client,) = program("exceptions", "2026-10", "--vendor", slug_of(earning), "--json").json
    assert [row["expected_cents"] for row in client["exceptions"] if row["mrn"] == "2" and row["expected_cents"]] == [11657]
