"""What an import did: its counts and every problem by line, column, value and rule."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Severity = Literal["refused", "warning"]


@dataclass(frozen=True)
class RowProblem:
    """One problem of one line (1 is the header); `severity` warning does not keep the row out."""

    line: int
    column: str
    value: str
    rule: str
    sentence: str
    severity: Severity = "refused"


@dataclass(frozen=True)
class ImportResult:
    """The counts of one file: read = new + changed + unchanged + late + refused, except that a file with refused rows writes nothing
    (`written` false, only read and refused counted) unless the valid rows alone were asked for."""

    kind: str
    file_name: str
    dry_run: bool
    written: bool
    read: int
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    late: int = 0
    refused: int = 0
    problems: tuple[RowProblem, ...] = ()
    batch_id: UUID | None = None
    notes: tuple[str, ...] = ()
