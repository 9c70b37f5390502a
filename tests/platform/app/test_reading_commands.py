"""`exceptions`, `explain`, `verify` and `config`: data on stdout in every format, notes on stderr."""

import csv
import io
import subprocess

import openpyxl
import pytest

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
