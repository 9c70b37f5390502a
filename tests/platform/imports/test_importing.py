"""A file goes in whole or not at all; what it says twice, wrongly or not at all is told by line."""

from pathlib import Path

import pytest
from sqlalchemy import text

from caretally.app.import_kinds import IMPORT_KINDS
from caretally.imports.importing import import_file
from tests.builders.databases import TestDatabase
from tests.builders.import_examples import EXAMPLES
from tests.builders.import_files import DOCTOR, Desk, csv_text, new_desk, outcome, parsed, rules

PATIENTS = "client,mrn,family_name,given_name,birth_date"


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def test_one_refused_row_keeps_the_whole_file_out(desk: Desk) -> None:
    result = desk.imports("patients", f"{PATIENTS}\nLFM,8,Osei,Ama,1940-02-01\nLFM,9,Osei,Kofi,1940-02-31\n")
    assert (outcome(result), result.read, result.written) == ({"refused": 1}, 2, False)
    assert desk.office.value("SELECT count(*) FROM patient WHERE mrn IN ('8', '9')") == 0


def test_valid_rows_go_in_alone_when_asked(desk: Desk) -> None:
    body = f"{PATIENTS}\nLFM,8,Osei,Ama,1940-02-01\nLFM,9,Osei,Kofi,1940-02-31\nLFM,1,Abara,Alma,1941-03-02\n"
    result = desk.imports("patients", body, valid_rows_only=True)
    assert (outcome(result), result.written) == ({"new": 1, "unchanged": 1, "refused": 1}, True)
    assert desk.office.value("SELECT count(*) FROM patient WHERE mrn IN ('8', '9')") == 1


def test_a_line_repeated_word_for_word_counts_once(desk: Desk) -> None:
    result = desk.imports("patients", f"{PATIENTS}\nLFM,8,Osei,Ama,1940-02-01\nLFM,8,Osei,Ama,2/1/1940\n")
    assert outcome(result) == {"new": 1, "unchanged": 1}


def test_one_identity_with_two_contents_refuses_every_line_of_it(desk: Desk) -> None:
    result = desk.imports("patients", f"{PATIENTS}\nLFM,8,Osei,Ama,1940-02-01\nLFM,8,Osei,Ama,1940-02-02\n")
    assert rules(result) == [(2, "mrn", "repeated"), (3, "mrn", "repeated")]
    assert result.problems[0].sentence == "The file says different things about 8, first in line 2."


def test_a_column_that_the_file_does_not_have_changes_nothing(desk: Desk) -> None:
    result = desk.imports("patients", f"{PATIENTS}\nLFM,1,Abara,Alma,1941-03-02\n")
    assert outcome(result) == {"unchanged": 1}
    assert desk.office.value("SELECT state FROM patient WHERE mrn = '1'") == "NY"


def test_a_blank_cell_of_a_column_that_the_file_has_takes_the_value_back(desk: Desk) -> None:
    desk.imports("patients", f"{PATIENTS},state\nLFM,1,Abara,Alma,1941-03-02,\n")
    assert desk.office.value("SELECT state FROM patient WHERE mrn = '1'") is None


def test_a_column_that_means_nothing_is_a_warning(desk: Desk) -> None:
    result = desk.imports("patients", f"{PATIENTS},shoe size\nLFM,8,Osei,Ama,1940-02-01,43\n")
    assert rules(result) == [(1, "shoe size", "column_unknown")]
    assert outcome(result) == {"new": 1}


def test_two_columns_of_one_meaning_refuse_the_file(desk: Desk) -> None:
    result = desk.imports("patients", f"{PATIENTS},born\nLFM,8,Osei,Ama,1940-02-01,1940-02-01\n", mapping={"born": "birth_date"})
    assert (1, "birth_date", "column_twice") in rules(result)
    assert (outcome(result), result.written) == ({"refused": 1}, False)


def test_headers_may_be_written_with_capitals_and_blanks(desk: Desk) -> None:
    result = desk.imports("patients", "Client,MRN,Family Name,given-name,BIRTH_DATE\nLFM,8,Osei,Ama,1940-02-01\n")
    assert outcome(result) == {"new": 1}


def test_a_control_character_refuses_the_row(desk: Desk) -> None:
    result = desk.imports("patients", csv_text(PATIENTS, ("LFM", "8", "Osei\x07", "Ama", "1940-02-01")))
    assert rules(result) == [(2, "family_name", "control_character")]


def test_an_import_leaves_a_batch_with_its_counts_and_digest(desk: Desk) -> None:
    result = desk.imports("patients", f"{PATIENTS}\nLFM,8,Osei,Ama,1940-02-01\nLFM,1,Abara,Alma,1941-03-02\n")
    query = "SELECT kind, file_name, length(file_sha256), actor, rows_read, rows_new, rows_unchanged FROM import_batch WHERE id = :id"
    assert desk.office.rows(query, id=result.batch_id) == [("patients", "patients.csv", 64, "tester", 2, 1, 1)]


def test_an_import_is_in_the_audit_log_without_a_name(desk: Desk) -> None:
    result = desk.imports("patients", f"{PATIENTS}\nLFM,8,Osei,Ama,1940-02-01\n")
    detail = desk.office.value("SELECT detail FROM audit_event ORDER BY seq DESC LIMIT 1")
    assert (detail["batch"], detail["kind"], detail["new"]) == (str(result.batch_id), "patients", 1)
    assert "Osei" not in str(detail)
    assert "patients.csv" not in str(detail)


def test_nothing_of_a_refused_file_is_in_the_audit_log(desk: Desk) -> None:
    before = desk.office.value("SELECT count(*) FROM audit_event")
    desk.imports("patients", f"{PATIENTS}\nLFM,8,,Ama,1940-02-01\n")
    assert desk.office.value("SELECT count(*) FROM audit_event") == before


def test_two_imports_fit_into_one_transaction(desk: Desk) -> None:
    with desk.office.transaction() as connection:
        for mrn in ("8", "9"):
            import_file(connection, IMPORT_KINDS["patients"], parsed("patients", f"{PATIENTS}\nLFM,{mrn},Osei,Ama,1940-02-01\n".encode()))
        assert connection.scalar(text("SELECT count(*) FROM patient WHERE mrn IN ('8', '9')")) == 2


def test_a_file_of_one_vendor_cannot_name_a_client_of_another(desk: Desk, database: TestDatabase, tmp_path: Path) -> None:
    stranger = new_desk(database, tmp_path, roster=False)
    result = stranger.imports("patients", f"{PATIENTS}\nLFM,8,Osei,Ama,1940-02-01\n")
    assert rules(result) == [(2, "client", "unknown_client")]


def test_a_row_of_an_unknown_client_says_only_that(desk: Desk) -> None:
    header = "external_id,client,mrn,staff,started_at,ended_at,program,entered_at"
    row = "e1,NOBODY,1,rn,2026-10-05T09:00,10/5/2026 9:20 AM,CCM,2026-10-05T13:00:00-04:00"
    assert rules(desk.imports("time", f"{header}\n{row}\n")) == [(2, "client", "unknown_client")]


def test_a_row_of_an_unknown_client_still_says_which_cells_cannot_be_read(desk: Desk) -> None:
    header = "external_id,client,mrn,staff,started_at,duration,program"
    result = desk.imports("time", f"{header}\ne1,NOBODY,1,rn,yesterday,20,CCM\n")
    assert sorted(rules(result)) == [(2, "client", "unknown_client"), (2, "started_at", "moment")]


def test_a_line_that_an_open_quote_swallowed_into_a_name_is_refused(desk: Desk) -> None:
    result = desk.imports("patients", f'{PATIENTS}\nLFM,8,"Osei,Ama,1940-02-01\nLFM,9,Kofi",Ama,1940-02-01\n')
    assert (2, "family_name", "line_break") in rules(result)
    assert not result.written


def test_prose_may_have_several_lines(desk: Desk) -> None:
    header = "external_id,client,mrn,staff,started_at,duration,program,description"
    row = ("e1", "LFM", "1", "rn", "2026-10-05T09:00", "20", "CCM", "called\nthe pharmacy")
    assert rules(desk.imports("time", csv_text(header, row))) == []


@pytest.mark.parametrize("kind", IMPORT_KINDS)
def test_a_key_as_long_as_a_page_is_refused_in_every_kind(desk: Desk, kind: str) -> None:
    example = next(example for example in EXAMPLES if example.kind == kind)
    keys = [column.name for column in IMPORT_KINDS[kind].columns if column.is_key and column.name in example.header.split(",")]
    cells = dict(zip(example.header.split(","), example.row.split(","), strict=True))
    for key in keys:
        row = tuple((cells | {key: "".join(f"{number:x}" for number in range(5000))}).values())
        assert (2, key, "too_long") in rules(desk.imports(kind, csv_text(example.header, row)))
    assert keys


@pytest.mark.parametrize("code", ["../../etc", "A/B", "A\\B", ".hidden", "C:", "x" * 41, "what?"])
def test_a_clients_code_that_cannot_stand_in_the_name_of_a_file_is_refused(desk: Desk, code: str) -> None:
    assert rules(desk.imports("clients", csv_text("code,name,timezone", (code, "Lakeside", "UTC")))) == [(2, "code", "client_code")]


AHEAD = {
    "time": ("external_id,client,mrn,staff,started_at,duration,program", "e1,LFM,1,rn,2126-10-05T09:00,20,CCM", "started_at"),
    "patients": (f"{PATIENTS},died_on", "LFM,8,Osei,Ama,1940-02-01,2126-01-01", "died_on"),
    "consents": ("client,mrn,program,npi,method,obtained_on", f"LFM,1,CCM,{DOCTOR},verbal,1/5/2126", "obtained_on"),
    "visits": ("client,mrn,visited_on,kind", "LFM,1,2126-01-05,AWV", "visited_on"),
    "reviews": ("client,mrn,plan_version,reviewed_on,reviewer,outcome", "LFM,1,1,2126-06-01,T. Rivers,updated", "reviewed_on"),
    "services": ("client,mrn,code,on", "LFM,1,G0181,2126-03-10", "on"),
    "mdm": ("client,mrn,month,level,npi,documented_on", f"LFM,1,2026-03,high,{DOCTOR},2126-03-05", "documented_on"),
    "discharges": ("client,mrn,discharged_on", "LFM,1,2126-03-05", "discharged_on"),
}


@pytest.mark.parametrize("kind", AHEAD)
def test_what_happened_in_a_year_to_come_is_pointed_out(desk: Desk, kind: str) -> None:
    header, row, column = AHEAD[kind]
    result = desk.imports(kind, f"{header}\n{row}\n")
    assert (rules(result), result.problems[0].severity, result.new) == ([(2, column, "in_future")], "warning", 1)
