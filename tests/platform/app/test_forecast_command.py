"""`caretally forecast`: tables and JSON on stdout, the call list as CSV, one sentence for a month that cannot be forecast."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.program import Said, program, slug_of

JANUARY = Month(2026, 1)
NAME = "Quartermain"


@pytest.fixture
def office(database: TestDatabase, caretally_environment: dict[str, str]) -> Office:
    """A vendor whose January is closed, with ten minutes of February for patient 1, none for 2, and 3 without a consent."""
    made = new_office(database, "LFM")
    for mrn in ("1", "2", "3"):
        patient = made.add_patient("LFM", mrn, family_name=NAME, given_name=f"Wilhelmina{mrn}")
        for month, hour in ((1, 14), (2, 14)) if mrn == "1" else ((1, 15),):
            made.add_time("LFM", patient, "rn", starts=datetime(2026, month, 5, hour, tzinfo=UTC), seconds=600)
        made.add_time("LFM", patient, "rn", starts=datetime(2026, 1, 26, 14 + int(mrn), tzinfo=UTC), seconds=800)
    with made.transaction() as connection:
        connection.execute(text("DELETE FROM consent k USING patient p WHERE p.id = k.patient_id AND p.mrn = '3'"))
    assert made.close(month=JANUARY)[0].status == "closed"
    return made


def asked(office: Office, *words: str, month: str = "2026-02") -> Said:
    return program("forecast", month, "--vendor", slug_of(office), *words)


def answered(office: Office, *words: str) -> dict[str, Any]:
    said = asked(office, "--as-of", "2026-02-13", "--json", *words)
    assert (said.code, said.err) == (0, "")
    found: dict[str, Any] = said.json
    return found


def test_json_has_clients_staff_calls_patients_and_what_fixes_each_gate(office: Office) -> None:
    found = answered(office)
    (client,) = found["clients"]
    assert (client["client"], client["as_of"], client["working_days"], client["working_days_left"]) == ("LFM", "2026-02-13", 19, 9)
    assert [client[name] for name in ("patients", "short", "reached", "held", "not_billable", "ended")] == [3, 2, 0, 1, 0, 0]
    assert (client["counted_seconds"], client["missing_seconds"], client["months_looked_back"]) == (600, 1800, ["2026-01"])
    assert {patient["mrn"]: (patient["standing"], patient["missing_seconds"], patient["gates"]) for patient in found["patients"]} == {
        "1": ("short", 600, []),
        "2": ("short", 1200, []),
        "3": ("held", 1200, ["NO_CONSENT"]),
    }
    assert found["gates"]["NO_CONSENT"]["owner"] == "coordinator" and "consent" in found["gates"]["NO_CONSENT"]["fix"]
    assert [(one["staff"], one["patients"], one["short"], one["calls"]) for one in found["staff"]] == [("rn", 3, 2, 2)]


def test_chances_are_texts_of_four_places_and_money_whole_cents(office: Office) -> None:
    found = answered(office)
    by_mrn = {patient["mrn"]: patient for patient in found["patients"]}
    assert all(len(by_mrn[mrn]["chance"]) == len("0.0000") for mrn in "12")
    assert by_mrn["3"]["chance"] is None
    assert [(call["mrn"], call["at_stake_cents"]) for call in found["calls"]] in ([("1", 3800), ("2", 3800)], [("2", 3800), ("1", 3800)])
    assert sum(call["worth_cents"] for call in found["calls"]) > 0


def test_the_tables_say_it_in_words(office: Office) -> None:
    said = asked(office, "--as-of", "2026-02-13")
    assert (said.code, said.err) == (0, "")
    for words in ("LFM (open)", "9 of 19", "NO_CONSENT", "Call first", "10 min", "99490", "$38.00", "rn Rivers, Tia"):
        assert words in said.out, words


def test_calls_that_are_not_printed_are_counted(office: Office) -> None:
    said = asked(office, "--as-of", "2026-02-13", "--calls", "1")
    assert said.is_one_sentence(0, "1 call more")


def test_the_call_list_is_written_whole_as_csv_with_the_patients_names(office: Office, tmp_path: Path) -> None:
    said = asked(office, "--as-of", "2026-02-13", "--calls", "0", "--out", str(tmp_path))
    assert said.code == 0
    rows = list(csv.DictReader((tmp_path / "call-list-2026-02.csv").read_text(encoding="utf-8").splitlines()))
    assert sorted((row["mrn"], row["patient"], row["staff"], row["at_stake"]) for row in rows) == [
        ("1", f"{NAME}, Wilhelmina1", "rn", "38.00"),
        ("2", f"{NAME}, Wilhelmina2", "rn", "38.00"),
    ]
    assert [row["place"] for row in rows] == ["1", "2"]


def test_no_patient_is_named_on_the_screen_in_json_or_in_the_log(office: Office, tmp_path: Path) -> None:
    for words in ((), ("--json",), ("--out", str(tmp_path / "csv"))):
        said = asked(office, "--as-of", "2026-02-13", *words)
        assert NAME not in said.out + said.err
    assert [path for path in tmp_path.rglob("*.log") if NAME in path.read_text(encoding="utf-8")] == []


def test_the_same_question_has_the_same_answer_to_the_byte(office: Office) -> None:
    first, second = (json.dumps(answered(office)) for _ in range(2))
    assert first == second


def test_the_call_list_of_one_member_of_staff(office: Office) -> None:
    assert len(answered(office, "--staff", "rn")["calls"]) == 2
    assert asked(office, "--as-of", "2026-02-13", "--staff", "md").is_one_sentence(2, "No patient of 2026-02 is cared for by staff 'md'")


@pytest.mark.parametrize(
    ("month", "words", "code", "says"),
    [
        ("2026-01", (), 3, "2026-01 is closed at LFM"),
        ("2026-02", (), 3, "2026-02 is over at LFM"),
        ("2999-01", (), 3, "2999-01 has not begun at LFM"),
        ("2026-02", ("--as-of", "2026-03-01"), 2, "2026-03-01 is not a day of 2026-02"),
        ("2026-02", ("--as-of", "the 13th"), 2, "--as-of"),
        ("2026-13", (), 2, "not a month"),
        ("2026-02", ("--client", "XYZ"), 2, "There is no client XYZ"),
    ],
)
def test_what_cannot_be_forecast_is_one_sentence(office: Office, month: str, words: tuple[str, ...], code: int, says: str) -> None:
    assert asked(office, *words, month=month).is_one_sentence(code, says)


def test_a_client_without_an_agreement_hides_no_other(office: Office) -> None:
    office.add_client("RIM")
    with office.transaction() as connection:
        for table in ("agreement_price", "agreement"):
            connection.execute(text(f"DELETE FROM {table} WHERE client_id = :client"), {"client": office.clients["RIM"]})
    said = asked(office, "--as-of", "2026-02-13", "--json")
    assert said.code == 0
    assert [one["client"] for one in said.json["clients"]] == ["LFM"]
    assert said.json["not_forecast"] == [
        {"client": "RIM", "reason": "RIM has no agreement for 2026-02; import one whose dates cover the month."}
    ]
