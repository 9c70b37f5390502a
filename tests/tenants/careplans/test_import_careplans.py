"""Care plans come in by version with their elements, medical decision making by month."""

from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.import_files import DOCTOR, Desk, new_desk, outcome, rules


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def test_elements_are_read_as_a_list(desk: Desk) -> None:
    desk.imports("care_plans", "client,mrn,version,effective_on,elements\nLFM,2,1,2026-01-06,Problems; goals;\n")
    assert desk.office.value("SELECT elements FROM care_plan p JOIN patient t ON t.id = p.patient_id WHERE t.mrn = '2'") == [
        "problems",
        "goals",
    ]


def test_an_element_outside_the_table_is_a_warning_that_names_it(desk: Desk) -> None:
    result = desk.imports("care_plans", "client,mrn,version,effective_on,elements\nLFM,2,1,2026-01-06,problems;wishes;dreams\n")
    assert (rules(result), outcome(result)) == ([(2, "elements", "plan_element")], {"new": 1})
    assert result.problems[0].sentence == "Not an element of a care plan: dreams, wishes."


@pytest.mark.parametrize("written", ["2026-03", "2026-03-01", "3/1/2026"])
def test_a_month_is_written_as_such_or_by_its_first_day(desk: Desk, written: str) -> None:
    desk.imports("mdm", f"client,mrn,month,level,npi,documented_on\nLFM,1,{written},moderate,{DOCTOR},2026-03-05\n")
    assert desk.office.value("SELECT month::text FROM mdm") == "2026-03-01"


@pytest.mark.parametrize(
    ("kind", "body", "column", "rule"),
    [
        ("care_plans", "client,mrn,version,effective_on\nLFM,2,first,2026-01-06\n", "version", "number"),
        ("care_plans", "client,mrn,version,effective_on\nLFM,2,0,2026-01-06\n", "version", "version"),
        ("mdm", f"client,mrn,month,level,npi,documented_on\nLFM,1,2026-03-05,moderate,{DOCTOR},2026-03-05\n", "month", "month"),
        ("mdm", f"client,mrn,month,level,npi,documented_on\nLFM,1,2026-03,severe,{DOCTOR},2026-03-05\n", "level", "word"),
        (
            "reviews",
            "client,mrn,plan_version,reviewed_on,reviewer,outcome\nLFM,1,2,2026-06-01,Ann,updated\n",
            "plan_version",
            "unknown_plan",
        ),
        ("reviews", "client,mrn,plan_version,reviewed_on,reviewer,outcome\nLFM,1,1,2025-06-01,Ann,updated\n", "reviewed_on", "date_order"),
        ("consents", f"client,mrn,program,npi,method,obtained_on\nLFM,1,CCM,{DOCTOR},telepathy,2026-01-05\n", "method", "word"),
        (
            "consents",
            f"client,mrn,program,npi,method,obtained_on,revoked_on\nLFM,1,CCM,{DOCTOR},verbal,2026-01-05,2026-01-04\n",
            "revoked_on",
            "date_order",
        ),
    ],
)
def test_a_record_that_cannot_be_is_refused_by_name(desk: Desk, kind: str, body: str, column: str, rule: str) -> None:
    assert rules(desk.imports(kind, body)) == [(2, column, rule)]
