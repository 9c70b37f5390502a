"""A folder of reference files is read whole, or refused with file, line and reason."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from caretally.cms.reference_files import (
    CHRONIC_CONDITIONS_FILE,
    DATA_FOLDER,
    DamagedReferenceFile,
    folder_sha256,
    read_chronic_conditions,
    read_tables,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = tmp_path / "data"
    shutil.copytree(DATA_FOLDER, copied)
    return copied


def changed(file: Path, change: Callable[[str], str]) -> None:
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(DamagedReferenceFile) as refused:
        read_tables(folder)
    return str(refused.value)


def test_the_products_own_files_are_sound() -> None:
    assert len(read_tables()["billing_code"].rows) == 45


def test_a_missing_column_is_named(folder: Path) -> None:
    changed(folder / "gate.csv", lambda text: text.replace("code,ordinal,kind", "code,ordinal,sort", 1))
    assert "gate.csv, line 1: missing column kind" in refusal(folder)


def test_a_column_that_is_not_known_is_refused(folder: Path) -> None:
    changed(folder / "plan_element.csv", lambda text: text.replace("element,label", "element,label,colour", 1))
    assert "plan_element.csv, line 1: the columns must be element, label" in refusal(folder)


def test_a_duplicate_key_is_named_with_its_line(folder: Path) -> None:
    changed(folder / "credential_type.csv", lambda text: text + "RN,clinical,true,false\n")
    assert "credential_type.csv, line 13: duplicate key RN" in refusal(folder)


def test_an_impossible_date_is_named_with_its_line(folder: Path) -> None:
    changed(folder / "billing_code.csv", lambda text: text.replace("2015-01-01", "2015-02-30", 1))
    assert "billing_code.csv, line 2: first_valid: '2015-02-30' is not a possible date" in refusal(folder)


def test_a_validity_that_ends_before_it_begins_is_refused(folder: Path) -> None:
    changed(folder / "exclusion_reason.csv", lambda text: text.replace("2015-01-01,\n", "2015-01-01,2014-12-31\n", 1))
    assert "exclusion_reason.csv, line 2: impossible dates" in refusal(folder)


def test_a_number_that_is_not_one_is_refused(folder: Path) -> None:
    changed(folder / "billing_code.csv", lambda text: text.replace(",1200,", ",1200.5,", 1))
    assert "line 2: first_threshold_seconds: '1200.5' is not a possible number" in refusal(folder)


def test_a_row_with_too_few_cells_is_refused(folder: Path) -> None:
    changed(folder / "plan_element.csv", lambda text: text + "alone\n")
    assert "plan_element.csv, line 10: 1 cells stand under 2 columns" in refusal(folder)


def test_an_empty_cell_that_must_not_be_is_refused(folder: Path) -> None:
    changed(folder / "plan_element.csv", lambda text: text + "nameless,\n")
    assert "plan_element.csv, line 10: label is empty" in refusal(folder)


def test_a_reason_that_no_gate_explains_is_refused(folder: Path) -> None:
    changed(folder / "exclusion_reason.csv", lambda text: text.replace("IDLE", "ASLEEP"))
    assert "exclusion_reason.csv, line 9: code ASLEEP is not in gate.csv" in refusal(folder)


@pytest.mark.parametrize("broken", ["{patient_name} did not count", "{seconds did not count"])
def test_a_sentence_that_nobody_can_fill_in_is_refused(folder: Path, broken: str) -> None:
    changed(folder / "gate.csv", lambda text: text.replace("{seconds} did not count", broken, 1))
    assert "gate.csv, line 4: the sentence of TIME_UNAPPROVED leaves something open" in refusal(folder)


def test_a_rule_number_that_means_nothing_is_refused(folder: Path) -> None:
    changed(folder / "gate.csv", lambda text: text.replace(",R40,", ",R99,", 1))
    assert "a rule of OUTSIDE_US is not in rule_number.csv" in refusal(folder)


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    (folder / "time_ladder.csv").unlink()
    assert "time_ladder.csv: it cannot be read" in refusal(folder)


def test_an_unclosed_quote_is_refused(folder: Path) -> None:
    changed(folder / "plan_element.csv", lambda text: text + 'open,"never closed\n')
    assert "plan_element.csv" in refusal(folder)


def test_every_icd10_code_comes_with_its_chronic_indicator() -> None:
    rows = {row["code"]: row["chronic"] for row in read_chronic_conditions().dicts()}
    assert (len(rows), rows["E119"], rows["A000"], rows["Z9981"]) == (74_549, True, False, None)


def test_a_chronic_indicator_outside_the_legend_is_refused(folder: Path) -> None:
    whole = gzip.decompress((folder / CHRONIC_CONDITIONS_FILE).read_bytes())
    (folder / CHRONIC_CONDITIONS_FILE).write_bytes(gzip.compress(whole.replace(b'biovar cholerae",0', b'biovar cholerae",2', 1)))
    with pytest.raises(DamagedReferenceFile, match=r"line 4: .* is not a code with the indicator"):
        read_chronic_conditions(folder)


def test_a_truncated_archive_is_refused(folder: Path) -> None:
    (folder / CHRONIC_CONDITIONS_FILE).write_bytes((folder / CHRONIC_CONDITIONS_FILE).read_bytes()[:-100])
    with pytest.raises(DamagedReferenceFile, match="its bytes are damaged"):
        read_chronic_conditions(folder)


def test_the_fingerprint_changes_with_any_file(folder: Path) -> None:
    before = folder_sha256(folder)
    changed(folder / "plan_element.csv", lambda text: text.replace("Problem list", "Problems"))
    assert folder_sha256(folder) != before
