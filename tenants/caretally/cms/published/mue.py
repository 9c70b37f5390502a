"""The medically unlikely edits of NCCI for practitioner services, as CMS publishes them each quarter."""

from __future__ import annotations

from decimal import Decimal

from caretally.cms.published.opening import PublishedFile
from caretally.cms.published.tables import Label, PublishedRows, find_table
from caretally.cms.published.values import amount, procedure_code
from caretally.cms.reference_files import Row

FITTING = r"MUE.*Practitioner|Practitioner.*MUE"
COLUMNS = ("code", "units", "adjudication", "rationale")
FIRST = (Label(("HCPCS",)),)
WANTED = {
    "units": (Label(("PRACTITIONER", "MUE", "VALUES")),),
    "adjudication": (Label(("MUE", "ADJUDICATION", "INDICATOR")),),
    "rationale": (Label(("MUE", "RATIONALE")),),
}
MOST = Decimal(1_000_000)


def read_unit_edits(file: PublishedFile) -> PublishedRows:
    """Return the units a day of each code. Raises `DamagedReferenceFile` with the line and the reason, also for the tables of others."""
    table = find_table(file, first=FIRST, wanted=WANTED)
    rows: dict[str, Row] = {}
    for line, line_cells in table.lines:
        cells = table.cells(line, line_cells)
        code = procedure_code(file, line, cells["first"])
        units = amount(file, line, cells["units"], "units", most=MOST)
        if units != int(units):
            raise file.damaged(line, f"units: {units} is not a whole number")
        if cells["adjudication"][:1] not in ("1", "2", "3"):
            raise file.damaged(line, f"adjudication: {cells['adjudication'][:40]!r} does not begin with 1, 2 or 3")
        if code in rows:
            raise file.damaged(line, f"duplicate key {code}")
        rows[code] = (code, int(units), int(cells["adjudication"][0]), cells["rationale"])
    if not rows:
        raise file.damaged(0, "it holds no code")
    return PublishedRows(list(rows.values()), len(rows))
