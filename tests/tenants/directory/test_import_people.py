"""Staff and providers come in with what the rules ask of them: role, credential, licences, identifier."""

from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk, outcome, rules

STAFF = "staff,family_name,given_name,role,credential,licensed_states,license_expires_on,country,npi"
PROVIDERS = "client,npi,family_name,given_name,credential,from,to"


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def test_licensed_states_are_read_as_a_list(desk: Desk) -> None:
    desk.imports("staff", f"{STAFF}\nlpn,Cole,Ann,Clinical,LPN, tx ; LA,2027-01-31,us,\n")
    query = "SELECT role, licensed_states, license_expires_on::text, country FROM staff WHERE code = 'lpn'"
    assert desk.office.rows(query) == [("clinical", ["TX", "LA"], "2027-01-31", "US")]


def test_a_credential_outside_the_table_is_a_warning(desk: Desk) -> None:
    result = desk.imports("staff", f"{STAFF}\nsha,Cole,Ann,clinical,Shaman,TX,,,\n")
    assert (rules(result), outcome(result)) == ([(2, "credential", "credential")], {"new": 1})


@pytest.mark.parametrize(
    ("line", "column", "rule"),
    [
        ("lpn,Cole,Ann,manager,LPN,TX,,,", "role", "word"),
        ("lpn,Cole,Ann,clinical,LPN,Texas,,,", "licensed_states", "state"),
        ("lpn,Cole,Ann,clinical,LPN,TX,never,,", "license_expires_on", "date"),
        ("lpn,Cole,Ann,clinical,LPN,TX,,USA,", "country", "country"),
        ("lpn,Cole,Ann,clinical,LPN,TX,,,1234567890", "npi", "npi"),
        ("lpn,,Ann,clinical,LPN,TX,,,", "family_name", "required"),
    ],
)
def test_a_staff_member_who_cannot_be_is_refused_by_name(desk: Desk, line: str, column: str, rule: str) -> None:
    assert rules(desk.imports("staff", f"{STAFF}\n{line}\n")) == [(2, column, rule)]


def test_the_days_of_an_exclusion_come_with_the_staff_and_a_file_without_them_stays_valid(desk: Desk) -> None:
    desk.imports("staff", f"{STAFF},excluded_from,excluded_to\nlpn,Cole,Ann,clinical,LPN,TX,,,,2026-02-10,\n")
    query = "SELECT excluded_from::text, excluded_to::text FROM staff WHERE code = 'lpn'"
    assert desk.office.rows(query) == [("2026-02-10", None)]
    desk.imports("staff", f"{STAFF}\nlpn,Cole,Ann,clinical,LPN,TX,,,\n")
    assert desk.office.rows(query) == [("2026-02-10", None)]


@pytest.mark.parametrize(("days", "rule"), [("2026-02-10,2026-02-09", "date_order"), (",2026-02-09", "excluded_from")])
def test_an_exclusion_that_cannot_be_is_refused_by_name(desk: Desk, days: str, rule: str) -> None:
    result = desk.imports("staff", f"{STAFF},excluded_from,excluded_to\nlpn,Cole,Ann,clinical,LPN,TX,,,,{days}\n")
    assert rules(result) == [(2, "excluded_to", rule)]


@pytest.mark.parametrize(
    ("npi", "found"), [("1234567893", []), ("1234567890", ["npi"]), ("123456789", ["npi"]), ("9000000001", ["npi_trial"])]
)
def test_an_npi_is_checked_by_its_digit_and_trial_data_only_warned_of(desk: Desk, npi: str, found: list[str]) -> None:
    result = desk.imports("providers", f"{PROVIDERS}\nHIL,{npi},Okafor,Rosa,MD,,\n")
    assert [rule for _, _, rule in rules(result)] == found
    assert result.written is (found != ["npi"])


def test_a_provider_s_last_day_lies_not_before_the_first(desk: Desk) -> None:
    result = desk.imports("providers", f"{PROVIDERS}\nHIL,1234567893,Okafor,Rosa,MD,2026-02-01,2026-01-31\n")
    assert rules(result) == [(2, "to", "date_order")]


def test_one_practitioner_may_work_at_two_clients(desk: Desk) -> None:
    assert outcome(desk.imports("providers", f"{PROVIDERS}\nHIL,1234567893,Okafor,Rosa,MD,,\n")) == {"new": 1}


@pytest.mark.parametrize(("written", "years"), [("", []), ("2026", [2026]), ("2025; 2026;", [2025, 2026])])
def test_the_years_in_which_a_provider_qualifies_for_the_other_factor_are_read_as_a_list(
    desk: Desk, written: str, years: list[int]
) -> None:
    result = desk.imports("providers", f"{PROVIDERS},qp_years\nHIL,1234567893,Okafor,Rosa,MD,,,{written}\n")
    assert outcome(result) == {"new": 1}
    assert desk.office.value("SELECT qp_years FROM provider JOIN client c USING (client_id) WHERE c.code = 'HIL'") == years


@pytest.mark.parametrize("written", ["yes", "26", "2026-27", "3026"])
def test_what_is_no_list_of_years_is_refused(desk: Desk, written: str) -> None:
    result = desk.imports("providers", f"{PROVIDERS},qp_years\nHIL,1234567893,Okafor,Rosa,MD,,,{written}\n")
    assert rules(result) == [(2, "qp_years", "years")]
