"""Whoever reads patients at the command line stands in the vendor's audit log: one event a command, with ids, counts and digests only."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
import pytest

from caretally.app.cli import caretally
from caretally.cms.reference_files import DATA_FOLDER
from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, insert, new_office
from tests.builders.program import program, slug_of

NAME = "Quartermain"
AUGUST, SEPTEMBER = Month(2026, 8), Month(2026, 9)
WHERE = ("--vendor", "{vendor}", "--client", "LFM")
# Each command that shows patients, with the record numbers that it shows of the office below.
READERS = {
    "explain": (("explain", "2026-10", *WHERE, "--patient", "1"), {"1"}),
    "explain of a closed month": (("explain", "2026-08", *WHERE, "--patient", "1"), {"1"}),
    "exceptions": (("exceptions", "2026-10", *WHERE), {"1", "2", "3"}),
    "exceptions of a closed month": (("exceptions", "2026-09", *WHERE), {"2", "3"}),
    "forecast": (("forecast", "2026-10", *WHERE, "--as-of", "2026-10-12"), {"1", "2", "3"}),
    "what-if": (("what-if", "2026-08", *WHERE, "--price", "99490=40.00"), {"1"}),
    "persons review": (("persons", "review", "--vendor", "{vendor}"), {"4", "5"}),
    "choice list": (("choice", "list", "2026-10", *WHERE), {"1"}),
    "waivers list": (("waivers", "list", *WHERE), {"1"}),
    "rules shadow": (("rules", "shadow", "{rules}", *WHERE, "--from", "2026-08", "--to", "2026-09"), {"1"}),
    "close": (("close", "2026-09", *WHERE, "--out", "{out}"), {"1", "2", "3"}),
}
ALIKE = (
    "client,mrn,family_name,given_name,birth_date,mbi\nLFM,4,Quartermain,Alma,1940-02-01,1EG4TE5MK73\nLFM,5,Quatermain,Alma,1940-02-01,\n"
)
READS_NO_PATIENT = "counts, amounts and settings only"
CHANGES = "its change is an event of its own, with the ids"
OTHERS = {
    "demo": "what it makes is invented",
    "serve": "its pages note what they show",
    "worker": "what it works at notes what it reads",
    "up": "its pages and its worker note what they read",
    "config": READS_NO_PATIENT,
    "migrate": READS_NO_PATIENT,
    "vendor create": READS_NO_PATIENT,
    "user create": READS_NO_PATIENT,
    "user list": READS_NO_PATIENT,
    "user disable": READS_NO_PATIENT,
    "user enable": READS_NO_PATIENT,
    "user reset-factors": READS_NO_PATIENT,
    "import": CHANGES,
    "import undo": CHANGES,
    "reopen": CHANGES,
    "decide": "the facts are the caller's own, in a vendor that is thrown away",
    "persons decide": CHANGES,
    "persons undo": CHANGES,
    "choice make": CHANGES,
    "choice undo": CHANGES,
    "waivers add": CHANGES,
    "waivers withdraw": CHANGES,
    "back-test": "shares of all patients together",
    "rules load": READS_NO_PATIENT,
    "rules pack": READS_NO_PATIENT,
    "rules list": READS_NO_PATIENT,
    "audit log": "events, which hold no patient",
    "audit checkpoint": READS_NO_PATIENT,
    "verify": READS_NO_PATIENT,
    "isolation-report": READS_NO_PATIENT,
    "bench close": "what it makes is invented",
}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every command of the program; the kinds of an import are one."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))
        else:
            yield "import" if path == ("import",) and name != "undo" else " ".join((*path, name))


def test_every_command_is_known_to_read_patients_or_not() -> None:
    assert set(commands(caretally)) == {name.partition(" of ")[0] for name in READERS} | set(OTHERS)


@pytest.fixture
def office(database: TestDatabase, caretally_environment: dict[str, str], tmp_path: Path) -> Office:
    """A client with two closed months: patient 1 in two programs that exclude each other and with a waiver, 2 and 3 too short; 4 and 5 may be one person."""
    made = new_office(database, "LFM", prices={"99484": 4000, "99493": 9000, "99490": 3800})
    for mrn, given in (("1", "Wilhelmina"), ("2", "Carla"), ("3", "Shirley")):
        patient = made.add_patient("LFM", mrn, family_name=NAME, given_name=given)
        for month, day in ((8, 4), (9, 7), (10, 5)):
            seconds = 1200 if mrn == "1" else 300
            made.add_time("LFM", patient, "rn", starts=datetime(2026, month, day, 10 + int(mrn), tzinfo=UTC), seconds=seconds)
    in_two_programs(made, made.value("SELECT id FROM patient WHERE mrn = '1'"))
    for past in (AUGUST, SEPTEMBER):
        assert made.close(month=past)[0].status == "closed"
    waive = ("--from", "2026-10", "--until", "2099-12-31", "--by", "Dana Reed", "--reason", "moved", "--patient", "1")
    assert program("waivers", "add", "CARE_PLAN_REVIEW_OVERDUE", "--vendor", slug_of(made), "--client", "LFM", *waive).code == 0
    (tmp_path / "patients.csv").write_text(ALIKE, encoding="utf-8")
    assert program("import", "patients", str(tmp_path / "patients.csv"), "--vendor", slug_of(made)).code == 0
    return made


def in_two_programs(office: Office, patient: Any) -> None:
    key = {"vendor_id": office.vendor_id, "client_id": office.clients["LFM"], "patient_id": patient}
    agreed = dict.fromkeys(("scope", "cost_sharing", "one_practitioner", "stop"), True)
    for number, (care, seconds) in enumerate((("BHI", 1200), ("COCM", 3600))):
        whose = key | {"program": care}
        with office.transaction() as connection:
            insert(connection, "enrolment", whose | {"status": "enrolled", "valid_from": "2026-10-01"})
            insert(connection, "assignment", whose | {"provider_id": office.providers["LFM"], "valid_from": "2026-01-05"})
            consent = {"provider_id": office.providers["LFM"], "method": "verbal", "obtained_on": "2026-01-05"}
            insert(connection, "consent", whose | agreed | consent)
        office.add_time("LFM", patient, "rn", program=care, starts=datetime(2026, 10, 6 + number, 14, tzinfo=UTC), seconds=seconds)


@pytest.fixture
def asked(office: Office, tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """Give the words of a reader for this office and for a set of rules in which a month of team work begins at 21 minutes."""
    rules = tmp_path / "rules"
    shutil.copytree(DATA_FOLDER, rules)
    codes, own = rules / "billing_code.csv", rules / "rule_set.csv"
    codes.write_text(codes.read_text(encoding="utf-8").replace('team work",staff,1200,', 'team work",staff,1260,'), encoding="utf-8")
    own.write_text("code,effective_from\n2027-01,2027-01-01\n", encoding="utf-8")
    names = {"vendor": slug_of(office), "rules": str(rules), "out": str(tmp_path / "out")}
    return lambda reader: tuple(word.format(**names) for word in READERS[reader][0])


def read_events(office: Office) -> list[dict[str, Any]]:
    return [row.detail for row in office.rows("SELECT detail FROM audit_event WHERE action = 'patients.read' ORDER BY seq")]


@pytest.mark.parametrize("reader", READERS)
def test_a_command_that_shows_patients_is_one_event_of_ids_counts_and_digests(
    office: Office, asked: Callable[[str], tuple[str, ...]], reader: str
) -> None:
    shown = READERS[reader][1]
    said = program(*asked(reader))
    assert said.code == 0, said
    (event,) = read_events(office)
    ids = [str(row.id) for row in office.rows("SELECT id FROM patient WHERE mrn = ANY (:mrns)", mrns=list(shown))]
    assert event["command"] == reader.partition(" of ")[0]
    assert (event["patients"], event["client_ids"]) == (len(shown), [str(office.clients["LFM"])])
    assert event["patients_sha256"] == sha256("\n".join(sorted(ids)).encode()).hexdigest()
    assert set(event) - {"month", "first_month", "last_month"} == {"command", "client_ids", "patients", "patients_sha256"}
    assert NAME not in str(event)


@pytest.mark.parametrize(
    "reader", [name for name, (words, _) in READERS.items() if words[0] in {"forecast", "what-if", "rules", "exceptions"}]
)
def test_what_a_command_says_as_json_is_noted_as_what_it_says_in_words(
    office: Office, asked: Callable[[str], tuple[str, ...]], reader: str
) -> None:
    for form in ((), ("--json",)):
        assert program(*asked(reader), *form).code == 0
    first, second = read_events(office)
    assert first == second


def test_a_command_that_finds_nobody_is_no_event(office: Office) -> None:
    assert program("explain", "2026-10", "--vendor", slug_of(office), "--client", "LFM", "--patient", "77").code == 3
    assert program("choice", "list", "2026-08", "--vendor", slug_of(office)).code == 0
    assert read_events(office) == []


def test_the_audit_log_still_holds_after_reading(office: Office, asked: Callable[[str], tuple[str, ...]]) -> None:
    assert program(*asked("exceptions")).code == 0
    assert program("verify", "--vendor", slug_of(office)).code == 0
