"""`caretally close` and `caretally reopen`: the JSON that scripts read, the files, the exit codes."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from caretally.app.commands.close import closed_early, exit_code
from caretally.close.results import ClientResult
from caretally.months import Month
from tests.builders.closing import close_command, wait_for
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.program import program, slug_of, without_time


@pytest.fixture
def office(database: TestDatabase, caretally_environment: dict[str, str]) -> Office:
    """A vendor with one client and two patients: 20 minutes and 10 minutes."""
    made = new_office(database, "LFM")
    for mrn, seconds in (("1", 1200), ("2", 600)):
        made.add_time("LFM", made.add_patient("LFM", mrn), "rn", seconds=seconds, starts=datetime(2026, 10, int(mrn), 14, tzinfo=UTC))
    return made


def expected(office: Office, *, status: str, number: str, dry_run: bool) -> dict[str, object]:
    client = {
        "client": "LFM",
        "status": status,
        "enrolled": 2,
        "billable": 1,
        "held": 0,
        "not_billable": 1,
        "raw_seconds": 1800,
        "counted_seconds": 1800,
        "excluded_seconds": {},
        "exceptions": {"TIME_BELOW_THRESHOLD": 1},
        "invoice": {"number": number, "total_cents": 3800, "lines": 1, "patient_months": 1},
        "parked_reason": None,
    }
    return {"vendor": slug_of(office), "month": "2026-10", "dry_run": dry_run, "clients": [client]}


def test_a_preview_prints_the_documented_json_and_closes_nothing(office: Office) -> None:
    said = program("close", "2026-10", "--vendor", slug_of(office), "--dry-run", "--json")
    assert (said.code, said.err) == (0, "")
    assert without_time(said.json) == expected(office, status="previewed", number="draft", dry_run=True)
    assert office.value("SELECT count(*) FROM invoice") == 0


def test_a_close_prints_the_documented_json(office: Office) -> None:
    said = program("close", "2026-10", "--vendor", slug_of(office), "--json")
    assert (said.code, said.err) == (0, "")
    assert without_time(said.json) == expected(office, status="closed", number="INV-2026-0001", dry_run=False)
    assert isinstance(said.json["elapsed_seconds"], float)


def test_a_repeated_close_gives_the_same_json_and_the_same_bytes(office: Office, tmp_path: Path) -> None:
    answers, files = [], []
    for folder in (tmp_path / "one", tmp_path / "two"):
        said = program("close", "2026-10", "--vendor", slug_of(office), "--json", "--out", str(folder))
        assert said.code == 0, said
        answers.append(without_time(said.json))
        files.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert answers[0] == answers[1]
    assert files[0] == files[1]
    endings = {f"INV-2026-0001-LFM.{ending}" for ending in ("pdf", "xlsx", "csv")}
    assert set(files[0]) == endings | {f"exceptions-LFM-2026-10.{ending}" for ending in ("pdf", "xlsx", "csv")}


def test_no_clients_code_leads_its_files_out_of_their_folder(office: Office, tmp_path: Path) -> None:
    office.add_client("../../../up")
    office.add_time("../../../up", office.add_patient("../../../up", "1"), "rn")
    assert program("close", "2026-10", "--vendor", slug_of(office), "--out", str(tmp_path / "a" / "out")).code == 0
    assert [path.name for path in tmp_path.rglob("*up*")] != []
    places = {path.parent for path in tmp_path.rglob("*") if path.is_file() and "checkpoints" not in path.parts}
    assert places == {tmp_path / "a" / "out"}


def test_a_client_without_an_agreement_is_parked_with_4(office: Office) -> None:
    office.add_client("GAP", valid_to="2026-03-31")
    said = program("close", "2026-10", "--vendor", slug_of(office), "--json")
    gap, lfm = said.json["clients"]
    assert (said.code, lfm["status"], gap["status"], gap["invoice"]) == (4, "closed", "parked", None)
    assert "has no agreement for 2026-10" in gap["parked_reason"]


def test_a_changed_input_after_a_preview_is_5(office: Office) -> None:
    assert program("close", "2026-10", "--vendor", slug_of(office), "--dry-run").code == 0
    patient = office.value("SELECT id FROM patient WHERE mrn = '2'")
    office.add_time("LFM", patient, "rn", seconds=900, starts=datetime(2026, 10, 20, 14, tzinfo=UTC))
    said = program("close", "2026-10", "--vendor", slug_of(office), "--json")
    assert (said.code, said.json["clients"][0]["status"]) == (5, "parked")
    assert office.value("SELECT count(*) FROM invoice") == 0


def race(office: Office, environment: dict[str, str], folder: Path) -> tuple[int, int, list[str]]:
    """Let a second close wait for a first one that has decided and not committed; return both codes and the second's lines."""
    first = close_command(office, environment, f"close:before-commit=pause:{folder}")
    wait_for(folder / "reached")
    second = close_command(office, environment, heard=True)
    office_waits(office)
    (folder / "go").touch()
    said, _ = second.communicate(timeout=60)
    return first.wait(60), second.returncode, said.decode().splitlines()


def test_of_two_closes_at_once_one_closes_and_the_other_is_told_with_5(
    office: Office, caretally_environment: dict[str, str], tmp_path: Path
) -> None:
    first, second, (told, summary) = race(office, caretally_environment, tmp_path)
    assert (first, second) == (0, 5)
    actor, moment = office.rows("SELECT closed_by, to_char(closed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM client_month")[0]
    assert told == (
        f"LFM: not closed here. 2026-10 of LFM was closed by {actor} at {moment} UTC while this command waited, so this command wrote nothing; "
        "give the same command again to read back that close and its files."
    )
    assert summary == "1 client: none closed, 1 not closed here"
    assert office.value("SELECT count(*) FROM invoice") == 1


def test_a_close_that_parks_one_client_and_loses_the_race_for_another_is_5(
    office: Office, caretally_environment: dict[str, str], tmp_path: Path
) -> None:
    office.add_client("NEW", valid_to="2026-03-31")
    first, second, lines = race(office, caretally_environment, tmp_path)
    assert (first, second) == (4, 5)
    assert [line.split(". ")[0] for line in lines] == [
        "LFM: not closed here",
        "NEW: parked",
        "2 clients: none closed, 1 parked, 1 not closed here",
    ]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (datetime(2026, 11, 1, 3, 59, tzinfo=UTC), ["LFM"]),  # 23:59 on the last day in New York
        (datetime(2026, 11, 1, 4, 0, tzinfo=UTC), []),
        (datetime(2026, 10, 2, tzinfo=UTC), ["LFM"]),
    ],
)
def test_a_month_closed_before_it_is_over_is_named(office: Office, now: datetime, told: list[str]) -> None:
    client = office.client("LFM")
    closed, previewed = (ClientResult("LFM", status) for status in ("closed", "previewed"))
    sentences = list(closed_early(Month(2026, 10), [client], [closed], now=now))
    assert [sentence.split(":")[0] for sentence in sentences] == [f"2026-10 is not over yet for {code}" for code in told]
    assert list(closed_early(Month(2026, 10), [client], [previewed], now=now)) == []


def test_a_month_to_come_is_closed_when_asked_for_and_named_on_stderr(office: Office) -> None:
    month = f"{datetime.now(UTC).year + 1}-12"
    said = program("close", month, "--vendor", slug_of(office), "--json")
    assert (said.code, said.json["clients"][0]["status"]) == (0, "closed")
    assert said.err.startswith(f"{month} is not over yet for LFM: ")


def test_the_last_line_counts_what_was_closed_and_what_waits(office: Office) -> None:
    office.add_client("NEW", valid_to="2026-03-31")
    said = program("close", "2026-10", "--vendor", slug_of(office))
    assert (said.code, said.out.splitlines()[-1]) == (4, "2 clients: 1 closed for $38.00, 1 parked")
    again = program("close", "2026-10", "--vendor", slug_of(office), "--client", "LFM", "--dry-run")
    assert (again.code, again.out.splitlines()[-1]) == (0, "1 client: 1 closed for $38.00")


@pytest.mark.parametrize(("ended", "expected"), [((), 0), ((4,), 4), ((4, 5), 5), ((5, 6, 4), 6), ((1,), 4), ((1, 5), 5)])
def test_the_exit_code_of_a_close_is_its_gravest_client_s(ended: tuple[int, ...], expected: int) -> None:
    parked = [ClientResult(client=str(number), status="parked", error_exit_code=code) for number, code in enumerate(ended)]
    assert exit_code([ClientResult(client="LFM", status="closed"), *parked]) == expected


# Other tests' databases share the server: only a process that holds a lock of this database counts.
WAITING_HERE = text(
    "SELECT count(*) FROM pg_locks waiting JOIN pg_locks here USING (pid) "
    "WHERE NOT waiting.granted AND here.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def office_waits(office: Office) -> None:
    """Wait until the second close stands in line for a lock."""
    with office.database.admin_engine.connect() as connection:
        for _ in range(600):
            if connection.scalar(WAITING_HERE):
                return
            time.sleep(0.05)
    raise AssertionError("nobody waits")


def test_reopening_voids_the_draft_and_the_next_close_keeps_the_number(office: Office) -> None:
    slug = slug_of(office)
    assert program("close", "2026-10", "--vendor", slug).code == 0
    said = program("reopen", "2026-10", "--vendor", slug, "--client", "LFM", "--reason", "wrong price")
    assert said.is_one_sentence(0, "the draft INV-2026-0001 is void")
    assert office.value("SELECT reason FROM invoice_state WHERE state = 'void'") == "wrong price"
    again = program("close", "2026-10", "--vendor", slug, "--json")
    assert again.json["clients"][0]["invoice"]["number"] == "INV-2026-0001/2"


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["--client", "LFM", "--reason", "x"], 3, "is not closed"),
        (["--client", "LFM", "--reason", "  "], 2, "Say why"),
        (["--client", "LFM"], 2, "--reason"),
        (["--client", "NIX", "--reason", "x"], 2, "There is no client NIX"),
    ],
)
def test_what_cannot_be_reopened_is_one_sentence(office: Office, words: list[str], code: int, part: str) -> None:
    assert program("reopen", "2026-10", "--vendor", slug_of(office), *words).is_one_sentence(code, part)
