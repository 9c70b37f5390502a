"""`caretally import`, `caretally import undo` and `caretally vendor create`, as a person calls them."""

import json
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from caretally.app.cli import run

PATIENTS = "client,mrn,family_name,given_name,birth_date"
GOOD = f"{PATIENTS}\nLFM,8,Osei,Ama,1940-02-01\n"
BAD = f"{PATIENTS}\nLFM,8,Osei,Ama,1940-02-01\nLFM,9,Osei,Kofi,1940-02-31\n"


@pytest.fixture
def vendor(caretally_environment: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> str:
    """The slug of a new vendor with one client."""
    slug = f"harbor-{token_hex(3)}"
    assert run(["vendor", "create", "Harbor Care", "--slug", slug]) == 0
    assert run(["import", "clients", write(tmp_path, "code,name,timezone\nLFM,Lakeside,America/New_York\n"), "--vendor", slug]) == 0
    capfd.readouterr()
    return slug


def write(folder: Path, body: str, name: str = "file.csv") -> str:
    (folder / name).write_text(body, encoding="utf-8")
    return str(folder / name)


def as_json(capfd: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capfd.readouterr().out)


def test_an_import_prints_its_counts_and_its_batch(vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "patients", write(tmp_path, GOOD), "--vendor", vendor]) == 0
    out = capfd.readouterr().out
    assert "patients: 1 rows read, 1 new, 0 changed, 0 unchanged, 0 refused, 0 late." in out
    assert "take it back with: caretally import undo" in out


def test_a_refused_row_prints_line_column_value_and_rule_and_exits_with_1(
    vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", "patients", write(tmp_path, BAD), "--vendor", vendor]) == 1
    out = capfd.readouterr().out
    assert "3\tbirth_date\t1940-02-31\tdate\trefused\t“1940-02-31” is not a date" in out
    assert "Nothing was written" in out


def test_json_says_the_same(vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "patients", write(tmp_path, BAD), "--vendor", vendor, "--json"]) == 1
    said = as_json(capfd)
    assert (said["kind"], said["read"], said["new"], said["refused"], said["written"]) == ("patients", 2, 0, 1, False)
    (problem,) = said["problems"]
    assert {name: problem[name] for name in ("line", "column", "value", "rule")} == {
        "line": 3,
        "column": "birth_date",
        "value": "1940-02-31",
        "rule": "date",
    }


def test_the_valid_rows_alone_exit_with_0(vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "patients", write(tmp_path, BAD), "--vendor", vendor, "--valid-rows-only", "--json"]) == 0
    assert (as_json(capfd)["new"]) == 1


def test_a_dry_run_writes_nothing(vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, GOOD)
    assert run(["import", "patients", path, "--vendor", vendor, "--dry-run"]) == 0
    assert "Dry run: nothing was written." in capfd.readouterr().out
    run(["import", "patients", path, "--vendor", vendor, "--json"])
    assert as_json(capfd)["new"] == 1


def test_undo_takes_a_batch_back_and_a_second_undo_is_a_conflict(vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["import", "patients", write(tmp_path, GOOD), "--vendor", vendor, "--json"])
    batch = as_json(capfd)["batch_id"]
    assert run(["import", "undo", batch, "--vendor", vendor]) == 0
    assert "Undone: 1 rows of patients removed" in capfd.readouterr().out
    assert run(["import", "undo", batch, "--vendor", vendor]) == 5


def test_a_mapping_is_saved_and_used_by_its_name(vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mapping = write(tmp_path, json.dumps({"Chart": "mrn", "Practice": "client"}), "mapping.json")
    path = write(tmp_path, "Practice,Chart,family_name,given_name,birth_date\nLFM,8,Osei,Ama,1940-02-01\n")
    assert run(["import", "patients", path, "--vendor", vendor, "--mapping", mapping, "--save-mapping", "athena"]) == 0
    capfd.readouterr()
    assert run(["import", "patients", path, "--vendor", vendor, "--mapping", "athena", "--json"]) == 0
    assert as_json(capfd)["unchanged"] == 1


def test_a_dry_run_saves_no_mapping(vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mapping = write(tmp_path, json.dumps({"Chart": "mrn"}), "mapping.json")
    path = write(tmp_path, GOOD)
    assert run(["import", "patients", path, "--vendor", vendor, "--mapping", mapping, "--save-mapping", "tried", "--dry-run"]) == 0
    assert run(["import", "patients", path, "--vendor", vendor, "--mapping", "tried"]) == 2


def test_a_first_line_that_lacks_a_column_is_what_is_told_to_correct(
    vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", "time", write(tmp_path, GOOD), "--vendor", vendor]) == 1
    assert "Nothing was written; correct the file's first line, or name its columns with --mapping." in capfd.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["import", "horoscopes", "x.csv", "--vendor", "v"], "“horoscopes” is not a kind of import file"),
        (["import", "undo", "seven", "--vendor", "v"], "'seven' is not a valid UUID"),
        (["import", "patients", "x.csv"], "Missing option '--vendor'"),
        (["import", "patients", "x.csv", "--vendor", "nobody at all"], "There is no vendor 'nobody at all'"),
        (["vendor", "create", "Harbor", "--timezone", "Mars/Phobos"], "'Mars/Phobos' is not the name of a time zone"),
        (["vendor", "create", "  "], "A vendor needs a name"),
    ],
)
@pytest.mark.usefixtures("caretally_environment")
def test_a_mistake_is_one_sentence_and_exits_with_2(words: list[str], sentence: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    captured = capfd.readouterr()
    assert sentence in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_a_file_that_is_not_there_is_one_sentence(vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "patients", str(tmp_path / "absent.csv"), "--vendor", vendor]) in (1, 2)
    captured = capfd.readouterr()
    assert ("absent.csv" in captured.err, captured.err.count("\n"), "Traceback" in captured.err) == (True, 1, False)


def test_a_taken_slug_is_a_conflict(vendor: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["vendor", "create", "Another", "--slug", vendor]) == 5
    assert f"There is a vendor {vendor} already" in capfd.readouterr().err


def test_a_vendor_is_found_by_its_name_too(vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    name = f"Quay {token_hex(3)}"
    assert run(["vendor", "create", name, "--json"]) == 0
    assert as_json(capfd)["slug"] == name.lower().replace(" ", "-")
    assert run(["import", "clients", write(tmp_path, "code,name,timezone\nA,B,UTC\n"), "--vendor", name]) == 0


def test_what_a_file_says_cannot_steer_the_terminal(vendor: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["import", "patients", write(tmp_path, f'{PATIENTS}\nLFM,8,"\x1b[31mOsei",Ama,1940-02-01\n'), "--vendor", vendor])
    out = capfd.readouterr().out
    assert "control_character" in out
    assert "\x1b" not in out


def test_nothing_of_the_file_stays_in_the_home(vendor: str, tmp_path: Path, caretally_environment: dict[str, str]) -> None:
    run(["import", "patients", write(tmp_path, BAD), "--vendor", vendor])
    left = [path for path in Path(caretally_environment["CARETALLY_HOME"]).rglob("*") if path.is_file() and b"Osei" in path.read_bytes()]
    assert left == []
