"""The demo's import files, without a database: the same again from the same seed, valid by format, and each gate where it should be."""

import re
from collections import defaultdict
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from caretally.app.demo.fill import logged_until
from caretally.app.demo.generate import VendorFiles, generate
from caretally.app.demo.identifiers import npi_check_digit
from caretally.app.demo.personas import personas
from caretally.app.demo.scenario import HISTORY_MONTHS
from caretally.app.demo.writing import COLUMNS
from caretally.carelog.staff_ties import LOGGING_ROLES
from tests.builders.demo import Rows, moment, month_facts, read
from tests.oracle.biller import decide

TODAY = date(2026, 11, 23)
MBI = re.compile(r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][AC-HJKMNP-RT-Y]{2}[0-9]{2}")
GATES = (
    *("TIME_BELOW_THRESHOLD", "TIME_PENDING", "TIME_UNAPPROVED", "TIME_NO_DESCRIPTION", "NON_CLINICAL_STAFF"),
    *("STAFF_NOT_LICENSED", "STAFF_EXCLUDED", "OUTSIDE_US", "BEFORE_CONSENT", "AFTER_DEATH", "PART_A_STAY", "NOT_ENROLLED", "WITHIN_EM"),
    *("IDLE", "TIME_OVERLAP_PATIENT", "TIME_OVERLAP_STAFF", "NO_CONSENT", "CONSENT_INCOMPLETE", "CONSENT_REVOKED"),
    *("CONSENT_OTHER_PRACTITIONER", "CONSENT_AGED", "NO_INITIATING_VISIT", "VISIT_NOT_QUALIFYING", "CHRONIC_CONDITIONS_LT_2"),
    *(
        "ELIGIBILITY_RISK_NOT_DOCUMENTED",
        "CONDITION_NOT_CHRONIC_HINT",
        "NO_CARE_PLAN",
        "CARE_PLAN_COPY_MISSING",
        "CARE_PLAN_REVIEW_OVERDUE",
    ),
    *("CARE_PLAN_INCOMPLETE", "CARE_PLAN_SIGNOFF_MISSING", "ATTESTATION_MISSING", "MDM_NOT_DOCUMENTED"),
    *("DUPLICATE_PATIENT_MONTH", "UNIT_CAP_REACHED", "STAFF_TIME_UNBILLED", "QHP_NOT_BILLING", "HOSPICE_REVIEW"),
    *("COVERAGE_UNVERIFIED", "MUTUALLY_EXCLUSIVE", "TIME_BACKDATED", "INTEGRITY_SIGNAL"),
)
# The plain-Python biller does not judge a recorded credential.
NOT_ASKED_OF_THE_BILLER = "PROVIDER_NOT_ELIGIBLE"


@pytest.fixture(scope="session")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> tuple[VendorFiles, ...]:
    return generate(tmp_path_factory.mktemp("demo"), today=TODAY, seed=1)


@pytest.fixture(scope="session")
def time_rows(vendors: tuple[VendorFiles, ...]) -> Rows:
    return [row for files in vendors for _, path in files.time for row in read(path)]


@pytest.fixture(scope="session")
def decisions(vendors: tuple[VendorFiles, ...]) -> dict[str, set[str]]:
    files = vendors[0]
    patients = set(files.planted.values())
    said = {}
    for client in {client for client, _ in patients}:
        for decision in decide(month_facts(files, client, patients)):
            if decision["ref"].startswith(f"{client}/"):
                said[decision["ref"]] = {decision["outcome"], *decision["exceptions"], *decision["warnings"]}
    return said


def _facts(vendors: tuple[VendorFiles, ...], kind: str) -> Rows:
    return [row for files in vendors for name, path in files.facts if name == kind for row in read(path)]


def _digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.*")}


def test_the_same_seed_and_month_give_the_same_bytes(tmp_path: Path) -> None:
    generate(tmp_path / "a", today=TODAY, seed=7)
    generate(tmp_path / "b", today=TODAY.replace(day=1), seed=7)
    assert _digests(tmp_path / "a") == _digests(tmp_path / "b")


def test_each_person_of_the_demo_who_logs_time_is_a_nurse_of_their_name(vendors: tuple[VendorFiles, ...]) -> None:
    nurses = [f"{row['given_name']} {row['family_name']}" for row in _facts(vendors, "staff") if row["credential"] == "RN"]
    logging = [one.name for one in personas() if one.vendor and one.role in LOGGING_ROLES]
    assert len(logging) == 3 * len(vendors)
    assert [nurses.count(name) for name in logging] == [1] * len(logging)


def test_another_seed_gives_other_patients(tmp_path: Path, vendors: tuple[VendorFiles, ...]) -> None:
    other = generate(tmp_path, today=TODAY, seed=2)
    assert _facts(other, "patients") != _facts(vendors, "patients")


def test_the_last_of_fourteen_months_is_the_one_before_today(vendors: tuple[VendorFiles, ...]) -> None:
    months = [str(month) for month, _ in vendors[0].time]
    assert (len(months), months[0], months[-1]) == (HISTORY_MONTHS, "2025-09", "2026-10")


def test_there_are_two_vendors_with_eight_and_three_clients(vendors: tuple[VendorFiles, ...]) -> None:
    assert [len(files.vendor.clients) for files in vendors] == [8, 3]


def test_every_file_has_rows_and_exactly_the_columns_of_its_kind(vendors: tuple[VendorFiles, ...]) -> None:
    for files in vendors:
        assert {kind: tuple(read(path)[0]) for kind, path in files.facts} == COLUMNS


def test_every_mbi_has_the_format_of_cms(vendors: tuple[VendorFiles, ...]) -> None:
    assert [row["mbi"] for row in _facts(vendors, "patients") if not MBI.fullmatch(row["mbi"])] == []


def test_only_the_person_at_two_clients_has_an_mbi_twice(vendors: tuple[VendorFiles, ...]) -> None:
    mbis = [row["mbi"] for row in _facts(vendors, "patients")]
    assert len(mbis) - len(set(mbis)) == 1


def test_every_npi_passes_its_check_digit(vendors: tuple[VendorFiles, ...]) -> None:
    npis = {row["npi"] for kind in ("providers", "staff") for row in _facts(vendors, kind) if row["npi"]}
    assert [npi for npi in npis if len(npi) != 10 or npi_check_digit(npi[:9]) != npi[9]] == []


def test_the_published_npi_example_passes_the_check_digit() -> None:
    assert npi_check_digit("123456789") == "3"


def test_patients_are_between_58_and_97(vendors: tuple[VendorFiles, ...]) -> None:
    ages = {(TODAY - date.fromisoformat(row["birth_date"])).days // 365.2425 for row in _facts(vendors, "patients")}
    assert (min(ages) >= 58, max(ages) <= 97) == (True, True)


def test_names_come_in_at_least_ten_scripts(vendors: tuple[VendorFiles, ...]) -> None:
    letters = {ord(row["family_name"][0]) >> 7 for row in _facts(vendors, "patients")}
    assert len(letters) >= 10


def test_external_ids_of_a_vendor_are_unique(vendors: tuple[VendorFiles, ...]) -> None:
    for files in vendors:
        ids = [row["external_id"] for _, path in files.time for row in read(path)]
        assert len(ids) == len(set(ids))


def test_nobody_is_in_two_places_except_where_it_is_planted(vendors: tuple[VendorFiles, ...], time_rows: Rows) -> None:
    planted = {vendors[0].planted["TIME_OVERLAP_STAFF"], vendors[0].planted["other side of the double booking"]}
    doubled = [both for both in _overlaps(time_rows, vendors, by="staff") if set(both) != planted]
    assert doubled == []


def test_no_patient_has_two_entries_at_once_except_where_it_is_planted(vendors: tuple[VendorFiles, ...], time_rows: Rows) -> None:
    planted = vendors[0].planted["TIME_OVERLAP_PATIENT"]
    assert {both[0] for both in _overlaps(time_rows, vendors, by="mrn")} == {planted}


def _overlaps(rows: Rows, vendors: tuple[VendorFiles, ...], *, by: str) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    zones = {client.code: client.timezone for files in vendors for client in files.vendor.clients}
    busy: dict[str, list[tuple[datetime, datetime, tuple[str, str]]]] = defaultdict(list)
    for row in rows:
        start = moment(row["started_at"], zones[row["client"]])
        end = moment(row["ended_at"], zones[row["client"]]) if row["ended_at"] else start + timedelta(minutes=int(row["duration"]))
        busy[row[by]].append((start, end, (row["client"], row["mrn"])))
    found = []
    for entries in busy.values():
        entries.sort()
        found += [(a[2], b[2]) for a, b in pairwise(entries) if b[0] < a[1]]
    return found


def test_time_comes_from_three_sources(time_rows: Rows) -> None:
    assert {row["source"] for row in time_rows} == {"dialer", "ehr", "manual"}


def test_entries_of_a_month_start_in_it(vendors: tuple[VendorFiles, ...]) -> None:
    for files in vendors:
        for month, path in files.time:
            assert {row["started_at"][:7] for row in read(path) if row["external_id"] != "A-MONTH-LATE"} == {str(month)}


def test_the_month_under_way_is_written_whole(vendors: tuple[VendorFiles, ...]) -> None:
    for files in vendors:
        assert files.under_way is not None
        month, path = files.under_way
        days = {row["started_at"][:10] for row in read(path)}
        assert (str(month), min(days) >= "2026-11-01", max(days) >= "2026-11-30") == ("2026-11", True, True)


def test_of_the_month_under_way_only_what_was_logged_and_put_down_by_a_day_is_kept(vendors: tuple[VendorFiles, ...]) -> None:
    assert vendors[0].under_way is not None
    whole = vendors[0].under_way[1]
    so_far = logged_until(whole, date(2026, 11, 12))
    assert so_far is not None
    kept = read(so_far)
    assert {row["external_id"] for row in kept} == {
        row["external_id"] for row in read(whole) if row["started_at"] < "2026-11-13" and row["entered_at"] < "2026-11-13"
    }
    assert 0 < len(kept) < len(read(whole))


def test_nothing_is_kept_of_a_month_that_has_not_begun(vendors: tuple[VendorFiles, ...]) -> None:
    assert vendors[0].under_way is not None
    assert logged_until(vendors[0].under_way[1], date(2026, 10, 30)) is None


def test_calls_cross_both_changes_of_the_clocks(vendors: tuple[VendorFiles, ...], time_rows: Rows) -> None:
    mrn = vendors[0].planted["call on the day the clocks change"][1]
    nights = {(row["started_at"][-6:], row["ended_at"][-6:]) for row in time_rows if row["mrn"] == mrn and row["started_at"][11:13] == "01"}
    assert nights == {("-05:00", "-04:00"), ("-04:00", "-05:00")}


def test_a_call_crosses_the_midnight_before_the_last_month(vendors: tuple[VendorFiles, ...], time_rows: Rows) -> None:
    mrn = vendors[0].planted["call over midnight of the month end"][1]
    crossing = [
        row for row in time_rows if row["mrn"] == mrn and row["started_at"][:10] == "2026-09-30" and row["ended_at"][:10] == "2026-10-01"
    ]
    assert len(crossing) == 1


def test_late_rows_approve_correct_and_add(vendors: tuple[VendorFiles, ...]) -> None:
    assert vendors[0].late is not None
    assert [row["external_id"] for row in read(vendors[0].late)] == ["LATE-APPROVAL", "LATE-CORRECTION", "LATE-NEW-ENTRY-2"]


@pytest.mark.parametrize("gate", GATES)
def test_the_planted_patient_shows_the_gate(vendors: tuple[VendorFiles, ...], decisions: dict[str, set[str]], gate: str) -> None:
    assert gate in decisions["/".join(vendors[0].planted[gate])]


def test_a_patient_is_planted_for_the_gate_of_credentials_too(vendors: tuple[VendorFiles, ...]) -> None:
    assert {*GATES, NOT_ASKED_OF_THE_BILLER} == {story for story in vendors[0].planted if story.isupper()}


def test_a_consent_revoked_this_month_is_still_billable(vendors: tuple[VendorFiles, ...], decisions: dict[str, set[str]]) -> None:
    assert "billable" in decisions["/".join(vendors[0].planted["consent revoked this month"])]


def test_both_sides_of_a_duplicate_are_held(vendors: tuple[VendorFiles, ...], decisions: dict[str, set[str]]) -> None:
    both = ("DUPLICATE_PATIENT_MONTH", "same person elsewhere")
    assert all("held" in decisions["/".join(vendors[0].planted[story])] for story in both)
