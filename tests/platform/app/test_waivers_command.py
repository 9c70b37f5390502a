"""`caretally waivers`, and a waiver on everything that is shown: explanation, reports in every form, invoice, what-if."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.program import Said, program, slug_of

OVERDUE = "CARE_PLAN_REVIEW_OVERDUE"
TOLD = (
    "Dana Reed waived until December 31, 2099 that the care plan's last review (none on record) is longer ago than the vendor's review "
    "clock allows: chart moved."
)


@pytest.fixture
def office(database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Two patients of twenty minutes whose plans are overdue for review."""
    for name, value in database.environment(home=tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    made = new_office(database, "LFM")
    for mrn, day in (("1", 7), ("2", 8)):
        patient = made.add_patient("LFM", mrn)
        with made.transaction() as connection:
            connection.execute(text("UPDATE care_plan SET effective_on = '2025-06-01' WHERE patient_id = :id"), {"id": patient})
        made.add_time("LFM", patient, "rn", starts=datetime(2026, 10, day, 14, tzinfo=UTC))
    return made


def add(office: Office, *words: str, gate: str = OVERDUE, until: str = "2099-12-31") -> Said:
    where = ("--vendor", slug_of(office), "--client", "LFM", "--from", "2026-10", "--until", until)
    return program("waivers", "add", gate, *where, "--by", "Dana Reed", "--reason", "chart moved", *words)


def listed(office: Office, *words: str) -> Any:
    return program("waivers", "list", "--vendor", slug_of(office), "--json", *words).json


def rows_of(office: Office, *words: str) -> list[dict[str, str]]:
    said = program("exceptions", "2026-10", "--vendor", slug_of(office), "--format", "csv", *words)
    return list(csv.DictReader(io.StringIO(said.out)))


def test_a_waiver_is_added_listed_and_withdrawn(office: Office) -> None:
    said = add(office, "--patient", "1")
    (one,) = listed(office)
    assert said.out == f"{OVERDUE} is waived for patient 1 of LFM from 2026-10 through 2099-12-31; the waiver is {one['waiver_id']}.\n"
    told = (one["client"], one["patient"], one["code"], one["first_month"], one["expires_on"], one["waived_by"], one["reason"])
    assert told == ("LFM", "1", OVERDUE, "2026-10", "2099-12-31", "Dana Reed", "chart moved")
    assert OVERDUE in program("waivers", "list", "--vendor", slug_of(office)).out
    words = ("waivers", "withdraw", one["waiver_id"][:18], "--vendor", slug_of(office), "--client", "LFM", "--reason", "reviewed")
    assert program(*words, "--dry-run").is_one_sentence(0, "could be withdrawn: dry run, nothing was written.")
    assert program(*words, "--dry-run", "--json").json == {"waiver_id": one["waiver_id"], "dry_run": True}
    assert listed(office) == [one]
    assert program(*words).is_one_sentence(0, f"The waiver of {OVERDUE} at LFM is withdrawn.")
    assert listed(office) == []
    assert listed(office, "--all")[0]["withdrawn_by"] is not None
    assert program("waivers", "list", "--vendor", slug_of(office)).is_one_sentence(0, "Nothing is waived.")


def test_a_dry_run_checks_and_writes_nothing(office: Office) -> None:
    assert add(office, "--dry-run").out.endswith(
        "could be waived for every patient of LFM from 2026-10 through 2099-12-31: dry run, nothing was written.\n"
    )
    assert listed(office) == []
    assert office.value("SELECT count(*) FROM audit_event WHERE action = 'waiver.added'") == 0
    assert add(office, gate="NO_CONSENT").is_one_sentence(2, "NO_CONSENT (no consent) is not the vendor's to waive")
    assert add(office, until="2026-11-01").is_one_sentence(2, "2026-11-01 has passed")
    assert add(office, "--patient", "77").is_one_sentence(2, "LFM has no patient '77'")


def test_what_if_shows_beforehand_what_a_waiver_would_release_and_what_one_did(office: Office) -> None:
    words = ("what-if", "2026-10", "--vendor", slug_of(office), "--json")
    (client,) = program(*words, "--waive", OVERDUE, "--patient", "1").json["clients"]
    assert (client["total_cents_before"], client["total_cents_after"], [one["mrn"] for one in client["patients"]]) == (0, 3800, ["1"])
    (client,) = program(*words, "--waive", OVERDUE).json["clients"]
    assert client["total_cents_after"] == 7600
    assert listed(office) == []
    add(office, "--patient", "1")
    (client,) = program(*words, "--without-waivers").json["clients"]
    assert (client["total_cents_before"], client["total_cents_after"]) == (3800, 0)
    assert program(*words, "--waive", "NO_CONSENT").is_one_sentence(2, "NO_CONSENT is not the vendor's to waive")
    assert program(*words, "--waive", OVERDUE, "--patient", "77").is_one_sentence(2, "There is no patient '77'")
    assert program(*words, "--patient", "1").is_one_sentence(2, "--patient says for whom something is waived")


def test_a_waived_month_says_so_wherever_it_is_shown_before_and_after_the_close(office: Office, tmp_path: Path) -> None:
    add(office, "--patient", "1")
    explain = ("explain", "2026-10", "--vendor", slug_of(office), "--client", "LFM", "--patient", "1", "--json")
    before, rows_before = program(*explain).json, rows_of(office)
    assert before["outcome"] == "billable"
    assert before["explanation"].endswith(TOLD)
    assert before["waived"] == [{"code": OVERDUE, "waived_by": "Dana Reed", "reason": "chart moved", "expires_on": "2099-12-31"}]
    (waived,) = [row for row in rows_before if row["effect"] == "waived"]
    assert (waived["mrn"], waived["code"], waived["due_on"], waived["money_waived"], waived["money_held"]) == (
        "1",
        OVERDUE,
        "2099-12-31",
        "38.00",
        "0.00",
    )
    assert waived["sentence"] == TOLD
    said = program("close", "2026-10", "--vendor", slug_of(office), "--out", str(tmp_path / "out"), "--json").json
    assert said["clients"][0]["exceptions"] == {OVERDUE: 1}
    assert program(*explain).json == before
    assert [row for row in rows_of(office) if row["effect"] == "waived"] == [waived]
    files = {path.suffix: path for path in (tmp_path / "out").iterdir() if "exceptions" in path.name}
    words = " ".join(page.extract_text() for page in PdfReader(files[".pdf"]).pages)
    assert "Dana Reed waived" in " ".join(words.split())
    assert "Waived by name" in words
    assert "Billed because somebody waived what held it $38.00" in " ".join(words.split())
    invoice = next(path for path in (tmp_path / "out").iterdir() if path.suffix == ".pdf" and "exceptions" not in path.name)
    assert "Dana Reed waived" in " ".join(" ".join(page.extract_text() for page in PdfReader(invoice).pages).split())
    assert program("verify", "--vendor", slug_of(office)).code == 0


def test_the_same_close_again_writes_the_same_files(office: Office, tmp_path: Path) -> None:
    add(office)
    words = ("close", "2026-10", "--vendor", slug_of(office), "--out")
    assert program(*words, str(tmp_path / "one")).code == program(*words, str(tmp_path / "two")).code == 0
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert one
