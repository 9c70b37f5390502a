"""Read the reference files of a folder, refusing a damaged one with its name, line and reason."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import string
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from caretally.cms.table_shapes import CHRONIC_INDICATOR, CSV_TABLES, SENTENCE_PLACEHOLDERS, Kind, TableShape
from caretally.errors import CareTallyError

DATA_FOLDER = Path(__file__).parent / "data"
CHRONIC_CONDITIONS_FILE = "CCIR_v2023-1.csv.gz"
CHRONIC_HEADER = ["'ICD-10-CM CODE'", "'ICD-10-CM CODE DESCRIPTION'", "'CHRONIC INDICATOR'"]
CHRONIC_MEANING = {"0": False, "1": True, "9": None}
CHRONIC_CONDITIONS_FROM = date(2015, 10, 1)  # it lists every code since ICD-10-CM came into use
DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")

Value = str | int | Decimal | bool | date | list[str] | None
Row = tuple[Value, ...]


class DamagedReferenceFile(CareTallyError):
    """A reference file cannot be used; nothing of its folder is loaded and the tables before it stay in force. Line 0 is the whole file."""

    code = "damaged_reference_file"

    def __init__(self, file: str, line: int, reason: str) -> None:
        where = f"{file}, line {line}" if line else file
        super().__init__(f"Reference file {where}: {reason}. Nothing was loaded; the tables loaded before stay in force.")


@dataclass(frozen=True, slots=True)
class ReferenceTable:
    """The rows of one reference file, typed, in file order, each with the line where it ends; a row's cells are in the shape's order.

    `sha256` is the file's, in hex.
    """

    shape: TableShape
    rows: list[Row]
    lines: list[int]
    sha256: str

    @property
    def file(self) -> str:
        """Return the name of the file that the rows came from."""
        return CHRONIC_CONDITIONS_FILE if self.shape is CHRONIC_INDICATOR else f"{self.shape.name}.csv"

    def dicts(self) -> Iterator[dict[str, Value]]:
        """Yield each row as a mapping of column name to value."""
        return (dict(zip(self.shape.columns, row, strict=True)) for row in self.rows)


def folder_sha256(folder: Path) -> str:
    """Return the SHA-256 over name and bytes of every reference file of `folder`, in the order of names."""
    names = sorted([CHRONIC_CONDITIONS_FILE, *(f"{shape.name}.csv" for shape in CSV_TABLES)])
    digest = hashlib.sha256()
    for name in names:
        content = _bytes_of(folder, name)
        digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


def read_tables(folder: Path = DATA_FOLDER) -> dict[str, ReferenceTable]:
    """Return every CSV table of `folder` by name, without the ICD-10 list; raise `DamagedReferenceFile` at the first fault."""
    tables = {shape.name: read_table(folder, shape) for shape in CSV_TABLES}
    for table in tables.values():
        _refuse_dangling(table, tables)
    _refuse_untellable_gates(tables["gate"], {str(row["number"]) for row in tables["rule_number"].dicts()})
    if len(tables["rule_set"].rows) != 1:
        raise DamagedReferenceFile("rule_set.csv", 1, "it must hold exactly one row")
    return tables


def read_table(folder: Path, shape: TableShape) -> ReferenceTable:
    """Return one CSV table of `folder`, checked against its shape."""
    file = f"{shape.name}.csv"
    lines = csv.reader(io.StringIO(_text_of(folder, file), newline=""), strict=True)
    try:
        _refuse_other_columns(file, next(lines, []), list(shape.columns))
        rows = [(lines.line_num, _typed_row(file, lines.line_num, shape, cells)) for cells in lines if cells]
    except csv.Error as fault:
        raise DamagedReferenceFile(file, lines.line_num, f"it is not well-formed CSV ({fault})") from fault
    sha256 = hashlib.sha256(_bytes_of(folder, file)).hexdigest()
    table = ReferenceTable(shape, [row for _line, row in rows], [line for line, _row in rows], sha256)
    _refuse_duplicates(table)
    return table


def read_chronic_conditions(folder: Path = DATA_FOLDER) -> ReferenceTable:
    """Return every ICD-10-CM code (without dot) with true for chronic, false for not, null where AHRQ makes no determination."""
    lines = csv.reader(io.StringIO(_text_of(folder, CHRONIC_CONDITIONS_FILE), newline=""))
    for _title in range(2):
        next(lines, [])
    _refuse_other_columns(CHRONIC_CONDITIONS_FILE, next(lines, []), CHRONIC_HEADER)
    rows: dict[str, Row] = {}
    for cells in lines:
        code, chronic = _chronic_condition(lines.line_num, cells)
        if code in rows:
            raise DamagedReferenceFile(CHRONIC_CONDITIONS_FILE, lines.line_num, f"duplicate key {code}")
        rows[code] = (CHRONIC_CONDITIONS_FROM, code, chronic)
    first_line = len(rows) and lines.line_num - len(rows) + 1
    sha256 = hashlib.sha256(_bytes_of(folder, CHRONIC_CONDITIONS_FILE)).hexdigest()
    return ReferenceTable(CHRONIC_INDICATOR, list(rows.values()), list(range(first_line, first_line + len(rows))), sha256)


def _chronic_condition(line: int, cells: list[str]) -> tuple[str, bool | None]:
    if len(cells) != len(CHRONIC_HEADER) or cells[2] not in CHRONIC_MEANING:
        raise DamagedReferenceFile(CHRONIC_CONDITIONS_FILE, line, f"{cells} is not a code with the indicator 0, 1 or 9")
    return cells[0].strip("'"), CHRONIC_MEANING[cells[2]]


def _bytes_of(folder: Path, file: str) -> bytes:
    try:
        return (folder / file).read_bytes()
    except OSError as fault:
        raise DamagedReferenceFile(file, 0, f"it cannot be read ({fault.strerror})") from fault


def _text_of(folder: Path, file: str) -> str:
    content = _bytes_of(folder, file)
    try:
        return (gzip.decompress(content) if file.endswith(".gz") else content).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as fault:
        raise DamagedReferenceFile(file, 0, f"its bytes are damaged ({fault})") from fault


def _refuse_other_columns(file: str, header: list[str], columns: list[str]) -> None:
    missing = [column for column in columns if column not in header]
    if missing:
        raise DamagedReferenceFile(file, 1, f"missing column {', '.join(missing)}")
    if header != columns:
        raise DamagedReferenceFile(file, 1, f"the columns must be {', '.join(columns)}")


def _typed_row(file: str, line: int, shape: TableShape, cells: list[str]) -> Row:
    if len(cells) != len(shape.columns):
        raise DamagedReferenceFile(file, line, f"{len(cells)} cells stand under {len(shape.columns)} columns")
    row = {column: _typed(file, line, shape, column, cell) for (column, cell) in zip(shape.columns, cells, strict=True)}
    for start, end in (("valid_from", "valid_to"), ("first_valid", "last_valid"), ("effective_from", "valid_to")):
        _refuse_reversed(file, line, row.get(start), row.get(end))
    return tuple(row.values())


def _refuse_reversed(file: str, line: int, start: Value, end: Value) -> None:
    if isinstance(start, date) and isinstance(end, date) and end < start:
        raise DamagedReferenceFile(file, line, f"impossible dates: it ends on {end}, before it begins on {start}")


def _typed(file: str, line: int, shape: TableShape, column: str, cell: str) -> Value:
    kind = shape.columns[column]
    if cell == "" and kind != "list":
        if column in shape.optional:
            return None
        if column not in shape.blank_text:
            raise DamagedReferenceFile(file, line, f"{column} is empty")
    try:
        return _value(kind, cell)
    except ValueError:
        raise DamagedReferenceFile(file, line, f"{column}: {cell!r} is not a possible {kind}") from None


def _value(kind: Kind, cell: str) -> Value:
    if kind == "number":
        return _number(cell)
    if kind == "decimal":
        return _decimal(cell)
    if kind == "date":
        return date.fromisoformat(cell)
    if kind == "list":
        return cell.split(";") if cell else []
    if kind == "flag":
        return _flag(cell)
    return cell


def _number(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit()):
        raise ValueError(cell)
    return int(cell)


def _decimal(cell: str) -> Decimal:
    if not DECIMAL.fullmatch(cell):
        raise ValueError(cell)
    return Decimal(cell)


def _flag(cell: str) -> bool:
    if cell not in ("true", "false"):
        raise ValueError(cell)
    return cell == "true"


def _refuse_duplicates(table: ReferenceTable) -> None:
    seen: set[tuple[Value, ...]] = set()
    for line, row in zip(table.lines, table.dicts(), strict=True):
        key = tuple(row[column] for column in table.shape.key)
        if key in seen:
            raise DamagedReferenceFile(table.file, line, f"duplicate key {' '.join(str(part) for part in key)}")
        seen.add(key)


def _refuse_dangling(table: ReferenceTable, tables: Mapping[str, ReferenceTable]) -> None:
    for column, (other, other_column) in table.shape.points_to.items():
        known = {row[other_column] for row in tables[other].dicts()}
        for line, row in zip(table.lines, table.dicts(), strict=True):
            if row[column] is not None and row[column] not in known:
                raise DamagedReferenceFile(table.file, line, f"{column} {row[column]} is not in {other}.csv")


def _refuse_untellable_gates(gates: ReferenceTable, rule_numbers: set[str]) -> None:
    for line, row in zip(gates.lines, gates.dicts(), strict=True):
        if not _placeholders(str(row["sentence"])) <= SENTENCE_PLACEHOLDERS:
            raise DamagedReferenceFile(gates.file, line, f"the sentence of {row['code']} leaves something open that nobody fills in")
        if isinstance(row["rules"], list) and not rule_numbers.issuperset(row["rules"]):
            raise DamagedReferenceFile(gates.file, line, f"a rule of {row['code']} is not in rule_number.csv")


def _placeholders(sentence: str) -> set[str]:
    try:
        return {name for _text, name, _format, _conversion in string.Formatter().parse(sentence) if name is not None}
    except ValueError:
        return {"a brace without its partner"}
