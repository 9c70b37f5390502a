"""Time for a closed month is kept beside it as a late entry, counted as late, and changes nothing that was closed."""

from pathlib import Path

import pytest

from caretally.errors import Conflict
from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk, outcome

HEADER = "external_id,client,mrn,staff,started_at,duration,program,description,source,approved_by"
WORKED = "e1,LFM,1,rn,2026-10-05T09:00,20,CCM,call,manual,\n"
MORE = "e2,LFM,1,rn,2026-10-06T09:00,10,CCM,call,manual,Dr. Okafor\n"


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    """A desk whose client LFM has closed October with one entry."""
    made = new_desk(database, tmp_path)
    made.imports("agreements", "client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,38\nHIL,2026-01-01,per_patient_month,38\n")
    made.imports("time", f"{HEADER}\n{WORKED}")
    assert [result.status for result in made.office.close("LFM")] == ["closed"]
    return made


def late(desk: Desk) -> list[tuple[str, str, str]]:
    query = "SELECT external_id, kind, to_char(month, 'YYYY-MM') FROM late_entry WHERE NOT taken_in ORDER BY external_id"
    return [tuple(row) for row in desk.office.rows(query)]


def test_a_new_entry_for_a_closed_month_is_late(desk: Desk) -> None:
    result = desk.imports("time", f"{HEADER}\n{WORKED}{MORE}")
    assert (outcome(result), result.written) == ({"unchanged": 1, "late": 1}, True)
    assert late(desk) == [("e2", "new", "2026-10")]
    assert desk.office.value("SELECT count(*) FROM time_entry") == 1


def test_the_same_late_entry_again_is_unchanged(desk: Desk) -> None:
    desk.imports("time", f"{HEADER}\n{MORE}")
    assert outcome(desk.imports("time", f"{HEADER}\n{MORE}")) == {"unchanged": 1}


def test_a_late_entry_that_changes_again_is_late_again(desk: Desk) -> None:
    desk.imports("time", f"{HEADER}\n{MORE}")
    assert outcome(desk.imports("time", f"{HEADER}\n{MORE.replace(',10,', ',12,')}")) == {"late": 1}
    assert desk.office.value("SELECT extract(epoch FROM ended_at - started_at)::int FROM late_entry") == 720


def test_a_correction_of_a_closed_entry_is_late_and_the_entry_stays(desk: Desk) -> None:
    assert outcome(desk.imports("time", f"{HEADER}\n{WORKED.replace(',20,', ',30,')}")) == {"late": 1}
    assert late(desk) == [("e1", "corrected", "2026-10")]
    assert desk.office.value("SELECT extract(epoch FROM ended_at - started_at)::int FROM time_entry") == 1200


def test_an_approval_that_comes_late_is_no_correction(desk: Desk) -> None:
    assert outcome(desk.imports("time", f"{HEADER}\n{WORKED.replace('manual,', 'manual,Dr. Okafor')}")) == {"late": 1}
    assert late(desk) == [("e1", "approved", "2026-10")]


def test_an_entry_that_moves_out_of_a_closed_month_is_late_too(desk: Desk) -> None:
    assert outcome(desk.imports("time", f"{HEADER}\n{WORKED.replace('2026-10-05', '2026-11-05')}")) == {"late": 1}
    assert late(desk) == [("e1", "corrected", "2026-10")]


def test_an_entry_that_reaches_into_a_closed_month_is_late(desk: Desk) -> None:
    over = "e3,LFM,1,rn,2026-09-30T23:50,20,CCM,call,dialer,\n"
    assert outcome(desk.imports("time", f"{HEADER}\n{over}")) == {"late": 1}


def test_open_months_and_other_clients_go_on(desk: Desk) -> None:
    desk.imports("patients", "client,mrn,family_name,given_name,birth_date\nHIL,7,Osei,Ama,1940-02-01\n")
    rows = "e4,LFM,1,rn,2026-11-05T09:00,20,CCM,call,dialer,\ne5,HIL,7,rn,2026-10-05T09:00,20,CCM,call,dialer,\n"
    assert outcome(desk.imports("time", f"{HEADER}\n{rows}")) == {"new": 2}


def test_late_entries_are_taken_back_with_their_import(desk: Desk) -> None:
    result = desk.imports("time", f"{HEADER}\n{MORE}")
    assert desk.undoes(result.batch_id).removed == 1
    assert late(desk) == []


def test_a_dry_run_tells_of_late_entries_and_writes_none(desk: Desk) -> None:
    assert outcome(desk.imports("time", f"{HEADER}\n{MORE}", dry_run=True)) == {"late": 1}
    assert late(desk) == []


def test_a_late_entry_moves_into_its_month_when_that_is_open_again(desk: Desk) -> None:
    desk.imports("time", f"{HEADER}\n{MORE}")
    desk.reopens("LFM")
    assert outcome(desk.imports("time", f"{HEADER}\n{MORE}")) == {"new": 1}
    assert (late(desk), desk.office.value("SELECT count(*) FROM time_entry")) == ([], 2)


def test_a_late_entry_that_a_close_reported_moves_into_its_month_too(desk: Desk) -> None:
    desk.imports("time", f"{HEADER}\n{MORE}")
    assert desk.office.close("LFM", month=Month(2026, 11))[0].exceptions["LATE_ENTRY"] == 1
    desk.reopens("LFM")
    assert outcome(desk.imports("time", f"{HEADER}\n{MORE}")) == {"new": 1}
    assert (late(desk), desk.office.value("SELECT count(*) FROM time_entry")) == ([], 2)


def test_a_late_entry_that_was_taken_in_is_late_again_when_it_is_corrected_after_the_next_close(desk: Desk) -> None:
    desk.imports("time", f"{HEADER}\n{MORE}")
    desk.reopens("LFM")
    taken = desk.imports("time", f"{HEADER}\n{MORE}")
    desk.office.close("LFM")
    assert outcome(desk.imports("time", f"{HEADER}\n{MORE}")) == {"unchanged": 1}
    assert outcome(desk.imports("time", f"{HEADER}\n{MORE.replace(',10,', ',15,')}")) == {"late": 1}
    assert late(desk) == [("e2", "corrected", "2026-10")]
    with pytest.raises(Conflict, match="2026-10 was closed"):
        desk.undoes(taken.batch_id)


def test_taking_back_the_import_that_took_a_late_entry_in_makes_it_late_again(desk: Desk) -> None:
    desk.imports("time", f"{HEADER}\n{MORE}")
    desk.reopens("LFM")
    desk.undoes(desk.imports("time", f"{HEADER}\n{MORE}").batch_id)
    assert (late(desk), desk.office.value("SELECT count(*) FROM time_entry")) == ([("e2", "new", "2026-10")], 1)


def test_decision_making_that_a_closed_month_did_not_have_may_come_late_and_be_taken_back(desk: Desk) -> None:
    result = desk.imports("mdm", "client,mrn,month,level,npi,documented_on\nLFM,1,2026-10,moderate,1234567893,2026-10-05\n")
    assert outcome(result) == {"new": 1}
    assert outcome(desk.imports("mdm", "client,mrn,month,level,npi,documented_on\nLFM,1,2026-10,high,1234567893,2026-10-05\n")) == {
        "changed": 1
    }
    assert desk.office.value("SELECT mdm_level FROM patient_month") is None


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("services", "client,mrn,code,on\nLFM,1,G0181,2026-10-31\n"),
    ],
)
def test_other_rows_of_a_closed_month_are_refused(desk: Desk, kind: str, body: str) -> None:
    result = desk.imports(kind, body)
    (problem,) = result.problems
    assert (outcome(result), problem.rule) == ({"refused": 1}, "month_closed")
    assert problem.sentence == "2026-10 is closed for this client, so this row cannot change it; record an adjustment."


def test_decision_making_that_a_closed_month_used_stays(database: TestDatabase, tmp_path: Path) -> None:
    desk = new_desk(database, tmp_path)
    desk.imports("agreements", "client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,38\n")
    desk.imports("time", f"{HEADER}\n{WORKED}")
    body = "client,mrn,month,level,npi,documented_on\nLFM,1,2026-10,moderate,1234567893,2026-10-05\n"
    desk.imports("mdm", body)
    desk.office.close("LFM")
    assert outcome(desk.imports("mdm", body)) == {"unchanged": 1}
    result = desk.imports("mdm", body.replace("moderate", "low"))
    assert (outcome(result), [problem.rule for problem in result.problems]) == ({"refused": 1}, ["month_closed"])


def test_unchanged_rows_of_a_closed_month_stay_unchanged(database: TestDatabase, tmp_path: Path) -> None:
    desk = new_desk(database, tmp_path)
    desk.imports("agreements", "client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,38\n")
    body = "client,mrn,code,on\nLFM,1,G0181,2026-10-31\n"
    desk.imports("services", body)
    desk.office.close("LFM")
    assert outcome(desk.imports("services", body)) == {"unchanged": 1}
