"""`caretally choice`: where two programs exclude each other and nobody has decided, a named person does."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, insert, new_office
from tests.builders.program import Said, program, slug_of

AGREED = dict.fromkeys(("scope", "cost_sharing", "one_practitioner", "stop"), True)
PRICES = {"99484": 4000, "99493": 9000, "99490": 3800}


@pytest.fixture
def office(database: TestDatabase, caretally_environment: dict[str, str]) -> Office:
    """A patient with enough time in two behavioural programs of which one practitioner may bill one, and one in chronic care."""
    return with_both(new_office(database, "LFM", prices=PRICES))


def with_both(made: Office) -> Office:
    both = made.add_patient("LFM", "1")
    for number, (care, seconds) in enumerate((("BHI", 1200), ("COCM", 3600))):
        key = {"vendor_id": made.vendor_id, "client_id": made.clients["LFM"], "patient_id": both, "program": care}
        with made.transaction() as connection:
            insert(connection, "enrolment", key | {"status": "enrolled", "valid_from": "2026-01-05"})
            insert(connection, "assignment", key | {"provider_id": made.providers["LFM"], "valid_from": "2026-01-05"})
            insert(
                connection,
                "consent",
                key | AGREED | {"provider_id": made.providers["LFM"], "method": "verbal", "obtained_on": "2026-01-05"},
            )
        made.add_time("LFM", both, "rn", program=care, starts=datetime(2026, 10, 6 + number, 14, tzinfo=UTC), seconds=seconds)
    made.add_time("LFM", made.add_patient("LFM", "2"), "rn", starts=datetime(2026, 10, 12, 14, tzinfo=UTC))
    return made


def listed(office: Office) -> list[dict[str, object]]:
    found = program("choice", "list", "2026-10", "--vendor", slug_of(office), "--json").json
    assert isinstance(found, list)
    return found


def make(office: Office, care: str, *, mrn: str = "1", reason: str = "asked the practice") -> Said:
    return program("choice", "make", "2026-10", care, "--vendor", slug_of(office), "--client", "LFM", "--patient", mrn, "--reason", reason)


def undo(office: Office) -> Said:
    return program("choice", "undo", "2026-10", "--vendor", slug_of(office), "--client", "LFM", "--patient", "1", "--reason", "a mistake")


def outcomes(office: Office) -> tuple[int, int, int]:
    (result,) = office.close(dry_run=True)
    return result.billable, result.held, result.invoice.total_cents if result.invoice else 0


def test_what_waits_for_a_choice_is_listed(office: Office) -> None:
    (one,) = listed(office)
    assert (one["client"], one["patient"], one["programs"], one["waits"], one["chosen"]) == ("LFM", "1", ["BHI", "COCM"], True, None)
    lines = program("choice", "list", "2026-10", "--vendor", slug_of(office)).out.splitlines()
    assert lines[1].split("\t")[:4] == ["LFM", "1", "BHI, COCM", "waits"]


def test_a_choice_decides_the_month_and_never_the_amount(office: Office) -> None:
    assert outcomes(office) == (1, 1, 3800)
    assert make(office, "bhi").is_one_sentence(0, "BHI is chosen for 1 of LFM")
    assert outcomes(office) == (2, 0, 3800 + 4000)
    (one,) = listed(office)
    assert (one["chosen"], one["reason"], one["waits"]) == ("BHI", "asked the practice", False)
    assert make(office, "COCM").code == 0
    assert outcomes(office) == (2, 0, 3800 + 9000)


def test_a_choice_can_be_taken_back(office: Office) -> None:
    make(office, "BHI")
    assert undo(office).is_one_sentence(0, "taken back")
    assert outcomes(office) == (1, 1, 3800)
    assert undo(office).is_one_sentence(3, "nothing to take back")


def test_each_choice_stands_in_the_audit_log_without_its_words(office: Office) -> None:
    make(office, "BHI")
    undo(office)
    events = office.rows("SELECT action, detail FROM audit_event WHERE action LIKE 'choice.%' ORDER BY seq")
    assert [(row.action, row.detail["program"], row.detail["was"]) for row in events] == [
        ("choice.made", "BHI", ""),
        ("choice.taken_back", "", "BHI"),
    ]
    assert events[0].detail["reason_sha256"] == sha256(b"asked the practice").hexdigest()
    assert "asked" not in str(events)


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("CCM", "1", "x"), 2, "it is one of BHI, COCM"),
        (("nonsense", "1", "x"), 2, "it is one of BHI, COCM"),
        (("CCM", "2", "x"), 3, "leave no choice for '2'"),
        (("CCM", "nobody", "x"), 3, "leave no choice for 'nobody'"),
        (("BHI", "1", " "), 2, "Say why"),
    ],
)
def test_a_mistake_is_one_sentence(office: Office, words: tuple[str, str, str], code: int, part: str) -> None:
    care, mrn, reason = words
    assert make(office, care, mrn=mrn, reason=reason).is_one_sentence(code, part)


def test_the_same_choice_again_is_nothing_to_do(office: Office) -> None:
    make(office, "BHI")
    assert make(office, "BHI").is_one_sentence(3, "already")


def test_where_nothing_is_left_to_choose_it_is_said(database: TestDatabase, caretally_environment: dict[str, str]) -> None:
    plain = new_office(database, "LFM", prices=PRICES)
    said = program("choice", "list", "2026-10", "--vendor", slug_of(plain))
    assert said.is_one_sentence(0, "leave no choice in 2026-10")


def test_the_clients_list_decides_and_a_person_may_decide_otherwise(database: TestDatabase, caretally_environment: dict[str, str]) -> None:
    office = with_both(new_office(database, "LFM", prices=PRICES, priority=["BHI", "COCM"]))
    (one,) = listed(office)
    assert (one["waits"], one["chosen"]) == (False, None)
    assert outcomes(office)[2] == 3800 + 4000
    make(office, "COCM")
    assert outcomes(office)[2] == 3800 + 9000


def test_a_choice_after_the_close_changes_nothing_closed_and_is_proposed_by_the_next_close(office: Office) -> None:
    office.close()
    assert make(office, "COCM").is_one_sentence(0, "the month is closed and stays as it was billed")
    assert office.rows("SELECT outcome FROM patient_month WHERE mrn = '1'") == [("held",)]
    office.add_time("LFM", office.add_patient("LFM", "3"), "rn", starts=datetime(2026, 11, 3, 15, tzinfo=UTC))
    office.close(month=Month(2026, 11))
    assert office.rows("SELECT mrn, added_codes FROM adjustment") == [("1", ["99493"])]
