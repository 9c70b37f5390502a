"""`caretally audit`: the log in words, CSV and JSON, and checkpoints that a close keeps and `verify` compares with."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.program import program, slug_of
from tests.builders.spoiled_audit import spoil_audit


@pytest.fixture
def office(fresh_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A client closed by the program, in an installation of its own."""
    for name, value in fresh_database.environment(home=tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    made = new_office(fresh_database, "LFM")
    made.add_time("LFM", made.add_patient("LFM", "1"), "rn")
    said = program("close", "2026-10", "--vendor", slug_of(made))
    assert (said.code, said.err) == (0, "")
    return made


def test_a_close_keeps_a_checkpoint_and_verify_compares_with_it(office: Office, tmp_path: Path) -> None:
    kept = list((tmp_path / "home" / "archive" / "checkpoints" / str(office.vendor_id)).iterdir())
    assert len(kept) == 1
    said = program("verify", "--vendor", slug_of(office))
    assert (said.code, said.out.splitlines()[-1]) == (0, "ok     the audit chain is what 1 signed checkpoint saw")


def test_a_chain_written_anew_is_a_breach_of_verify(office: Office) -> None:
    spoil_audit(office, "UPDATE audit_event SET actor = 'nobody' WHERE vendor_id = :vendor AND seq = 1", anew=True)
    said = program("verify", "--vendor", slug_of(office))
    assert said.code == 1
    assert "ok     the audit chain holds over" in said.out
    assert "BREACH the audit chain is what 1 signed checkpoint saw" in said.out
    assert "the chain was written anew from event 1 on or later" in said.out


def test_a_close_stands_when_no_checkpoint_can_be_kept_and_says_so(office: Office, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert program("reopen", "2026-10", "--vendor", slug_of(office), "--client", "LFM", "--reason", "one more").code == 0
    office.add_time("LFM", office.add_patient("LFM", "2"), "rn")
    said = program("close", "2026-10", "--vendor", slug_of(office), CARETALLY_ARCHIVE=str(tmp_path / "file"))
    assert said.out.splitlines()[-1].startswith("1 client: 1 closed")
    assert said.is_one_sentence(0, "No checkpoint of the audit log was kept:", "Run caretally audit checkpoint then.")
    assert program("audit", "checkpoint", CARETALLY_ARCHIVE="s3://bucket").is_one_sentence(2, "CARETALLY_ARCHIVE is no folder")


def test_a_checkpoint_says_what_it_covers(office: Office, tmp_path: Path) -> None:
    said = program("audit", "checkpoint")
    assert said.out.startswith("Checkpoint over ")
    assert said.out.endswith(f"of which 0 had grown since the last, in {tmp_path / 'home' / 'archive'}.\n")
    assert set(program("audit", "checkpoint", "--json").json) == {"at", "chains", "root", "written"}
    assert office.value("SELECT count(*) FROM audit_event") == 1


def test_the_log_is_read_in_every_form(office: Office) -> None:
    words = ("audit", "log", "--vendor", slug_of(office))
    assert "month.closed" in program(*words).out
    told = program(*words, "--json").json[0]
    assert (told["seq"], told["action"], told["detail"]["billable"]) == (1, "month.closed", 1)
    row = next(csv.DictReader(io.StringIO(program(*words, "--format", "csv").out)))
    assert (row["seq"], json.loads(row["detail"])["month"], row["hash"]) == ("1", "2026-10", told["hash"])
    assert program(*words, "--action", "import", "--json").json == []
    assert program(*words, "--action", "import").is_one_sentence(0, "Nothing of the kind stands in the audit log.")
    assert program(*words, "--from", "2026-01-02", "--to", "2026-01-01").is_one_sentence(2, "--to 2026-01-01 is before --from 2026-01-02")
    assert program(*words, "--from", "1999-01-01", "--to", "1999-01-02", "--json").json == []
