"""The list of patients as a file: what the list holds, every page of it, with cells that no spreadsheet runs."""

from collections.abc import Sequence

from caretally.files.cells import Cell
from caretally.files.csv_file import csv_bytes
from caretally.files.xlsx_file import Column, Sheet, xlsx_bytes
from caretally.patients.roster import PatientLine

COLUMNS = (
    Column(header="Record number", width=16),
    Column(header="Family name", width=20),
    Column(header="Given name", width=20),
    Column(header="Born", kind="date"),
    Column(header="Client", width=30),
    Column(header="Standing", width=18),
    Column(header="Programs", width=18),
)


def roster_csv(patients: Sequence[PatientLine]) -> bytes:
    """Return the patients as CSV."""
    return csv_bytes([column.header for column in COLUMNS], [cells_of(one) for one in patients])


def roster_xlsx(patients: Sequence[PatientLine]) -> bytes:
    """Return the patients as a workbook."""
    return xlsx_bytes(
        [Sheet(name="Patients", columns=COLUMNS, rows=[cells_of(one) for one in patients])], title="Patients", author="CareTally"
    )


def cells_of(one: PatientLine) -> list[Cell]:
    """Return a patient's cells in the order of the columns; the Medicare number is not among them."""
    standing = "deceased" if one.died_on else (one.status or "not enrolled").replace("_", " ")
    return [one.mrn, one.family_name, one.given_name, one.birth_date, one.client, standing, ", ".join(one.programs or ())]
