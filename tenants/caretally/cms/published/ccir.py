"""AHRQ's Chronic Condition Indicator Refined for ICD-10-CM diagnoses, as HCUP publishes it each fiscal year."""

from __future__ import annotations

from caretally.cms.published.opening import PublishedFile
from caretally.cms.published.tables import Label, PublishedRows, find_table
from caretally.cms.published.values import diagnosis_code
from caretally.cms.reference_files import CHRONIC_MEANING, Row

FITTING = r"^CCIR"
COLUMNS = ("code", "chronic")
FIRST = (Label(("ICD", "CODE"), ("DESCRIPTION",)),)
WANTED = {
    "chronic": (Label(("CHRONIC", "INDICATOR")),),
}
QUOTES = "' "


def read_chronic_indicators(file: PublishedFile) -> PublishedRows:
    """Return each code with true for chronic, false for not, null for no determination. Raises `DamagedReferenceFile`."""
    table = find_table(file, first=FIRST, wanted=WANTED)
    rows: dict[str, Row] = {}
    for line, line_cells in table.lines:
        cells = table.cells(line, line_cells)
        code = diagnosis_code(file, line, cells["first"].strip(QUOTES))
        meaning = cells["chronic"].strip(QUOTES)
        if meaning not in CHRONIC_MEANING:
            raise file.damaged(line, f"chronic indicator: {meaning[:40]!r} is not 0, 1 or 9")
        if code in rows:
            raise file.damaged(line, f"duplicate key {code}")
        rows[code] = (code, CHRONIC_MEANING[meaning])
    if not rows:
        raise file.damaged(0, "it holds no code")
    return PublishedRows(list(rows.values()), len(rows))
