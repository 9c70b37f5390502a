"""Agreements come in as versions that never overlap, each row one price in exact cents."""

from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk, outcome, rules

HEADER = "client,valid_from,valid_to,basis,code,price,tier_from,minimum,qhp_time,attestation_required,po_required,tier_mode"


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def flat(*, start: str = "2026-01-01", end: str = "", price: str = "38.00", client: str = "LFM") -> str:
    return f"{client},{start},{end},per_patient_month,,{price},,,,,,\n"


def versions(desk: Desk) -> list[tuple[str, str, int, int]]:
    query = (
        "SELECT a.valid_from::text, coalesce(a.valid_to::text, ''), e.tier_from, e.price_cents FROM agreement a "
        "JOIN agreement_price e ON e.agreement_id = a.id ORDER BY 1, 3"
    )
    return [tuple(row) for row in desk.office.rows(query)]


def test_the_rows_of_one_client_and_day_are_one_version_with_several_prices(desk: Desk) -> None:
    tiers = "LFM,2026-01-01,,per_patient_month,,38.00,1,500,,,,\nLFM,2026-01-01,,per_patient_month,,36.5,101,500,,,,\n"
    assert outcome(desk.imports("agreements", HEADER + "\n" + tiers)) == {"new": 2}
    assert versions(desk) == [("2026-01-01", "", 1, 3800), ("2026-01-01", "", 101, 3650)]
    assert desk.office.value("SELECT minimum_cents FROM agreement") == 50000


@pytest.mark.parametrize(("written", "cents"), [("38", 3800), ("38.5", 3850), ("$1,234.56", 123456), ("0.07", 7), ("0", 0), ("1.10", 110)])
def test_dollars_become_cents_exactly(desk: Desk, written: str, cents: int) -> None:
    desk.imports("agreements", f'client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,"{written}"\n')
    assert desk.office.value("SELECT price_cents FROM agreement_price") == cents


@pytest.mark.parametrize("written", ["38.005", "-38", "thirty", "38,50", "1e3", "12,34.00"])
def test_what_is_no_amount_of_dollars_and_cents_is_refused(desk: Desk, written: str) -> None:
    result = desk.imports("agreements", f'client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,"{written}"\n')
    assert rules(result) == [(2, "price", "money")]


@pytest.mark.parametrize(
    ("written", "refused"), [("1000000", []), ("1000000.01", ["price", "minimum"]), ("999999999999.99", ["price", "minimum"])]
)
def test_more_than_a_million_dollars_is_a_slip_of_the_hand(desk: Desk, written: str, refused: list[str]) -> None:
    body = f"client,valid_from,basis,price,minimum\nLFM,2026-01-01,per_patient_month,{written},{written}\n"
    assert [column for _, column, _ in rules(desk.imports("agreements", body))] == refused


def test_terms_are_those_of_the_file_or_the_usual_ones(desk: Desk) -> None:
    desk.imports("agreements", f"{HEADER}\nLFM,2026-01-01,,per_code,99490,38,,,never_pool,yes,yes,whole_volume\n")
    desk.imports("agreements", "client,valid_from,basis,price\nHIL,2026-01-01,per_patient_month,38\n")
    query = (
        "SELECT c.code, basis, qhp_time, attestation_required, po_required, tier_mode, date_of_service, copy_missing, review_overdue "
        "FROM agreement JOIN client c USING (client_id) ORDER BY c.code DESC"
    )
    assert [tuple(row) for row in desk.office.rows(query)] == [
        ("LFM", "per_code", "never_pool", True, True, "whole_volume", "threshold", "hold", "hold"),
        ("HIL", "per_patient_month", "pool", False, False, "graduated", "threshold", "hold", "hold"),
    ]


def test_rows_of_one_version_that_disagree_about_its_terms_are_refused(desk: Desk) -> None:
    body = "LFM,2026-01-01,,per_patient_month,,38,1,500,,,,\nLFM,2026-01-01,,per_patient_month,,36,101,400,,,,\n"
    result = desk.imports("agreements", HEADER + "\n" + body)
    assert rules(result) == [(3, "basis", "terms_differ")]
    assert result.problems[0].sentence == "This row and line 2 give different terms for one version."


def test_versions_of_one_file_that_overlap_are_refused_in_words(desk: Desk) -> None:
    result = desk.imports("agreements", HEADER + "\n" + flat(end="2026-06-30") + flat(start="2026-06-30"))
    assert rules(result) == [(2, "valid_from", "versions_overlap"), (3, "valid_from", "versions_overlap")]
    assert result.problems[1].sentence == "This version overlaps the one from 2026-01-01 to 2026-06-30."


def test_a_version_that_overlaps_one_on_record_is_refused_in_words(desk: Desk) -> None:
    desk.imports("agreements", HEADER + "\n" + flat())
    result = desk.imports("agreements", HEADER + "\n" + flat(start="2026-07-01"))
    assert result.problems[0].sentence == "This version overlaps the one from 2026-01-01 to further notice."


def test_a_file_that_ends_the_old_version_and_begins_the_next_is_taken(desk: Desk) -> None:
    desk.imports("agreements", HEADER + "\n" + flat())
    result = desk.imports("agreements", HEADER + "\n" + flat(end="2026-06-30") + flat(start="2026-07-01", price="40"))
    assert outcome(result) == {"new": 1, "changed": 1}
    assert versions(desk) == [("2026-01-01", "2026-06-30", 1, 3800), ("2026-07-01", "", 1, 4000)]


def test_undoing_that_file_restores_the_old_version(desk: Desk) -> None:
    desk.imports("agreements", HEADER + "\n" + flat())
    desk.undoes(desk.imports("agreements", HEADER + "\n" + flat(end="2026-06-30") + flat(start="2026-07-01", price="40")).batch_id)
    assert versions(desk) == [("2026-01-01", "", 1, 3800)]


def test_one_client_s_versions_say_nothing_about_another_s(desk: Desk) -> None:
    assert outcome(desk.imports("agreements", HEADER + "\n" + flat() + flat(client="HIL"))) == {"new": 2}


@pytest.mark.parametrize(
    ("line", "column", "rule"),
    [
        ("LFM,2026-02-01,2026-01-31,per_patient_month,,38,,,,,,", "valid_to", "date_order"),
        ("LFM,2026-01-01,,per_code,,38,,,,,,", "code", "code_missing"),
        ("LFM,2026-01-01,,per_patient_month,99490,38,,,,,,", "code", "code_not_used"),
        ("LFM,2026-01-01,,per_code,12345,38,,,,,,", "code", "billing_code_unknown"),
        ("LFM,2026-01-01,,per_patient_month,,38,5,,,,,", "tier_from", "no_first_tier"),
        ("LFM,2026-01-01,,per_hour,,38,,,,,,", "basis", "word"),
        ("LFM,2026-01-01,,per_patient_month,,,,,,,,", "price", "required"),
        ("LFM,2026-01-01,,per_patient_month,,38,,,sometimes,,,", "qhp_time", "word"),
        ("ZZZ,2026-01-01,,per_patient_month,,38,,,,,,", "client", "unknown_client"),
    ],
)
def test_a_version_that_cannot_be_is_refused_by_name(desk: Desk, line: str, column: str, rule: str) -> None:
    assert rules(desk.imports("agreements", f"{HEADER}\n{line}\n")) == [(2, column, rule)]


def test_a_price_may_change_without_its_version(desk: Desk) -> None:
    desk.imports("agreements", HEADER + "\n" + flat())
    assert outcome(desk.imports("agreements", HEADER + "\n" + flat(price="39"))) == {"changed": 1}


SHARE = "client,valid_from,basis,percent,price,code,tier_from,minimum"


def share(percent: str, *, basis: str = "percentage", price: str = "", code: str = "", tier_from: str = "") -> str:
    return f"{SHARE}\nLFM,2026-01-01,{basis},{percent},{price},{code},{tier_from},\n"


@pytest.mark.parametrize(
    ("written", "stored"), [("40", "40.000000"), ("12.5", "12.500000"), ("33.333333", "33.333333"), ("40%", "40.000000")]
)
def test_a_percentage_of_the_expected_amount_is_kept_exactly(desk: Desk, written: str, stored: str) -> None:
    assert outcome(desk.imports("agreements", share(written))) == {"new": 1}
    query = "SELECT a.basis, e.price_cents, e.percent::text FROM agreement a JOIN agreement_price e ON e.agreement_id = a.id"
    assert [tuple(row) for row in desk.office.rows(query)] == [("percentage", None, stored)]


def test_a_percentage_warns_of_fee_splitting_and_goes_in(desk: Desk) -> None:
    result = desk.imports("agreements", share("40"))
    assert [(problem.rule, problem.severity) for problem in result.problems] == [("fee_splitting", "warning")]
    assert "fee splitting" in result.problems[0].sentence and result.written


def test_no_other_basis_warns_of_it(desk: Desk) -> None:
    assert desk.imports("agreements", HEADER + "\n" + flat()).problems == ()


@pytest.mark.parametrize(
    ("line", "column", "rule"),
    [
        (share(""), "percent", "percent_missing"),
        (share("0"), "percent", "percent_range"),
        (share("0.4"), "percent", "percent_range"),
        (share("101"), "percent", "percent_range"),
        (share("forty"), "percent", "percent"),
        (share("-5"), "percent", "percent"),
        (share("40.0000001"), "percent", "percent"),
        (share("40", price="38"), "price", "price_not_used"),
        (share("40", code="99490"), "code", "code_not_used"),
        (share("40", tier_from="2"), "tier_from", "tier_not_used"),
        (share("40", basis="per_patient_month", price="38"), "percent", "percent_not_used"),
    ],
)
def test_a_percentage_that_cannot_be_is_refused_by_name(desk: Desk, line: str, column: str, rule: str) -> None:
    refused = [(p.line, p.column, p.rule) for p in desk.imports("agreements", line).problems if p.severity == "refused"]
    assert (2, column, rule) in refused


def test_a_fraction_as_a_spreadsheet_keeps_a_percentage_is_refused_in_words(desk: Desk) -> None:
    problems = desk.imports("agreements", share("0.4")).problems
    assert "A percentage is 1 to 100, so not 0.4; write 40 for 40 %." in [problem.sentence for problem in problems]


def test_a_version_may_leave_the_percentage_for_a_price_and_be_undone(desk: Desk) -> None:
    desk.imports("agreements", share("40"))
    change = desk.imports("agreements", "client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,38\n")
    assert outcome(change) == {"changed": 1}
    query = "SELECT basis, price_cents, percent FROM agreement a JOIN agreement_price e ON e.agreement_id = a.id"
    assert [tuple(row) for row in desk.office.rows(query)] == [("per_patient_month", 3800, None)]
    desk.undoes(change.batch_id)
    assert desk.office.rows(query)[0][:2] == ("percentage", None)


def test_the_same_percentage_again_changes_nothing(desk: Desk) -> None:
    desk.imports("agreements", share("40"))
    assert outcome(desk.imports("agreements", share("40.0"))) == {"unchanged": 1}
