"""The demo's import files, written with the columns of the import kinds; the same rows give the same bytes."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from caretally.app.demo.drafts import Row

COLUMNS = {
    kind: tuple(names.split())
    for kind, names in {
        "clients": (
            "code name timezone setting tin address bill_to po_number terms_days contact_name contact_email "
            "access_24_7_from ehr_certified_from supervision_from baa_on"
        ),
        "providers": "client npi family_name given_name credential specialty email phone from to",
        "staff": "staff family_name given_name role credential licensed_states license_expires_on country npi email excluded_from excluded_to",
        "patients": "client mrn family_name given_name birth_date mbi state payer qmb part_b_from died_on",
        "enrolments": "client mrn program status from to reason",
        "assignments": "client mrn program npi from to",
        "conditions": "client mrn icd10 onset_on resolved_on risk_documented expected_months until_death",
        "consents": (
            "client mrn program npi method obtained_on obtained_by scope cost_sharing one_practitioner stop "
            "script_version document_ref revoked_on"
        ),
        "visits": "client mrn visited_on kind code npi ccm_discussed",
        "care_plans": "client mrn version effective_on author signed_by signed_on copy_given_on copy_method elements",
        "reviews": "client mrn plan_version reviewed_on reviewer outcome",
        "mdm": "client mrn month level npi documented_on",
        "services": "client mrn code on npi same_practitioner minutes",
        "stays": "client mrn kind from to",
        "device_days": "client mrn program period_from days setup_on",
        "agreements": (
            "client valid_from valid_to basis code price tier_from minimum qhp_time attestation_required "
            "date_of_service copy_missing review_overdue"
        ),
    }.items()
}
# Two kinds come as spreadsheets, as practices send them.
AS_XLSX = frozenset(("providers", "agreements"))
XLSX_CREATED = datetime(2000, 1, 1, tzinfo=UTC)


def write_kind(folder: Path, kind: str, rows: Iterable[Row]) -> Path:
    """Write the rows of one kind into the folder, as CSV or XLSX, and return the file's path; absent columns are empty."""
    columns = COLUMNS[kind]
    table = [[_text(row.get(column)) for column in columns] for row in rows]
    if kind in AS_XLSX:
        return _write_xlsx(folder / f"{kind}.xlsx", columns, table)
    return write_csv(folder / f"{kind}.csv", columns, table)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    """Write a UTF-8 CSV file with a header and return its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def _write_xlsx(path: Path, columns: Sequence[str], rows: list[list[str]]) -> Path:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": XLSX_CREATED})
        sheet = book.add_worksheet()
        for number, row in enumerate([list(columns), *rows]):
            sheet.write_row(number, 0, row)
    return path


def _text(value: object) -> str:
    return "" if value is None else str(value)
