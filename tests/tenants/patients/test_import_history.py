"""What happened to patients comes in by client and record number, each fact once."""

from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.import_files import DOCTOR, Desk, new_desk, outcome, rules


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


@pytest.mark.parametrize("program", ["CCM", "PCM", "APCM", "RPM", "RTM", "BHI", "COCM", "TCM"])
def test_every_program_can_be_enrolled_in(desk: Desk, program: str) -> None:
    assert outcome(desk.imports("enrolments", f"client,mrn,program,status,from\nLFM,1,{program.lower()},enrolled,2026-01-05\n")) == {
        "new": 1
    }
    assert desk.office.value("SELECT program FROM enrolment") == program


def test_a_patient_can_be_enrolled_again_later(desk: Desk) -> None:
    body = "client,mrn,program,status,from,to\nLFM,1,CCM,enrolled,2026-01-05,2026-03-31\nLFM,1,CCM,enrolled,2026-06-01,\n"
    assert outcome(desk.imports("enrolments", body)) == {"new": 2}


def test_a_diagnosis_is_kept_without_its_dot(desk: Desk) -> None:
    desk.imports("conditions", "client,mrn,icd10\nLFM,1,e11.9\n")
    assert desk.office.value("SELECT icd10 FROM condition") == "E119"


def test_one_diagnosis_with_and_without_its_dot_is_one(desk: Desk) -> None:
    assert outcome(desk.imports("conditions", "client,mrn,icd10\nLFM,1,E11.9\nLFM,1,E119\n")) == {"new": 1, "unchanged": 1}


def test_what_is_documented_of_a_condition_is_kept_and_what_nobody_said_stays_unknown(desk: Desk) -> None:
    body = "client,mrn,icd10,risk_documented,expected_months,until_death\nLFM,1,I10,yes,120,no\nLFM,1,E11.9,,,\n"
    assert outcome(desk.imports("conditions", body)) == {"new": 2}
    said = "SELECT risk_documented, expected_months, until_death FROM condition WHERE icd10 = '{}'"
    assert [desk.office.rows(said.format(code)) for code in ("I10", "E119")] == [[(True, 120, False)], [(None, None, None)]]


def test_a_diagnosis_outside_the_list_is_a_warning(desk: Desk) -> None:
    result = desk.imports("conditions", "client,mrn,icd10\nLFM,1,E1199X\n")
    assert (rules(result), outcome(result)) == ([(2, "icd10", "icd10_unknown")], {"new": 1})


@pytest.mark.parametrize(
    ("kind", "body", "column", "rule"),
    [
        ("enrolments", "client,mrn,program,status,from,to\nLFM,1,CCM,enrolled,2026-02-01,2026-01-31\n", "to", "date_order"),
        ("enrolments", "client,mrn,program,status,from\nLFM,1,CCM,asleep,2026-02-01\n", "status", "word"),
        ("enrolments", "client,mrn,program,status,from\nHIL,1,CCM,enrolled,2026-02-01\n", "mrn", "unknown_patient"),
        ("assignments", f"client,mrn,program,npi,from,to\nLFM,1,CCM,{DOCTOR},2026-02-01,2026-01-31\n", "to", "date_order"),
        ("assignments", "client,mrn,program,npi,from\nLFM,1,CCM,1679576722,2026-02-01\n", "npi", "unknown_provider"),
        ("conditions", "client,mrn,icd10,onset_on,resolved_on\nLFM,1,I10,2026-02-01,2026-01-31\n", "resolved_on", "date_order"),
        ("conditions", "client,mrn,icd10,expected_months\nLFM,1,I10,-1\n", "expected_months", "expected_months"),
        ("conditions", "client,mrn,icd10,expected_months\nLFM,1,I10,1201\n", "expected_months", "expected_months"),
        ("conditions", "client,mrn,icd10,expected_months\nLFM,1,I10,a year\n", "expected_months", "number"),
        ("conditions", "client,mrn,icd10,risk_documented\nLFM,1,I10,high\n", "risk_documented", "yes_no"),
        ("visits", "client,mrn,visited_on,kind,code\nLFM,1,2026-01-05,EM,99\n", "code", "billing_code"),
        ("stays", "client,mrn,kind,from\nLFM,1,hotel,2026-01-05\n", "kind", "word"),
        ("services", "client,mrn,code,on,minutes\nLFM,1,G0181,2026-01-05,-3\n", "minutes", "minutes"),
        ("discharges", "client,mrn,discharged_on,visited_on\nLFM,1,2026-01-05,2026-01-04\n", "visited_on", "date_order"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_by_name(desk: Desk, kind: str, body: str, column: str, rule: str) -> None:
    assert rules(desk.imports(kind, body)) == [(2, column, rule)]
