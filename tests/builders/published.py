"""Small published files in the exact layouts of CMS, AHRQ and CDC: title lines, stacked headers, quotes and blanks as they come."""

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import xlsxwriter

Rows = Iterable[Sequence[object]]

RVU_COLUMNS = 31
# Column and words of each of the four stacked rows.
RVU_HEADER: tuple[dict[int, str], ...] = (
    {6: "NON-FAC", 8: "FACILITY", 11: "NON-", 25: "PHYSICIAN", 27: "DIAGNOSTIC", 28: "NON-FACILITY", 29: "FACILITY"},
    {4: "NOT USED FOR", 25: "SUPERVISION OF", 27: "IMAGING", 28: "PE USED FOR", 29: "PE USED FOR", 30: "MP USED FOR"},
    dict(
        enumerate(
            "STATUS|MEDICARE|WORK|PE|NA|PE|NA|MP|FACILITY|FACILITY|PCTC|GLOB|PRE|INTRA|POST|MULT|BILAT|ASST|CO-|TEAM|ENDO|CONV".split("|"),
            3,
        )
    )
    | {25: "DIAGNOSTIC", 26: "CALCULATION", 27: "FAMILY", 28: "OPPS PAYMENT", 29: "OPPS PAYMENT", 30: "OPPS PAYMENT"},
    dict(
        enumerate(
            "HCPCS|MOD|DESCRIPTION|CODE|PAYMENT|RVU|RVU|INDICATOR|RVU|INDICATOR|RVU|TOTAL|TOTAL|IND|DAYS|OP|OP|OP|PROC|SURG|SURG|SURG|SURG|BASE|FACTOR"
            "|PROCEDURES|FLAG|INDICATOR|AMOUNT|AMOUNT|AMOUNT".split("|")
        )
    ),
)
GPCI_HEADER = (
    "Medicare Administrative Contractor (MAC)",
    "State",
    "Locality Number",
    "Locality Name",
    "2026 PW GPCI (with 1.0 Floor)",
    "2026 PE GPCI",
    "2026 MP GPCI",
)
MUE_HEADER = ("HCPCS/\nCPT Code", "Practitioner Services MUE Values", "MUE Adjudication Indicator", "MUE Rationale")
PTP_HEADER = (
    "Column 1",
    "Column 2",
    "*=in existence prior to 1996",
    "Effective Date",
    "Deletion Date *=no data",
    "Modifier 0=not allowed 1=allowed 9=not applicable",
    "PTP Edit Rationale",
)
COPYRIGHT = "CPT codes and descriptions only are copyright of their owner. All Rights Reserved."


def csv_text(rows: Rows, *, delimiter: str = ",") -> str:
    """Return rows as CSV with CRLF, as the published files have it."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def rvu_row(
    code: str,
    work: str = "1.00",
    expense: tuple[str, str] = ("0.92", "0.25"),
    malpractice: str = "0.06",
    *,
    totals: tuple[str, str] = ("1.98", "1.31"),
    modifier: str = "",
    status: str = "A",
    never: tuple[str, str] = ("", ""),
    factor: str = "33.4009",
) -> list[str]:
    """Return one line of a relative value file."""
    cells = [code, modifier, "Short words", status, "", work, expense[0], never[0], expense[1], never[1], malpractice, *totals]
    return [*cells, "0", "XXX", "0.00", "0.00", "0.00", "0", "0", "0", "0", "0", "", factor, "09", "0", "99", "0.00", "0.00", "0.00"]


def rvu_lines(rows: Rows, *, year: int = 2026) -> list[Sequence[object]]:
    """Return a relative value file with its title lines and its header over four rows."""
    titles = [
        f"{year} National Physician Fee Schedule Relative Value File January Release",
        COPYRIGHT,
        COPYRIGHT,
        "RELEASED 12/29/2025",
        "",
    ]
    blank = [""] * (RVU_COLUMNS - 1)
    return [*([title, *blank] for title in titles), *([row.get(place, "") for place in range(RVU_COLUMNS)] for row in RVU_HEADER), *rows]


def gpci_lines(rows: Rows, *, header: Sequence[str] = GPCI_HEADER) -> list[Sequence[object]]:
    """Return Addendum E with its title, a blank line, and its footnotes."""
    titles = ["ADDENDUM E.  FINAL CY 2026 GEOGRAPHIC PRACTICE COST INDICES (GPCIs) BY STATE AND MEDICARE LOCALITY", ""]
    notes = ["", "* Work GPCI reflects a 1.5 floor.", "** PE GPCI reflects a 1.0 floor."]
    blank = [""] * (len(header) - 1)
    return [*([title, *blank] for title in titles), header, *rows, *([note, *blank] for note in notes)]


def mue_lines(rows: Rows, *, header: Sequence[str] = MUE_HEADER) -> list[Sequence[object]]:
    """Return the practitioner MUE table under its copyright notice."""
    return [[f"{COPYRIGHT}\nFee schedules are not part of CPT.", "", "", ""], header, *rows]


def ptp_lines(rows: Rows, *, header: Sequence[str] = PTP_HEADER) -> list[Sequence[object]]:
    """Return one part of the practitioner pair edits under its notices."""
    return [[COPYRIGHT], [""], ["Column1/Column 2 Edits"], header, *rows]


def ccir_text(rows: Rows) -> str:
    """Return the chronic condition indicator with its two title lines and its quotes within cells."""
    head = "Chronic Condition Indicator Refined v2026.1,,\r\n(0=Not chronic 1=Chronic and 9=No determination),,\r\n"
    return head + "'ICD-10-CM CODE','ICD-10-CM CODE DESCRIPTION','CHRONIC INDICATOR'\r\n" + csv_text(rows)


def order_text(codes: Sequence[tuple[str, int]]) -> str:
    """Return the ICD-10-CM order file: number, code, 1 for a complete code, short and long description in fixed columns."""
    return "".join(f"{place:05d} {code:<7} {flag} {'Short words':<60} Long words\r\n" for place, (code, flag) in enumerate(codes, start=1))


def write(path: Path, content: str | bytes, *, encoding: str = "utf-8") -> Path:
    """Write a file and return its path."""
    path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return path


def zipped(path: Path, parts: dict[str, str | bytes]) -> Path:
    """Write a ZIP with these parts and return its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def gzipped(path: Path, content: str) -> Path:
    """Write a gzip file and return its path."""
    return write(path, gzip.compress(content.encode()))


def workbook(path: Path, rows: Rows) -> Path:
    """Write a workbook whose cells keep their types (numbers stay numbers) and return its path."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return path


def at(line: int) -> str:
    """Return how a refusal names a line; line 0 is the whole file."""
    return f", line {line}" if line else ""
