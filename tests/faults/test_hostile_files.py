"""Hostile, wrong and clumsy files given to the real program: one sentence or one line for each row, the documented exit code, nothing written."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.builders.closing import PROGRAM, busy_office, wait_for
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.program import Said, program, slug_of
from tests.builders.spreadsheets import SHEET, archive, parts_of, with_sheet, workbook

BOOK = parts_of(workbook([["client", "mrn"], ["A", "1"]]))
ENTITIES = '<!DOCTYPE bomb [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">' for level in range(9)
)
BOMB = f'{ENTITIES}]><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="str">'
OUTSIDE = BOMB.replace("<!DOCTYPE bomb [", '<!DOCTYPE bomb [<!ENTITY j SYSTEM "file:///etc/passwd">').replace(
    '<!ENTITY j "', '<!ENTITY unused "'
)
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a zip bomb": (lambda: archive({**BOOK, SHEET: b" " * 60_000_000}), "more than 100 times its size"),
    "a zip bomb inside limits of its ratio": (lambda: with_sheet("<row/>" * 5_000_000), "times its size"),
    "an entity bomb": (lambda: archive({**BOOK, SHEET: f"{BOMB}<v>&j;</v></c></row></sheetData></worksheet>"}), "is damaged"),
    "an entity from outside": (lambda: archive({**BOOK, SHEET: f"{OUTSIDE}<v>&j;</v></c></row></sheetData></worksheet>"}), "is damaged"),
    "a program renamed": (lambda: b"\x7fELF\x02\x01\x01" + bytes(5000), "is a program"),
    "binary renamed": (lambda: bytes(range(256)) * 100, "is binary data"),
    "a million columns": (lambda: b",".join(b"c%d" % number for number in range(1_000_000)) + b"\nA,1\n", "1000000 columns, more than 300"),
    "another encoding": (lambda: "client,mrn\nA,王小明\n".encode("shift_jis"), "Line 2 of hostile.csv is not valid text"),
    "two encodings": (
        lambda: "client,mrn\nA,Muñoz\n".encode() + "A,Peña\n".encode("cp1252"),
        "Line 3 of hostile.csv is not valid text (UTF-8, as",
    ),
    "a cell of 5 MB": (lambda: b"client,mrn\nA," + b"x" * 5_000_000 + b"\n", "Line 2 of hostile.csv holds more than 1024 KB"),
    "an open quote": (lambda: b'client,mrn\nA,"1\nA,2\n', "begins on line 2 of hostile.csv do not pair"),
    "a folder's worth of nothing": (lambda: b"\n\n\n", "is empty"),
}

DEAF_TO_CTRL_C = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh")
# A login may end its own sessions.
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
)


@pytest.fixture
def office(database: TestDatabase, caretally_environment: dict[str, str]) -> Office:
    """A vendor with two clients of two patients, one of them with 20 minutes in October."""
    return busy_office(database)


def importing(office: Office, folder: Path, kind: str, content: bytes | str, *words: str) -> Said:
    """Import a file by the program in a process of its own."""
    path = folder / "hostile.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return program("import", kind, str(path), "--vendor", slug_of(office), *words)


def traces(office: Office, home: str) -> tuple[int, ...]:
    """Return how many batches, events of imports, patients and entries there are, and how many files the imports left in the home."""
    counts = "(SELECT count(*) FROM import_batch), (SELECT count(*) FROM audit_event WHERE action LIKE 'import%')"
    rows = office.rows(f"SELECT {counts}, (SELECT count(*) FROM patient), (SELECT count(*) FROM time_entry)")
    return (*rows[0], len(list((Path(home) / "tmp").rglob("*"))))


@pytest.mark.parametrize(("content", "words"), HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_file_is_one_sentence_and_leaves_nothing(
    office: Office, tmp_path: Path, caretally_environment: dict[str, str], content: Callable[[], bytes], words: str
) -> None:
    assert importing(office, tmp_path, "patients", content()).is_one_sentence(1, words, "hostile.csv")
    assert traces(office, caretally_environment["CARETALLY_HOME"]) == (0, 0, 4, 2, 0)


TIME = "external_id,client,mrn,staff,started_at,ended_at,program,description"
AGREEMENTS = "client,valid_from,valid_to,basis,code,price"
WRONG = {
    "an unknown client": ("time", f"{TIME}\nx,NIX,1,rn,2026-10-07T09:00,2026-10-07T09:20,CCM,call\n", "2\tclient\tNIX\tunknown_client"),
    "an end before its start": (
        "time",
        f"{TIME}\nx,A,1,rn,2026-10-07T09:00,2026-10-07T08:40,CCM,call\n",
        "2\tended_at\t2026-10-07T08:40\tended_before",
    ),
    "an unknown code": ("agreements", f"{AGREEMENTS}\nA,2025-01-01,2025-12-31,per_code,98765,38\n", "2\tcode\t98765\tbilling_code_unknown"),
    "a last day before the first": (
        "agreements",
        f"{AGREEMENTS}\nA,2027-01-01,2026-12-31,per_patient_month,,38\n",
        "2\tvalid_to\t2026-12-31\tdate_order",
    ),
    "a stay that ends before it begins": (
        "stays",
        "client,mrn,kind,from,to\nA,1,hospice,2026-10-09,2026-10-08\n",
        "2\tto\t2026-10-08\tdate_order",
    ),
    "a day of another country's order": ("stays", "client,mrn,kind,from\nA,1,hospice,31/10/2026\n", "2\tfrom\t31/10/2026\tdate"),
    "a year to come in a key": (
        "patients",
        "client,mrn,family_name,given_name,birth_date\nA,9,Osei,Ama,2126-02-01\n",
        "2\tbirth_date\t2126-02-01",
    ),
}


@pytest.mark.parametrize(("kind", "content", "line"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_row_is_told_by_line_and_keeps_the_whole_file_out(
    office: Office, tmp_path: Path, kind: str, content: str, line: str
) -> None:
    said = importing(office, tmp_path, kind, content)
    assert (said.code, said.err) == (1, "")
    problems = said.out.splitlines()[2:-1]
    assert [problem.startswith(line) for problem in problems] == [True]
    assert re.search(r"^\w+: 1 rows read, 0 new, 0 changed, 0 unchanged, 1 refused, 0 late\.$", said.out, re.MULTILINE)
    assert said.out.endswith("Nothing was written; correct the file, or import its valid rows with --valid-rows-only.\n")
    assert office.value("SELECT count(*) FROM import_batch") == 0


def test_time_for_a_closed_month_is_late_and_what_the_close_used_cannot_be_undone(office: Office, tmp_path: Path) -> None:
    first = importing(office, tmp_path, "time", f"{TIME}\nx,A,1,rn,2026-10-07T09:00,2026-10-07T09:20,CCM,call\n", "--json").json
    assert program("close", "2026-10", "--vendor", slug_of(office)).code == 0
    late = importing(office, tmp_path, "time", f"{TIME}\ny,A,1,rn,2026-10-08T09:00,2026-10-08T09:20,CCM,call\n", "--json")
    assert (late.code, late.json["late"], late.json["new"]) == (0, 1, 0)
    undo = ["import", "undo", first["batch_id"], "--vendor", slug_of(office)]
    assert program(*undo).is_one_sentence(5, "2026-10 was closed for client A after this import, so it stays")
    assert office.value("SELECT count(*) FROM time_entry WHERE external_id = 'x'") == 1
    assert office.value("SELECT count(*) FROM late_entry WHERE external_id = 'y'") == 1
    assert program("import", "undo", late.json["batch_id"], "--vendor", slug_of(office)).code == 0
    assert office.value("SELECT count(*) FROM late_entry") == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_while_a_file_is_read_stops_the_reader_too(
    office: Office, tmp_path: Path, caretally_environment: dict[str, str], number: signal.Signals
) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(b"client,mrn,family_name,given_name,birth_date\n" + b"A,z,Osei,Ama,1940-02-01\n" * 490_000)
    # A shell starts what runs in its background with Ctrl-C ignored; a kill with that number must stop it all the same.
    words = [*DEAF_TO_CTRL_C, *PROGRAM, "import", "patients", str(path), "--vendor", slug_of(office)]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    reader = reader_of(psutil.Process(running.pid))
    running.send_signal(number)
    out, err = running.communicate(timeout=120)
    assert Said(running.returncode, out, err).is_one_sentence(130, "Interrupted; nothing was left half done.")
    assert not reader.is_running()
    assert traces(office, caretally_environment["CARETALLY_HOME"]) == (0, 0, 4, 2, 0)


def reader_of(process: psutil.Process) -> psutil.Process:
    """Wait for the process that reads the file, which the program starts."""
    for _ in range(1200):
        for child in process.children():
            if any("parse_child" in word for word in child.cmdline()):
                return child
        time.sleep(0.05)
    raise AssertionError("no reader was started")


def test_what_a_killed_import_left_on_disk_is_cleared_by_the_next(
    office: Office, tmp_path: Path, caretally_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARETALLY_FAILPOINT", "import:staged=kill")
    body = "client,mrn,family_name,given_name,birth_date\nA,9,Osei,Ama,1940-02-01\n"
    assert importing(office, tmp_path, "patients", body).code == -signal.SIGKILL
    home = Path(caretally_environment["CARETALLY_HOME"])
    assert [path for path in (home / "tmp").rglob("*") if path.is_file() and b"Osei" in path.read_bytes()] != []
    monkeypatch.delenv("CARETALLY_FAILPOINT")
    assert importing(office, tmp_path, "patients", body).code == 0
    assert list((home / "tmp").iterdir()) == []


def test_a_database_that_goes_away_under_an_import_is_6_and_leaves_nothing(
    office: Office, tmp_path: Path, caretally_environment: dict[str, str]
) -> None:
    path = tmp_path / "patients.csv"
    path.write_text("client,mrn,family_name,given_name,birth_date\nA,9,Osei,Ama,1940-02-01\n")
    words = [*PROGRAM, "import", "patients", str(path), "--vendor", slug_of(office)]
    variables = os.environ | {"CARETALLY_FAILPOINT": f"import:merged=pause:{tmp_path}"}
    running = subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(tmp_path / "reached")
    office.rows(END_OTHERS)
    (tmp_path / "go").touch()
    out, err = running.communicate(timeout=120)
    assert Said(running.returncode, out, err).is_one_sentence(6, "The database stopped answering")
    assert traces(office, caretally_environment["CARETALLY_HOME"]) == (0, 0, 4, 2, 0)
