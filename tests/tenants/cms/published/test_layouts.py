"""Each published layout is read as it comes, and a damaged file is refused with its line and the reason."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from caretally.cms.published.ccir import read_chronic_indicators
from caretally.cms.published.gpci import read_geographic_indices
from caretally.cms.published.icd10 import read_diagnosis_codes
from caretally.cms.published.mue import read_unit_edits
from caretally.cms.published.opening import BOUNDS, open_published
from caretally.cms.published.ptp import read_pair_edits
from caretally.cms.published.rvu import read_relative_values
from caretally.cms.published.tables import PublishedRows
from caretally.cms.reference_files import DamagedReferenceFile
from tests.builders.published import (
    GPCI_HEADER,
    MUE_HEADER,
    PTP_HEADER,
    at,
    ccir_text,
    csv_text,
    gpci_lines,
    gzipped,
    mue_lines,
    order_text,
    ptp_lines,
    rvu_lines,
    rvu_row,
    workbook,
    write,
    zipped,
)

SHARED = Path(__file__).parents[5] / "shared" / "data" / "codes"
ALABAMA = ["10112", "AL", "00", "ALABAMA", "1.000", "0.869", "0.575"]
FRANCISCO = ["01112", "CA", "05", "SAN FRANCISCO-OAKLAND-BERKELEY*", "1.100", "1.368", "0.484"]
EDIT = ["99490", "1", "2 Date of Service Edit: Policy", "Code Descriptor / CPT Instruction"]
PAIR = ["99490", "99487", "", "20170101", "*", "0", "Mutually exclusive procedures"]


def rvu(path: Path) -> PublishedRows:
    return read_relative_values(open_published(path, fitting="^PPRRVU"))


def gpci(path: Path) -> PublishedRows:
    return read_geographic_indices(open_published(path, fitting="^GPCI"))


def mue(path: Path) -> PublishedRows:
    return read_unit_edits(open_published(path, fitting="MUE"))


def ptp(*paths: Path) -> PublishedRows:
    return read_pair_edits([open_published(path, fitting="^ccipra") for path in paths], known={"99490"})


def ccir(path: Path) -> PublishedRows:
    return read_chronic_indicators(open_published(path, fitting="^CCIR"))


def icd10(path: Path) -> PublishedRows:
    return read_diagnosis_codes(open_published(path, fitting="^icd10cm"))


def refusal(read: Callable[[Path], PublishedRows], path: Path) -> str:
    with pytest.raises(DamagedReferenceFile) as refused:
        read(path)
    return str(refused.value)


def rvu_file(folder: Path, *rows: list[str], **options: int) -> Path:
    return write(folder / "PPRRVU2026_Jan_nonQPP.csv", csv_text(rvu_lines(rows, **options)))


def test_relative_values_are_read_below_titles_and_a_header_over_four_rows(tmp_path: Path) -> None:
    found = read_relative_values(open_published(rvu_file(tmp_path, rvu_row("99490"), rvu_row("99491", never=("", "NA"))), fitting=""))
    values = tuple(map(Decimal, ("1.00", "0.92", "0.25", "0.06", "1.98", "1.31")))
    assert found.rows == [("99490", "A", *values, False, False, ""), ("99491", "A", *values, False, True, "")]
    assert (found.factor, found.year) == (Decimal("33.4009"), 2026)


def test_relative_values_are_read_from_a_workbook_with_one_header_row_too(tmp_path: Path) -> None:
    header = [
        "HCPCS",
        "MOD",
        "DESCRIPTION",
        "STATUS CODE",
        "NOT USED FOR MEDICARE PAYMENT",
        "WORK RVU",
        "NON-FAC PE RVU",
        "NON-FAC NA INDICATOR",
    ]
    header += ["FACILITY PE RVU", "FACILITY NA INDICATOR", "MP RVU", "NON-FACILITY TOTAL", "FACILITY TOTAL", "PCTC IND", "CONV FACTOR"]
    row = ["99490", "", "Short words", "A", "", 1, 0.92, "", 0.25, "", 0.06, 1.98, 1.31, 0, 33.4009]
    found = rvu(workbook(tmp_path / "PPRRVU26_JAN.xlsx", [["2026 National Physician Fee Schedule"], [], header, row]))
    assert found.rows[0][:8] == ("99490", "A", *map(Decimal, ("1", "0.92", "0.25", "0.06", "1.98", "1.31")))


def test_lines_with_a_modifier_are_checked_and_left_out(tmp_path: Path) -> None:
    found = rvu(rvu_file(tmp_path, rvu_row("93000"), rvu_row("93000", modifier="26"), rvu_row("93000", modifier="TC")))
    assert ([row[0] for row in found.rows], found.read) == (["93000"], 3)


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ([rvu_row("99490"), rvu_row("99490")], 11, "duplicate key 99490"),
        ([rvu_row("9949")], 10, "code: '9949' is not a five-character code"),
        ([rvu_row("99490", "one")], 10, "work: 'one' is not a number"),
        ([rvu_row("99490", "-1.00")], 10, "work: '-1.00' is not a number"),
        ([rvu_row("99490", "10000", totals=("10000.98", "10000.31"))], 10, "work: 10000 is out of range (0 to 9999)"),
        ([rvu_row("99490", totals=("2.98", "1.31"))], 10, "the non-facility total of 99490 is 2.98, but its parts add up to 1.98"),
        ([rvu_row("99490", totals=("1.98", "3.31"))], 10, "the facility total of 99490 is 3.31, but its parts add up to 1.31"),
        ([rvu_row("99490", status="active")], 10, "status: 'active' is not one letter"),
        ([rvu_row("99490", never=("YES", ""))], 10, "nonfacility_never: 'YES' is neither NA nor blank"),
        ([rvu_row("99490"), rvu_row("99491", factor="33.5675")], 11, "a second conversion factor, 33.4009 and 33.5675"),
        ([rvu_row("99490", factor="3340.09")], 10, "conversion factor: 3340.09 is out of range (0 to 100)"),
        ([rvu_row("99490"), rvu_row("99491")[:7]], 11, "7 cells stand under 31 columns, as when the end of the file is missing"),
        ([], 0, "it holds no code with a conversion factor"),
    ],
)
def test_damaged_relative_values_are_refused(tmp_path: Path, rows: list[list[str]], line: int, reason: str) -> None:
    assert f"PPRRVU2026_Jan_nonQPP.csv{at(line)}: {reason}" in refusal(rvu, rvu_file(tmp_path, *rows))


@pytest.mark.parametrize("gone", [1, 3, 5, 6, 8, 10, 11, 12, 24])
def test_a_relative_value_file_without_a_column_is_refused(tmp_path: Path, gone: int) -> None:
    rows = [[cell for place, cell in enumerate(row) if place != gone] for row in rvu_lines([rvu_row("99490")])]
    assert "line 9: missing column " in refusal(rvu, write(tmp_path / "PPRRVU.csv", csv_text(rows)))


def test_a_relative_value_file_without_the_indicator_after_an_expense_is_refused(tmp_path: Path) -> None:
    rows = [[cell for place, cell in enumerate(row) if place != 7] for row in rvu_lines([rvu_row("99490")])]
    assert "missing column nonfacility_never" in refusal(rvu, write(tmp_path / "PPRRVU.csv", csv_text(rows)))


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    assert "no header was found: a line whose first cell says HCPCS" in refusal(
        rvu, write(tmp_path / "x.csv", csv_text([rvu_row("99490")]))
    )


def test_letters_as_windows_writes_them_are_read(tmp_path: Path) -> None:
    row = rvu_row("99490")
    row[2] = "Ménière"
    assert len(rvu(write(tmp_path / "PPRRVU.csv", csv_text(rvu_lines([row])), encoding="cp1252")).rows) == 1


def test_indices_are_read_by_contractor_and_locality_up_to_the_footnotes(tmp_path: Path) -> None:
    found = gpci(write(tmp_path / "GPCI2026.csv", csv_text(gpci_lines([ALABAMA, FRANCISCO]))))
    assert found.rows == [
        ("10112-00", "AL", "ALABAMA", Decimal("1.000"), Decimal("0.869"), Decimal("0.575")),
        ("01112-05", "CA", "SAN FRANCISCO-OAKLAND-BERKELEY", Decimal("1.100"), Decimal("1.368"), Decimal("0.484")),
    ]


def test_a_workbook_that_lost_the_zeros_in_front_has_the_same_localities(tmp_path: Path) -> None:
    found = gpci(workbook(tmp_path / "GPCI2026.xlsx", gpci_lines([[1112, "CA", 5, "SAN FRANCISCO", 1.1, 1.368, 0.484]])))
    assert found.rows[0][0] == "01112-05"


def test_of_two_indices_of_work_the_one_with_the_floor_is_taken_and_said_to_be(tmp_path: Path) -> None:
    header = [*GPCI_HEADER[:4], "2026 PW GPCI (without 1.0 Floor)", *GPCI_HEADER[4:]]
    row = [*ALABAMA[:4], "0.978", *ALABAMA[4:]]
    found = gpci(write(tmp_path / "GPCI2026.csv", csv_text(gpci_lines([row], header=header))))
    assert (found.rows[0][3], found.notes) == (Decimal("1.000"), ("The index of work is the one with the floor.",))


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ([ALABAMA, ALABAMA], 5, "duplicate key 10112-00"),
        ([[*ALABAMA[:4], "10.0", "0.869", "0.575"]], 4, "work: 10.0 is out of range (0.1 to 3)"),
        ([[*ALABAMA[:4], "", "0.869", "0.575"]], 4, "work: '' is not a number"),
        ([["x0112", *ALABAMA[1:]], FRANCISCO], 4, "this is not a locality, and localities follow it"),
        ([["10112", "AL", "A0", *ALABAMA[3:]]], 4, "'10112' and 'A0' are not a contractor of five digits and a locality of two"),
        ([["10112", "Alabama", *ALABAMA[2:]]], 4, "state: 'Alabama' is not a two-letter state"),
        ([ALABAMA, FRANCISCO[:6]], 5, "6 cells stand under 7 columns"),
        ([], 0, "it holds no locality"),
    ],
)
def test_damaged_indices_are_refused(tmp_path: Path, rows: list[list[str]], line: int, reason: str) -> None:
    assert f"GPCI2026.csv{at(line)}: {reason}" in refusal(gpci, write(tmp_path / "GPCI2026.csv", csv_text(gpci_lines(rows))))


def test_unit_edits_are_read_under_a_notice_of_several_lines(tmp_path: Path) -> None:
    other = ["99489", "10", "3 Date of Service Edit: Clinical", "Clinical: Data"]
    found = mue(write(tmp_path / "MCR_MUE_PractitionerServices_Eff_10-01-2026.csv", csv_text(mue_lines([EDIT, other]))))
    assert [row[:3] for row in found.rows] == [("99490", 1, 2), ("99489", 10, 3)]


def test_the_unit_edits_of_hospitals_are_not_those_of_practitioners(tmp_path: Path) -> None:
    header = [MUE_HEADER[0], "Outpatient Hospital Services MUE Values", *MUE_HEADER[2:]]
    path = write(tmp_path / "MUE.csv", csv_text(mue_lines([EDIT], header=header)))
    assert "missing column units (PRACTITIONER MUE VALUES)" in refusal(mue, path)


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ([EDIT, EDIT], 6, "duplicate key 99490"),
        ([["99490", "1.5", *EDIT[2:]]], 5, "units: 1.5 is not a whole number"),
        ([["99490", "-1", *EDIT[2:]]], 5, "units: '-1' is not a number"),
        ([["99490", "1", "4 Other", "x"]], 5, "adjudication: '4 Other' does not begin with 1, 2 or 3"),
        ([["99490", "1"]], 5, "2 cells stand under 4 columns"),
        ([], 0, "it holds no code"),
    ],
)
def test_damaged_unit_edits_are_refused(tmp_path: Path, rows: list[list[str]], line: int, reason: str) -> None:
    assert f"MUE.csv{at(line)}: {reason}" in refusal(mue, write(tmp_path / "MUE.csv", csv_text(mue_lines(rows))))


def test_pairs_are_read_between_tabs_and_only_those_that_touch_our_codes_are_kept(tmp_path: Path) -> None:
    rows = [PAIR, ["20610", "99490", "*", "", "20191231", "9", "Misuse"], ["20610", "20600", "", "20200101", "*", "1", "x"]]
    found = ptp(write(tmp_path / "ccipra-v322r0-f1.TXT", csv_text(ptp_lines(rows), delimiter="\t")))
    assert found.rows == [
        ("99490", "99487", date(2017, 1, 1), None, 0, False, "Mutually exclusive procedures"),
        ("20610", "99490", date(1996, 1, 1), date(2019, 12, 31), 9, True, "Misuse"),
    ]
    assert found.read == 3


def test_a_pair_deleted_on_the_day_it_began_was_never_in_force(tmp_path: Path) -> None:
    rows = [PAIR, ["99490", "99439", "", "20200101", "20200101", "9", "x"]]
    assert [row[1] for row in ptp(write(tmp_path / "ccipra.txt", csv_text(ptp_lines(rows), delimiter="\t"))).rows] == ["99487"]


def test_pairs_are_read_from_a_workbook_whose_header_goes_on_below(tmp_path: Path) -> None:
    lines = [*ptp_lines([], header=[*PTP_HEADER[:5], "Modifier", PTP_HEADER[6]])]
    below = [
        ["", "", "", "", "", "0=not allowed", ""],
        ["", "", "", "", "*=no data", "1=allowed", ""],
        ["", "", "", "", "", "9=not applicable", ""],
    ]
    found = ptp(workbook(tmp_path / "ccipra-f1.xlsx", [*lines, *below, [99490, "99487", "", 20170101, "*", 0, "x"]]))
    assert found.rows == [("99490", "99487", date(2017, 1, 1), None, 0, False, "x")]


def test_the_parts_of_the_pairs_are_one_table(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / f"ccipra-f{part}.txt", csv_text(ptp_lines([row]), delimiter="\t"))
        for part, row in enumerate([PAIR, ["99495", *PAIR[:1], *PAIR[2:]]], start=1)
    ]
    assert [row[0] for row in ptp(*paths).rows] == ["99490", "99495"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["99490", "99487", "", "20170231", "*", "0", "x"], "effective date: '20170231' is not a possible date"),
        (["99490", "99487", "", "20170101", "soon", "0", "x"], "deletion date: 'soon' is not a possible date"),
        (
            ["99490", "99487", "", "20170101", "20161231", "0", "x"],
            "impossible dates: it ends on 2016-12-31, before it begins on 2017-01-01",
        ),
        (["99490", "99487", "", "", "*", "0", "x"], "effective date: '' is not a possible date"),
        (["99490", "99487", "", "20170101", "*", "2", "x"], "modifier: '2' is not 0, 1 or 9"),
        (["99490", "99487", "y", "20170101", "*", "1", "x"], "in existence before 1996: 'y' is neither * nor blank"),
        (["99490", "9948", "", "20170101", "*", "1", "x"], "column 2: '9948' is not a five-character code"),
        (["99490", "99487", "", "2017"], "4 cells stand under 7 columns"),
        (PAIR, "duplicate key 99490 99487 2017-01-01"),
    ],
)
def test_damaged_pairs_are_refused_also_among_codes_that_are_left_out(tmp_path: Path, row: list[str], reason: str) -> None:
    path = write(tmp_path / "ccipra.txt", csv_text(ptp_lines([PAIR, row]), delimiter="\t"))
    assert f"ccipra.txt, line 6: {reason}" in refusal(ptp, path)


CHRONIC = [["'E119'", "Words, more words", "1"], ["'A000'", "Words", "0"], ["'Z9981'", "Words", "9"]]


def test_chronic_indicators_are_read_with_their_quotes_within_cells(tmp_path: Path) -> None:
    assert ccir(gzipped(tmp_path / "CCIR_v2026-1.csv.gz", ccir_text(CHRONIC))).rows == [("E119", True), ("A000", False), ("Z9981", None)]


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ([*CHRONIC, CHRONIC[0]], 7, "duplicate key E119"),
        ([["'E119'", "x", "2"]], 4, "chronic indicator: '2' is not 0, 1 or 9"),
        ([["'E11.9'", "x", "1"]], 4, "'E11.9' is not an ICD-10-CM code"),
        ([["'E119'", "x"]], 4, "2 cells stand under 3 columns"),
        ([], 0, "it holds no code"),
    ],
)
def test_damaged_chronic_indicators_are_refused(tmp_path: Path, rows: list[list[str]], line: int, reason: str) -> None:
    assert f"CCIR.csv{at(line)}: {reason}" in refusal(ccir, write(tmp_path / "CCIR.csv", ccir_text(rows)))


def test_an_indicator_file_without_its_column_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "CCIR.csv", ccir_text(CHRONIC).replace("'CHRONIC INDICATOR'", "'BODY SYSTEM'"))
    assert "line 3: missing column chronic (CHRONIC INDICATOR)" in refusal(ccir, path)


def test_an_unclosed_quote_is_refused_as_a_missing_end(tmp_path: Path) -> None:
    path = write(tmp_path / "CCIR.csv", ccir_text(CHRONIC) + "'I10',\"Essential (prim")
    assert "as when the end of the file is missing" in refusal(ccir, path)


ORDER = [("A00", 0), ("A000", 1), ("A001", 1), ("T360X1A", 1)]


def test_the_order_file_tells_headings_from_complete_codes(tmp_path: Path) -> None:
    found = icd10(write(tmp_path / "icd10cm-order-2026.txt", order_text(ORDER)))
    assert found.rows == [("A00", False), ("A000", True), ("A001", True), ("T360X1A", True)]


def test_the_list_of_codes_with_descriptions_holds_complete_codes(tmp_path: Path) -> None:
    found = icd10(write(tmp_path / "icd10cm-codes-2026.txt", "A000    Cholera\r\nA001    Cholera\r\n"))
    assert found.rows == [("A000", True), ("A001", True)]


def test_a_bare_list_skips_chapters_and_blocks_and_does_not_say_what_is_complete(tmp_path: Path) -> None:
    found = icd10(write(tmp_path / "code-list.txt", "1\r\nA00-A09\r\nA00\r\nA000\r\nB10\r\nB10\r\nB100\r\n"))
    assert (found.rows, found.read) == ([("A00", None), ("A000", None), ("B10", None), ("B100", None)], 7)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (order_text([*ORDER, ORDER[1]]), 5, "duplicate key A000"),
        (order_text(ORDER).replace("00003 ", "00007 "), 3, "the order number is 00007, and 00003 was to come"),
        (order_text(ORDER)[:-20], 4, "it is not an order number, a code, 0 or 1, and two descriptions"),
        ("A000    Cholera\r\nA00", 2, "it is not a code and its description, as when the end of the file is missing"),
        ("1\r\nA000\r\nhello\r\n", 3, "'hello' is not an ICD-10-CM code"),
        ("\r\n \r\n", 0, "it holds no code"),
    ],
)
def test_damaged_code_lists_are_refused(tmp_path: Path, text: str, line: int, reason: str) -> None:
    assert f"icd10.txt{at(line)}: {reason}" in refusal(icd10, write(tmp_path / "icd10.txt", text))


def test_of_a_zip_the_part_that_fits_is_read_and_text_before_its_workbook(tmp_path: Path) -> None:
    parts: dict[str, str | bytes] = {
        "RVU26A.pdf": b"%PDF",
        "GPCI2026.csv": "x",
        "PPRRVU2026_Jan.xlsx": b"PK",
        "PPRRVU2026_Jan.csv": csv_text(rvu_lines([rvu_row("99490")])),
    }
    file = open_published(zipped(tmp_path / "rvu26a.zip", parts), fitting="^PPRRVU")
    assert (file.shown, len(read_relative_values(file).rows)) == ("rvu26a.zip (PPRRVU2026_Jan.csv)", 1)


@pytest.mark.parametrize("names", [("other.csv",), ("PPRRVU_a.csv", "PPRRVU_b.csv")])
def test_a_zip_without_the_part_or_with_several_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = zipped(tmp_path / "rvu.zip", dict.fromkeys(names, "x"))
    assert "one of its parts must be the file to load" in refusal(rvu, path)


@pytest.mark.parametrize("name", ["rvu.zip", "rvu.csv.gz", "rvu.xlsx"])
def test_a_file_cut_short_is_refused(tmp_path: Path, name: str) -> None:
    lines = rvu_lines([rvu_row(f"{code:05d}") for code in range(2000)])
    path = {
        "rvu.zip": lambda: zipped(tmp_path / name, {"PPRRVU.csv": csv_text(lines)}),
        "rvu.csv.gz": lambda: gzipped(tmp_path / name, csv_text(lines)),
        "rvu.xlsx": lambda: workbook(tmp_path / name, lines),
    }[name]()
    path.write_bytes(path.read_bytes()[:-500])
    assert "its bytes are damaged" in refusal(rvu, path)


def test_what_unzips_beyond_the_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = type(BOUNDS)(file_bytes=1_000_000, unzipped_bytes=10_000)
    monkeypatch.setattr("caretally.cms.published.opening.BOUNDS", small)
    bomb = "0" * 1_000_000
    assert "it unzips to more than" in refusal(ccir, gzipped(tmp_path / "CCIR.csv.gz", bomb))
    assert "it unzips to more than" in refusal(ccir, zipped(tmp_path / "CCIR.zip", {"CCIR.csv": bomb}))
    assert "it is larger than" in refusal(ccir, write(tmp_path / "CCIR.csv", bomb + "0"))


@pytest.mark.parametrize(("content", "reason"), [(b"", "it is empty"), (b"\x81\x8d", "its bytes are neither UTF-8 nor Windows-1252")])
def test_what_holds_no_text_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in refusal(ccir, write(tmp_path / "CCIR.csv", content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "gone.csv: it cannot be read (no such file or directory)" in refusal(ccir, tmp_path / "gone.csv")


OWN_CCIR = Path(__file__).parents[4] / "tenants" / "caretally" / "cms" / "data" / "CCIR_v2023-1.csv.gz"
REAL_CCIR = [OWN_CCIR, *SHARED.glob("CCIR*.csv.gz")]
REAL_ICD10 = [*SHARED.glob("icd10cm*.txt.gz")]


@pytest.mark.parametrize("path", REAL_CCIR, ids=lambda path: path.parent.name)
def test_the_real_indicator_file_is_read_whole(path: Path) -> None:
    rows = ccir(path).rows
    assert (len(rows), sum(row[1] is True for row in rows), sum(row[1] is None for row in rows)) == (74_549, 12_504, 10_360)


@pytest.mark.parametrize(("path", "read"), [(path, 98_505) for path in REAL_ICD10] or [(None, 0)])
def test_the_real_list_of_codes_is_read_whole_where_it_is_at_hand(path: Path | None, read: int) -> None:
    found = icd10(path) if path else PublishedRows([], 0)
    assert found.read == read
