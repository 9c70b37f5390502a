"""The exception report as PDF, XLSX and CSV."""

import csv
import dataclasses
import io
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from caretally.exceptions.render_csv import exceptions_csv
from caretally.exceptions.render_pdf import exceptions_pdf
from caretally.exceptions.render_xlsx import exceptions_xlsx
from caretally.exceptions.report import ExceptionReport, ReportDoesNotAddUp
from tests.builders.exception_reports import proposal, report_of, row
from tests.builders.printed import page_texts


def pages(report: ExceptionReport) -> list[str]:
    return page_texts(exceptions_pdf(report))


def rows(report: ExceptionReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exceptions_csv(report).decode("utf-8"), newline="")))


def test_enrolled_is_billable_and_held_and_not_billable() -> None:
    assert "214 enrolled = 197 billable + 12 held + 5 not billable" in " ".join(pages(report_of(12))[0].split())


def test_each_exception_has_its_code_sentence_owner_due_date_fix_and_money() -> None:
    first = " ".join(pages(report_of(1))[0].split())
    for words in ("ATTESTATION_MISSING", "has not signed October 2026.", "Provider", "by 13 Nov 2026", "Send the attestation", "$38.00"):
        assert words in first


def test_money_held_is_counted_once_for_a_patient_with_two_reasons() -> None:
    report = report_of(1, not_billable=0)
    twice = dataclasses.replace(report, rows=(row(0), dataclasses.replace(row(1), mrn="LFM-3000", primary=False, held_cents=0)))
    assert twice.held_cents == 3800
    assert "with above" in pages(twice)[0]


def test_logged_time_is_counted_and_excluded_time() -> None:
    first = pages(report_of(2))[0]
    assert all(words in first for words in ("Counted 8,133:20", "Administrative staff 83:20", "Logged 8,333:20"))


def test_a_page_break_never_splits_an_exception() -> None:
    report = report_of(60, not_billable=60)
    printed = pages(report)
    for exception in report.rows:
        found = [page for page in printed if exception.mrn in page]
        assert len(found) == 1
        assert exception.code in found[0]


def test_late_entries_client_notes_and_the_reason_for_parking_are_told() -> None:
    text = "\n".join(pages(report_of(1, parked_reason="No price agreement covers October 2026.")))
    for words in ("dialer-880", "BAA_MISSING", "This client is parked. No price agreement covers October 2026."):
        assert words in text


def test_a_month_without_exceptions_can_be_printed() -> None:
    assert "Nobody is held." in pages(report_of(0, not_billable=0, late=0))[0]


@pytest.mark.parametrize("render", [exceptions_pdf, exceptions_xlsx, exceptions_csv])
def test_the_same_report_is_the_same_bytes_a_second_later(render: Callable[[ExceptionReport], bytes]) -> None:
    first = render(report_of(25))
    time.sleep(1.1)
    assert render(report_of(25)) == first


def test_the_document_says_that_it_is_accessible() -> None:
    assert b"<pdfuaid:part>1</pdfuaid:part>" in exceptions_pdf(report_of(1))


def test_the_money_of_the_csv_adds_up_to_the_money_held() -> None:
    assert sum(Decimal(found["money_held"] or "0") for found in rows(report_of(25))) == Decimal("950.00")


def test_the_csv_has_the_client_s_own_exceptions_and_late_entries_too() -> None:
    assert [found["code"] for found in rows(report_of(1, not_billable=0))] == ["ATTESTATION_MISSING", "BAA_MISSING", "LATE_ENTRY"]


def test_a_sentence_that_is_a_formula_is_text_in_csv_and_xlsx() -> None:
    report = dataclasses.replace(report_of(1, not_billable=0), rows=(dataclasses.replace(row(0), sentence="@SUM(1)"),))
    assert rows(report)[0]["sentence"] == "'@SUM(1)"
    assert load_workbook(io.BytesIO(exceptions_xlsx(report)))["Exceptions"]["I2"].value == "'@SUM(1)"


def test_the_workbook_has_its_sheets() -> None:
    sheets = ["Summary", "Exceptions", "Time", "Late entries", "Adjustments"]
    assert load_workbook(io.BytesIO(exceptions_xlsx(report_of(3)))).sheetnames == sheets


def test_a_proposed_adjustment_names_its_closed_month_its_claim_and_its_amount() -> None:
    report = dataclasses.replace(report_of(0, not_billable=0, late=0), adjustments=(proposal(5400), proposal(None)))
    printed = " ".join("\n".join(pages(report)).split())
    for words in ("2 months proposed, on no invoice yet", "September 2026", "99490 + 99439", "$54.00", "no price", "NO_CONSENT"):
        assert words in printed
    assert [found["adjustment"] for found in rows(report) if found["effect"] == "proposes"] == ["54.00", ""]


def test_what_is_proposed_is_no_money_held() -> None:
    report = dataclasses.replace(report_of(2), adjustments=(proposal(5400),))
    assert report.held_cents == 7600
    assert sum(Decimal(found["money_held"] or "0") for found in rows(report)) == Decimal("76.00")


def test_a_report_that_loses_a_patient_is_refused() -> None:
    with pytest.raises(ReportDoesNotAddUp, match="204 outcomes are not 205 enrolled"):
        dataclasses.replace(report_of(2), enrolled=205)


def test_a_report_that_loses_a_second_is_refused() -> None:
    with pytest.raises(ReportDoesNotAddUp, match="500000 seconds accounted for are not 500001 raw"):
        dataclasses.replace(report_of(2), raw_seconds=500_001)


@pytest.mark.drill
def test_of_two_thousand_exceptions_every_one_is_printed() -> None:
    report = report_of(2_000)
    started = time.perf_counter()
    printed = exceptions_pdf(report)
    print(f"2,000 exceptions: {time.perf_counter() - started:.1f} s")
    text = "\n".join(page_texts(printed))
    assert [row.mrn for row in report.rows if row.mrn not in text] == []
