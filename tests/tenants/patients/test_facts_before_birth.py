"""Nothing happened to a patient before the birth: each dated fact is refused by name, on the day of birth it stands."""

from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.import_files import DOCTOR, Desk, new_desk, outcome, rules

# A file of each kind with a place for the day, and the column that holds it; Alma Abara was born on 1941-03-02.
FILES = [
    ("enrolments", "client,mrn,program,status,from\nLFM,1,CCM,enrolled,{day}\n", "from"),
    ("assignments", f"client,mrn,program,npi,from\nLFM,1,CCM,{DOCTOR},{{day}}\n", "from"),
    ("conditions", "client,mrn,icd10,onset_on\nLFM,1,I10,{day}\n", "onset_on"),
    ("conditions", "client,mrn,icd10,resolved_on\nLFM,1,I10,{day}\n", "resolved_on"),
    ("consents", f"client,mrn,program,npi,method,obtained_on\nLFM,1,CCM,{DOCTOR},verbal,{{day}}\n", "obtained_on"),
    ("visits", "client,mrn,visited_on,kind\nLFM,1,{day},AWV\n", "visited_on"),
    ("care_plans", "client,mrn,version,effective_on\nLFM,1,2,{day}\n", "effective_on"),
    ("care_plans", "client,mrn,version,effective_on,signed_on\nLFM,1,2,2026-01-06,{day}\n", "signed_on"),
    ("care_plans", "client,mrn,version,effective_on,copy_given_on\nLFM,1,2,2026-01-06,{day}\n", "copy_given_on"),
    ("mdm", f"client,mrn,month,level,npi,documented_on\nLFM,1,2026-10,low,{DOCTOR},{{day}}\n", "documented_on"),
    ("time", "external_id,client,mrn,staff,started_at,duration,program\ne1,LFM,1,rn,{day}T12:00,20,CCM\n", "started_at"),
    ("services", "client,mrn,code,on\nLFM,1,99214,{day}\n", "on"),
    ("stays", "client,mrn,kind,from\nLFM,1,hospice,{day}\n", "from"),
    ("device_days", "client,mrn,program,period_from,days\nLFM,1,RPM,{day},16\n", "period_from"),
    ("device_days", "client,mrn,program,period_from,days,setup_on\nLFM,1,RPM,2026-10-01,16,{day}\n", "setup_on"),
    ("discharges", "client,mrn,discharged_on\nLFM,1,{day}\n", "discharged_on"),
]
every_fact = pytest.mark.parametrize(("kind", "body", "column"), FILES, ids=[f"{kind}-{column}" for kind, _, column in FILES])


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


@every_fact
def test_a_fact_before_the_birth_is_refused(desk: Desk, kind: str, body: str, column: str) -> None:
    result = desk.imports(kind, body.format(day="1941-03-01"))
    assert (rules(result), outcome(result)) == ([(2, column, "before_birth")], {"refused": 1})
    assert "lies before the patient was born" in result.problems[0].sentence


@every_fact
def test_a_fact_on_the_day_of_birth_stands(desk: Desk, kind: str, body: str, column: str) -> None:
    assert outcome(desk.imports(kind, body.format(day="1941-03-02"))) == {"new": 1}


def test_a_review_before_the_birth_is_refused_although_its_plan_is_as_old(desk: Desk) -> None:
    with desk.office.transaction() as connection:
        connection.exec_driver_sql("UPDATE care_plan SET effective_on = '1850-01-01'")
    body = "client,mrn,plan_version,reviewed_on,reviewer,outcome\nLFM,1,1,1850-01-02,Rosa Okafor,no_change\n"
    assert rules(desk.imports("reviews", body)) == [(2, "reviewed_on", "before_birth")]


def test_coverage_before_the_birth_is_refused(desk: Desk) -> None:
    body = "client,mrn,family_name,given_name,birth_date,part_b_from\nLFM,9,Osei,Ama,1940-02-01,1940-01-31\n"
    assert rules(desk.imports("patients", body)) == [(2, "part_b_from", "before_birth")]
