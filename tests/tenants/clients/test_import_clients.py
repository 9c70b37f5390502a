"""Clients come in with their time zone, terms and dated attestations."""

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk, outcome, rules

ADD_INDEX = (
    "INSERT INTO reference_load (kind, origin, file_name, file_sha256, effective_from, rows_read, rows_kept, loaded_by) "
    "VALUES ('gpci', 'file', 'test.csv', repeat('0', 64), '2026-01-01', 1, 1, 'tester') RETURNING id"
)
HEADER = "code,name,timezone,setting,terms_days,contact_name,access_24_7_from,baa_on"


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def close_october(desk: Desk) -> None:
    desk.imports("agreements", "client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,38\n")
    desk.imports("enrolments", "client,mrn,program,status,from\nLFM,1,CCM,enrolled,2026-01-05\n")
    assert [result.status for result in desk.office.close("LFM")] == ["closed"]


def test_blank_cells_take_the_usual_setting_and_terms(desk: Desk) -> None:
    desk.imports("clients", f"{HEADER}\nNEW,North,America/Denver,,,,2025-01-01,\n")
    query = "SELECT setting, terms_days, contact_name, access_24_7_from::text, baa_on FROM client WHERE code = 'NEW'"
    assert desk.office.rows(query) == [("physician", 30, "", "2025-01-01", None)]


def test_a_new_client_has_its_lock(desk: Desk) -> None:
    desk.imports("clients", f"{HEADER}\nNEW,North,America/Denver,,,,,\n")
    assert desk.office.value("SELECT count(*) FROM client_lock JOIN client USING (client_id) WHERE code = 'NEW'") == 1


@pytest.mark.parametrize(
    ("line", "column", "rule"),
    [
        ("NEW,North,Denver,,,,,", "timezone", "timezone"),
        ("NEW,North,America/Denver,hospital,,,,", "setting", "word"),
        ("NEW,North,America/Denver,,400,,,", "terms_days", "terms_days"),
        ("NEW,North,America/Denver,,soon,,,", "terms_days", "number"),
        ("NEW,North,America/Denver,,,,13/13/2025,", "access_24_7_from", "date"),
        ("NEW,,America/Denver,,,,,", "name", "required"),
        (",North,America/Denver,,,,,", "code", "required"),
    ],
)
def test_a_client_that_cannot_be_is_refused_by_name(desk: Desk, line: str, column: str, rule: str) -> None:
    assert rules(desk.imports("clients", f"{HEADER}\n{line}\n")) == [(2, column, rule)]


def test_the_time_zone_of_a_client_with_closed_months_stays(desk: Desk) -> None:
    close_october(desk)
    result = desk.imports("clients", "code,name,timezone\nLFM,Lakeside Family Medicine,America/Chicago\n")
    assert rules(result) == [(2, "timezone", "timezone_fixed")]
    assert result.problems[0].sentence == "This client has closed months, so its time zone stays America/New_York."


def test_other_facts_of_that_client_may_change(desk: Desk) -> None:
    close_october(desk)
    assert outcome(desk.imports("clients", "code,name,timezone\nLFM,Lakeside Family Medicine PC,America/New_York\n")) == {"changed": 1}


PAID = "code,name,timezone,place_of_service,medicare_locality"


def paid(desk: Desk) -> list[tuple[str, str]]:
    return [tuple(row) for row in desk.office.rows("SELECT place_of_service, medicare_locality FROM client WHERE code = 'NEW'")]


@pytest.mark.parametrize(
    ("place", "locality", "stored"),
    [
        ("", "", ("11", "")),
        ("22", "01112-05", ("22", "01112-05")),
        ("2", "01112 05", ("02", "01112-05")),
        ("11", "0111205", ("11", "01112-05")),
    ],
)
def test_where_medicare_pays_for_a_client_is_read_and_is_an_office_unless_told(
    desk: Desk, place: str, locality: str, stored: tuple[str, str]
) -> None:
    desk.imports("clients", f"{PAID}\nNEW,North,America/Denver,{place},{locality}\n")
    assert paid(desk) == [stored]


@pytest.mark.parametrize(
    ("place", "locality", "found"),
    [
        ("98", "", ("place_of_service", "place_of_service_unknown")),
        ("office", "", ("place_of_service", "place_of_service")),
        ("11", "California", ("medicare_locality", "medicare_locality")),
        ("11", "1112-05", ("medicare_locality", "medicare_locality")),
    ],
)
def test_a_place_or_locality_that_cannot_be_is_refused_by_name(desk: Desk, place: str, locality: str, found: tuple[str, str]) -> None:
    assert rules(desk.imports("clients", f"{PAID}\nNEW,North,America/Denver,{place},{locality}\n")) == [(2, *found)]


def test_a_locality_is_warned_of_when_the_index_that_is_loaded_does_not_have_it(desk: Desk) -> None:
    file = f"{PAID}\nNEW,North,America/Denver,11,99999-01\n"
    assert rules(desk.imports("clients", file)) == []
    with desk.office.database.admin_engine.begin() as connection:
        load = connection.scalar(text(ADD_INDEX))
        connection.execute(text("INSERT INTO geographic_index VALUES (:load, '01112-05', 'CA', 'X', 1, 1, 1)"), {"load": load})
    assert rules(desk.imports("clients", file)) == [(2, "medicare_locality", "medicare_locality_unknown")]
