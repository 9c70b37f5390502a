"""The invoice as PDF, XLSX and CSV."""

import csv
import dataclasses
import io
import json
import re
import time
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from openpyxl import load_workbook

from caretally.invoices.document import ExtraLine, Invoice, InvoiceDoesNotAddUp, PatientLine
from caretally.invoices.render_csv import invoice_csv
from caretally.invoices.render_pdf import invoice_pdf
from caretally.invoices.render_xlsx import invoice_xlsx
from tests.builders.invoices import invoice_of, made_invoice, patient_line
from tests.builders.printed import page_texts

NAUGHTY: list[str] = json.loads((Path(__file__).parents[2] / "data" / "blns.json").read_text(encoding="utf-8"))
MINIMUM = ExtraLine(label="Monthly minimum", detail="difference to $2,000.00", amount_cents=12_345)


def pages(invoice: Invoice) -> list[str]:
    return page_texts(invoice_pdf(invoice))


def rows(invoice: Invoice) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(invoice_csv(invoice).decode("utf-8"), newline="")))


def amounts_after(header: str, end: str, text: str) -> int:
    return sum(
        int(cents.replace(",", "").replace(".", ""))
        for cents in re.findall(r"\$([\d,]+\.\d\d)$", text.split(header)[1].split(end, maxsplit=1)[0], re.MULTILINE)
    )


def unequal_line(number: int) -> PatientLine:
    """Return a line whose amount no other line has, and whose name is long enough to wrap."""
    line = patient_line(number, name=f"Wolfeschlegelsteinhausenbergerdorff {'Maximilian ' * (number % 9)}{number}", entries=3)
    charge = dataclasses.replace(line.charges[0], amount_cents=100_000 + number)
    return dataclasses.replace(line, charges=(charge,), amount_cents=100_000 + number, entries=())


def test_the_lines_on_the_pages_add_up_to_the_total_on_the_first() -> None:
    invoice = invoice_of(60)
    text = "\n".join(pages(invoice))
    assert amounts_after("Patients 60 lines", "Total for 60 patients", text) == invoice.total_cents
    assert f"${invoice.total_cents // 100:,}.{invoice.total_cents % 100:02d}" in text.split("Summary by service")[0]


def test_a_page_break_never_splits_a_line_from_its_amount() -> None:
    lines = tuple(unequal_line(number) for number in range(90))
    printed = pages(made_invoice(lines=lines))
    where = [{index for index, page in enumerate(printed) if line.mrn in page} for line in lines]
    money = [{index for index, page in enumerate(printed) if f"${line.amount_cents / 100:,.2f}" in page} for line in lines]
    assert len(printed) > 3
    assert where == money
    assert all(len(found) == 1 for found in where)


def test_every_page_of_lines_repeats_the_header_and_says_which_page_it_is() -> None:
    printed = pages(made_invoice(lines=tuple(unequal_line(number) for number in range(90))))
    assert all("Patient Number Provider Minutes" in page for page in printed)
    assert all(f"Page {number} of {len(printed)}" in page and "INV-2026-0406 ·" in page for number, page in enumerate(printed, start=1))


def test_not_billed_and_billed_make_the_enrolled() -> None:
    box = pages(invoice_of(30))[0].split("Not billed 115")[1]
    assert "Enrolled in October 145" in box.replace("\n", " ")


def test_a_second_revision_shows_itself_in_the_title_the_file_and_the_table() -> None:
    invoice = made_invoice(lines=(patient_line(1),), revision=2)
    assert "INV-2026-0406/2" in pages(invoice)[0]
    assert {row["invoice"] for row in rows(invoice)} == {"INV-2026-0406/2"}


def test_each_patient_s_entries_are_in_the_appendix_with_their_running_sum() -> None:
    line = patient_line(3)
    text = "\n".join(pages(made_invoice(lines=(line,)))[1:])
    assert all(
        entry.activity in text and f"{entry.running_seconds // 60}:{entry.running_seconds % 60:02d}" in text for entry in line.entries
    )


def parts_of_page(text: str) -> list[str]:
    """Return what stands on a page of the appendix: the heads of patients, their entries and the explanations, in their order."""
    kinds = {"head": r".*LFM-\d+", "entry": r"\s*\d+ Oct\s", "why": r".*minutes were reached"}
    return [kind for line in text.splitlines() for kind, words in kinds.items() if re.match(words, line)]


@pytest.mark.parametrize("entries", [1, 6, 12, 13, 30])
def test_the_head_of_a_patient_stands_on_no_page_without_an_entry(entries: int) -> None:
    printed = pages(made_invoice(lines=tuple(patient_line(number, entries=entries) for number in range(60))))
    begins = next(number for number, text in enumerate(printed) if "Evidence, patient by patient" in text)
    for text in printed[begins:]:
        parts = [*parts_of_page(text), "end"]
        assert [after for part, after in pairwise(parts) if part == "head" and after != "entry"] == []
        assert parts.count("head") >= 1


def test_a_line_without_an_entry_is_printed_beside_one_with_many() -> None:
    bare = dataclasses.replace(patient_line(1), entries=())
    printed = "\n".join(pages(made_invoice(lines=(bare, patient_line(2, entries=40)))))
    assert printed.count("minutes were reached") == 2


def test_the_whole_fingerprint_can_be_copied_from_the_page() -> None:
    invoice = invoice_of(2)
    assert invoice.evidence_fingerprint in pages(invoice)[0]


def test_evidence_is_said_in_words_beside_its_picture() -> None:
    assert b"Consent on record, care plan on record, attestation not asked for" in invoice_pdf(invoice_of(1))


@pytest.mark.parametrize("render", [invoice_pdf, invoice_xlsx, invoice_csv])
def test_the_same_invoice_is_the_same_bytes_a_second_later(render: Callable[[Invoice], bytes]) -> None:
    first = render(invoice_of(25))
    time.sleep(1.1)
    assert render(invoice_of(25)) == first


def test_the_amounts_of_the_csv_add_up_to_the_invoice_to_the_cent() -> None:
    invoice = made_invoice(lines=tuple(patient_line(number) for number in range(40)), extra_lines=(MINIMUM,))
    assert sum(Decimal(row["amount"]) for row in rows(invoice)) * 100 == invoice.total_cents


def test_the_headers_of_the_csv_stay_as_they_are() -> None:
    assert list(rows(invoice_of(1))[0])[:13] == [
        "invoice", "month", "client", "line", "kind", "mrn", "patient", "provider", "code", "service", "units", "unit_price", "amount"
    ]  # fmt: skip


def test_a_name_that_is_a_formula_is_text_in_csv_and_xlsx() -> None:
    invoice = made_invoice(lines=(patient_line(1, name="=cmd|' /C calc'!A0"),))
    assert rows(invoice)[0]["patient"] == "'=cmd|' /C calc'!A0"
    cell = load_workbook(io.BytesIO(invoice_xlsx(invoice)))["Lines"]["G2"]
    assert (cell.value, cell.data_type) == ("'=cmd|' /C calc'!A0", "s")


def test_the_workbook_has_its_sheets_and_its_amounts_are_numbers() -> None:
    invoice = invoice_of(25)
    book = load_workbook(io.BytesIO(invoice_xlsx(invoice)))
    amounts = [row[12] for row in book["Lines"].iter_rows(min_row=2, values_only=True)]
    assert book.sheetnames == ["Summary", "Lines", "Entries", "Not billed", "Details"]
    assert (
        sum(round(Decimal(str(amount)) * 100) for amount in amounts[:-1]) == invoice.total_cents == round(Decimal(str(amounts[-1])) * 100)
    )


def test_an_adjustment_below_zero_is_shown_as_one() -> None:
    invoice = made_invoice(
        lines=(patient_line(1),), extra_lines=(ExtraLine(label="Adjustment", detail="cites INV-2026-0399", amount_cents=-1600),)
    )
    assert "-$16.00" in pages(invoice)[0]
    assert rows(invoice)[-1]["amount"] == "-16.00"


def test_an_invoice_without_lines_can_be_printed() -> None:
    assert "$123.45" in pages(made_invoice(lines=(), extra_lines=(MINIMUM,)))[0]


def test_an_invoice_whose_parts_disagree_is_refused() -> None:
    with pytest.raises(InvoiceDoesNotAddUp, match="2 billed and 115 not billed are not 116 enrolled"):
        dataclasses.replace(invoice_of(2), enrolled=116)


@pytest.mark.drill
def test_of_two_thousand_lines_every_one_is_printed() -> None:
    invoice = invoice_of(2_000)
    started = time.perf_counter()
    printed, book = invoice_pdf(invoice), invoice_xlsx(invoice)
    print(f"2,000 lines with 12,000 entries: {time.perf_counter() - started:.1f} s")
    words = set(re.findall(r"LFM-\d+", "\n".join(page_texts(printed))))
    assert {line.mrn for line in invoice.lines} <= words
    cells = {cell for sheet in load_workbook(io.BytesIO(book), read_only=True) for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {line.mrn for line in invoice.lines} <= cells


@pytest.mark.drill
def test_every_naughty_string_in_every_text_of_a_line_can_be_sent() -> None:
    base = patient_line(1)
    entry = base.entries[0]
    lines = tuple(
        dataclasses.replace(
            base,
            name=text,
            mrn=text,
            provider=text,
            explanation=text,
            entries=(dataclasses.replace(entry, activity=text, staff=text, credential=text),),
        )
        for text in NAUGHTY
    )
    invoice = made_invoice(lines=lines)
    assert len(page_texts(invoice_pdf(invoice))) > 10
    assert len(rows(invoice)) == sum(len(line.charges) for line in lines)
    assert load_workbook(io.BytesIO(invoice_xlsx(invoice)))["Lines"].max_row == len(rows(invoice)) + 2
