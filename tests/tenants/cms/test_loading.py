"""The reference files reach the database whole, once, and never in part."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from caretally.cms.load_tables import load_reference_tables
from caretally.cms.reference_files import DATA_FOLDER, DamagedReferenceFile
from caretally.cms.rule_tables import rule_tables, rule_tables_of_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = tmp_path / "data"
    shutil.copytree(DATA_FOLDER, copied)
    return copied


def changed(file: Path, old: str, new: str) -> None:
    text_before = file.read_text(encoding="utf-8")
    assert old in text_before
    file.write_text(text_before.replace(old, new, 1), encoding="utf-8")


def scalar(connection: Connection, query: str) -> Any:
    return connection.scalar(text(query))


def test_a_migrated_database_holds_what_the_files_say(schema_owner: Connection) -> None:
    stored, filed = rule_tables(schema_owner), rule_tables_of_files()
    assert (stored.rule_set, stored.codes, stored.gates, stored.reasons) == (filed.rule_set, filed.codes, filed.gates, filed.reasons)
    assert set(stored.ladders) == set(filed.ladders)


def test_every_icd10_code_is_loaded(schema_owner: Connection) -> None:
    assert scalar(schema_owner, "SELECT count(*) || ' ' || count(*) FILTER (WHERE chronic) FROM icd10_code") == "74549 12504"


def test_the_same_files_again_change_nothing(schema_owner: Connection) -> None:
    before = scalar(schema_owner, "SELECT loaded_at FROM rule_set")
    assert load_reference_tables(schema_owner) == rule_tables_of_files().rule_set
    assert scalar(schema_owner, "SELECT loaded_at FROM rule_set") == before


def test_a_changed_file_brings_its_rows_and_a_new_fingerprint(schema_owner: Connection, folder: Path) -> None:
    changed(folder / "plan_element.csv", "Problem list", "Problems")
    before = scalar(schema_owner, "SELECT source_sha256 FROM rule_set")
    load_reference_tables(schema_owner, folder)
    assert scalar(schema_owner, "SELECT label FROM plan_element WHERE element = 'problems'") == "Problems"
    assert scalar(schema_owner, "SELECT source_sha256 FROM rule_set") != before


def test_gates_may_trade_places(schema_owner: Connection, folder: Path) -> None:
    changed(folder / "gate.csv", "\nTIME_PENDING,20,", "\nTIME_PENDING,30,")
    changed(folder / "gate.csv", "\nTIME_UNAPPROVED,30,", "\nTIME_UNAPPROVED,20,")
    load_reference_tables(schema_owner, folder)
    assert list(rule_tables(schema_owner).gates)[1:3] == ["TIME_UNAPPROVED", "TIME_PENDING"]


def test_a_row_that_left_the_file_leaves_the_table(schema_owner: Connection, folder: Path) -> None:
    rows = (folder / "billing_code.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "billing_code.csv").write_text("".join(row for row in rows if not row.startswith("G0182,")), encoding="utf-8")
    load_reference_tables(schema_owner, folder)
    assert "G0182" not in rule_tables(schema_owner).codes


def test_a_damaged_file_leaves_the_old_tables_in_force(schema_owner: Connection, folder: Path) -> None:
    changed(folder / "billing_code.csv", ",1200,", ",1260,")
    changed(folder / "gate.csv", "code,ordinal", "code,place")
    with pytest.raises(DamagedReferenceFile, match=r"gate\.csv, line 1: missing column ordinal"):
        load_reference_tables(schema_owner, folder)
    assert rule_tables(schema_owner).codes == rule_tables_of_files().codes


def test_a_file_that_the_database_refuses_leaves_the_old_tables_in_force(schema_owner: Connection, folder: Path) -> None:
    changed(folder / "billing_code.csv", ",1200,", ",1260,")
    changed(folder / "gate.csv", ",unsupported,unsupport,", ",unsupported,forget,")
    with pytest.raises(DamagedReferenceFile, match=r"gate\.csv.*the database refuses it"):
        load_reference_tables(schema_owner, folder)
    assert rule_tables(schema_owner).codes == rule_tables_of_files().codes


def test_a_changed_label_is_loaded_again_as_a_whole(schema_owner: Connection, folder: Path) -> None:
    for label in ("Problems", "List of problems"):
        print(f"reference tables loaded in {seconds_to_load(schema_owner, folder, label):.2f} s")
        assert schema_owner.execute(text("SELECT label FROM plan_element WHERE element = 'problems'")).scalar_one() == label


def seconds_to_load(connection: Connection, folder: Path, label: str) -> float:
    (folder / "plan_element.csv").write_text(f"element,label\nproblems,{label}\n", encoding="utf-8")
    connection.execute(text("DELETE FROM reference_load"))
    started = time.perf_counter()
    load_reference_tables(connection, folder)
    return time.perf_counter() - started
