"""`caretally rules shadow`: past months decided again by another set of rules, and nothing written."""

import csv
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from caretally.cms.reference_files import DATA_FOLDER
from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.program import program, slug_of

MONTHS = (Month(2026, 8), Month(2026, 9), Month(2026, 10))


@pytest.fixture
def office(database: TestDatabase, caretally_environment: dict[str, str]) -> Office:
    """A vendor with one client and two patients, 41 and 20 minutes in each of three closed months."""
    made = new_office(database, "LFM")
    for mrn, seconds in (("1", 2460), ("2", 1200)):
        patient = made.add_patient("LFM", mrn)
        for month in MONTHS:
            made.add_time("LFM", patient, "rn", seconds=seconds, starts=datetime(2026, month.month, int(mrn), 14, tzinfo=UTC))
    for month in MONTHS:
        assert made.close(month=month)[0].billable == 2
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set of rules in which a month of team work begins at 21 minutes."""
    made = tmp_path / "rules"
    shutil.copytree(DATA_FOLDER, made)
    codes, own = made / "billing_code.csv", made / "rule_set.csv"
    codes.write_text(codes.read_text(encoding="utf-8").replace('team work",staff,1200,', 'team work",staff,1260,'), encoding="utf-8")
    own.write_text("code,effective_from\n2027-01,2027-01-01\n", encoding="utf-8")
    return made


def test_each_past_month_tells_what_would_have_changed_and_by_how_much(office: Office, folder: Path, tmp_path: Path) -> None:
    words = ("rules", "shadow", str(folder), "--vendor", slug_of(office), "--from", "2026-08", "--to", "2026-10")
    said = program(*words, "--json", "--out", str(tmp_path / "out"))
    assert (said.code, said.err) == (0, "")
    assert [(one["month"], one["client"], one["state"], one["compared"], one["rules_after"]) for one in said.json["months"]] == [
        (str(month), "LFM", "closed", 2, "2027-01") for month in MONTHS
    ]
    for one in said.json["months"]:
        assert [
            (patient["mrn"], patient["claim_before"], patient["outcome_after"], patient["came_in_since"]) for patient in one["patients"]
        ] == [("2", "99490x1", "not_billable", False)]
        assert one["total_cents_before"] - one["total_cents_after"] == one["patients"][0]["cents_before"]
    with (tmp_path / "out" / "shadow-2026-08-2026-10.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["month"], row["mrn"], row["claim_before"], row["reason_after"], row["rules_after"]) for row in rows] == [
        (str(month), "2", "99490x1", "TIME_BELOW_THRESHOLD", "2027-01") for month in MONTHS
    ]


def test_it_is_told_in_words_and_writes_nothing_but_that_patients_were_read(office: Office, folder: Path) -> None:
    tables = ("client_month", "patient_month", "exception", "invoice", "invoice_line", "rule_set")
    digest = " UNION ALL ".join(
        f"SELECT '{name}', count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {name} t" for name in tables
    )
    before, events = office.rows(digest), office.value("SELECT count(*) FROM audit_event")
    said = program("rules", "shadow", str(folder), "--vendor", slug_of(office), "--from", "2026-10")
    assert said.code == 0
    assert said.out.splitlines()[1:] == [
        "  2: billable 99490x1 $38.00 -> not_billable TIME_BELOW_THRESHOLD $0.00",
        "2 patient-months compared, 1 different, -$38.00; nothing was written",
    ]
    assert said.out.startswith("2026-10  LFM (closed)  $")
    assert office.rows(digest) == before
    added = office.rows(
        "SELECT action FROM audit_event ORDER BY seq DESC LIMIT :more", more=office.value("SELECT count(*) FROM audit_event") - events
    )
    assert [row.action for row in added] == ["patients.read"]


def test_what_came_in_since_the_close_is_told_apart_from_the_rules(office: Office, folder: Path) -> None:
    with office.transaction() as connection:
        connection.execute(
            text("UPDATE consent SET revoked_on = :day WHERE patient_id = (SELECT id FROM patient WHERE mrn = '1')"),
            {"day": date(2026, 1, 6)},
        )
    said = program("rules", "shadow", str(folder), "--vendor", slug_of(office), "--from", "2026-10", "--json")
    patients = said.json["months"][0]["patients"]
    assert [(one["mrn"], one["outcome_after"], one["came_in_since"]) for one in patients] == [
        ("1", patients[0]["outcome_after"], True),
        ("2", "not_billable", False),
    ]
    assert patients[0]["outcome_after"] != "billable"


@pytest.mark.parametrize(
    ("months", "sentence"),
    [
        (("--from", "2026-10", "--to", "2026-08"), "--to 2026-08 is before --from 2026-10"),
        (("--from", "2026-10", "--to", f"{datetime.now(UTC).year + 2}-01"), "has not begun for LFM"),
        (("--from", "October"), "'October' is not a month"),
    ],
)
def test_months_that_cannot_be_are_one_sentence(office: Office, folder: Path, months: tuple[str, ...], sentence: str) -> None:
    assert program("rules", "shadow", str(folder), "--vendor", slug_of(office), *months).is_one_sentence(2, sentence)


def test_a_damaged_set_is_refused_with_its_line_before_anything_is_decided(office: Office, folder: Path) -> None:
    gates = folder / "gate.csv"
    lines = gates.read_text(encoding="utf-8").splitlines(keepends=True)
    gates.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    said = program("rules", "shadow", str(folder), "--vendor", slug_of(office), "--from", "2026-10")
    assert said.is_one_sentence(1, f"gate.csv, line {len(lines) + 1}: duplicate key")
