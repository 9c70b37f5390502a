"""`caretally rules pack`: another version of the rules in force, or refused with the version before still in force."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from caretally.cms.reference_files import DATA_FOLDER
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.program import program, slug_of


@pytest.fixture
def office(fresh_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A client with a patient of twenty minutes, in an installation of its own."""
    for name, value in fresh_database.environment(home=tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    made = new_office(fresh_database, "LFM")
    made.add_time("LFM", made.add_patient("LFM", "1"), "rn")
    return made


def rules(tmp_path: Path, code: str = "2026-12", effective_from: str = "2026-11-01", *, base_seconds: int = 1260) -> Path:
    folder = tmp_path / f"rules-{code}"
    shutil.copytree(DATA_FOLDER, folder)
    codes = folder / "billing_code.csv"
    codes.write_text(
        codes.read_text(encoding="utf-8").replace('team work",staff,1200,', f'team work",staff,{base_seconds},'), encoding="utf-8"
    )
    (folder / "rule_set.csv").write_text(f"code,effective_from\n{code},{effective_from}\n", encoding="utf-8")
    return folder


def in_force(office: Office) -> tuple[str, str]:
    row = office.rows("SELECT rule_set, outcome FROM client_month JOIN patient_month USING (vendor_id, client_id, month)")[-1]
    return row[0], row[1]


def test_each_decision_names_the_version_that_made_it(office: Office, tmp_path: Path) -> None:
    said = program("rules", "pack", str(rules(tmp_path)))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Rules 2026-12 of 2026-11-01 follow 2026-11.\nSHA-256 ")
    assert program("close", "2026-10", "--vendor", slug_of(office)).code == 0
    assert in_force(office) == ("2026-12", "not_billable")


def test_what_was_loaded_stays_in_force_when_the_installation_is_brought_up_to_date_again(office: Office, tmp_path: Path) -> None:
    assert program("rules", "pack", str(rules(tmp_path))).code == 0
    assert program("migrate").code == 0
    assert office.value("SELECT code FROM rule_set ORDER BY loaded_at DESC LIMIT 1") == "2026-12"
    assert office.value("SELECT first_threshold_seconds FROM billing_code WHERE code = '99490'") == 1260


def test_a_dry_run_leaves_the_version_before_in_force(office: Office, tmp_path: Path) -> None:
    said = program("rules", "pack", str(rules(tmp_path)), "--dry-run")
    assert (said.code, said.out.splitlines()[-1]) == (0, "Dry run: nothing was written.")
    assert office.value("SELECT string_agg(code, ',') FROM rule_set") == "2026-11"
    assert office.value("SELECT first_threshold_seconds FROM billing_code WHERE code = '99490'") == 1200


def test_what_cannot_follow_is_refused_and_the_version_before_stays(office: Office, tmp_path: Path) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    damaged = rules(tmp_path, "2026-damaged")
    (damaged / "gate.csv").write_text("code\n", encoding="utf-8")
    assert program("rules", "pack", str(DATA_FOLDER)).is_one_sentence(3, "The rules 2026-11 are in force already")
    assert program("rules", "pack", str(rules(tmp_path, "2026-11"))).is_one_sentence(5, "Rules 2026-11 were loaded before with other rows")
    assert program("rules", "pack", str(rules(tmp_path, "2099-01", tomorrow))).is_one_sentence(2, f"are in force from {tomorrow}")
    assert program("rules", "pack", str(rules(tmp_path, "2025-01", "2025-01-01"))).is_one_sentence(
        5, "are older than 2026-11 of 2026-11-01"
    )
    assert program("rules", "pack", str(damaged)).is_one_sentence(1, "gate.csv, line 1: missing column")
    assert program("rules", "pack", str(tmp_path / "gone")).code == 2
    assert office.value("SELECT string_agg(code, ',') FROM rule_set") == "2026-11"
    assert office.value("SELECT first_threshold_seconds FROM billing_code WHERE code = '99490'") == 1200
