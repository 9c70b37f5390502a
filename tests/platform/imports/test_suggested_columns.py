"""Which columns are suggested for the headings of an unknown file."""

import pytest

from caretally.app.import_kinds import IMPORT_KINDS
from caretally.imports.well_known_headings import suggested_columns


@pytest.mark.parametrize(
    ("headers", "columns"),
    [
        (["Practice Name", "Practice Code", "Chart No"], ["", "client", "mrn"]),
        (["Clinic", "Last", "First", "DOB"], ["client", "family_name", "given_name", "birth_date"]),
        (["client", "Practice Code", "MRN"], ["client", "", "mrn"]),
        (["Last Name", "Surname"], ["family_name", ""]),
        (["", "  ", "!!"], ["", "", ""]),
    ],
)
def test_a_code_comes_before_a_name_and_no_column_twice(headers: list[str], columns: list[str]) -> None:
    assert suggested_columns(IMPORT_KINDS["patients"], headers) == columns
