"""Which column of a kind each header of a file means: by its own name, or by a mapping that a vendor saved."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, text

from caretally.errors import UsageMistake
from caretally.imports.kinds import ImportKind
from caretally.imports.results import RowProblem
from caretally.imports.tables import EDGES, shown

LONGEST_NAME = 100
# Characters; a mapping has a line for each header.
LARGEST_FILE = 1_000_000

LOAD = text("SELECT columns FROM import_mapping WHERE kind = :kind AND name = :name")
SAVED = text("SELECT name, columns FROM import_mapping WHERE kind = :kind ORDER BY name LIMIT 200")
# A header that is chosen to mean nothing: no kind has a column of this name.
NOT_USED = "-"
SAVE = text(
    "INSERT INTO import_mapping (vendor_id, kind, name, columns) VALUES (tenancy.current_vendor(), :kind, :name, CAST(:columns AS jsonb)) "
    "ON CONFLICT (vendor_id, kind, name) DO UPDATE SET columns = EXCLUDED.columns"
)


def columns_of(kind: ImportKind, headers: Sequence[str], mapping: Mapping[str, str]) -> tuple[list[str | None], tuple[RowProblem, ...]]:
    """Return the kind's column for each header (None: not used) and the problems of the header line.

    A missing required column and one column given twice refuse the file; a header that means nothing is a warning.
    """
    known, mapped = set(kind.column_names), {normal_header(header): column for header, column in mapping.items()}
    meant = [mapped.get(normal_header(header), normal_header(header)) for header in headers]
    columns = [name if name in known else None for name in meant]
    missing = [column.name for column in kind.columns if column.required and column.name not in columns]
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    seen = ", ".join(header for header in headers if header)
    problems = [RowProblem(1, name, "", "column_missing", f"The file has no column {name}; it has: {seen}.") for name in missing]
    problems += [RowProblem(1, name, "", "column_twice", f"Two columns of the file mean {name}.") for name in twice]
    problems += [
        RowProblem(1, header, header, "column_unknown", f"The column “{header}” is not used for {kind.name}.", "warning")
        for header, name in zip(headers, columns, strict=True)
        if name is None
    ]
    return columns, tuple(problems)


def problems_in_use(problems: Sequence[RowProblem], *, headers: Sequence[str], columns: Sequence[str | None]) -> tuple[RowProblem, ...]:
    """Return the parser's problems without those of cells whose column is not used."""
    unused = {header for header, name in zip(headers, columns, strict=True) if name is None and header}
    return tuple(problem for problem in problems if problem.column not in unused)


def normal_header(header: str) -> str:
    """Return a header in small letters, its blanks, dashes and what nobody sees as underscores."""
    visible = "".join(letter if letter.isprintable() else " " for letter in header)
    return "_".join(visible.replace("-", " ").replace("_", " ").lower().split())


def read_mapping(connection: Connection, kind: ImportKind, name_or_file: str) -> dict[str, str]:
    """Return the mapping (header -> column) saved under a name, or held by a JSON file; raises `UsageMistake` when there is neither."""
    saved = connection.execute(LOAD, {"kind": kind.name, "name": name_or_file.strip(EDGES)}).scalar()
    if saved is not None:
        return {str(header): str(column) for header, column in saved.items()}
    path = Path(name_or_file)
    if not _is_file(path):
        raise UsageMistake(f"There is no mapping “{shown(name_or_file)}” for {kind.name}, neither saved nor as a JSON file.")
    return _checked(kind, path)


def save_mapping(connection: Connection, kind: ImportKind, *, name: str, mapping: Mapping[str, str]) -> None:
    """Save a mapping under a name for a kind, in place of an earlier one; blanks around the name mean nothing. Raises `UsageMistake`."""
    if not 0 < len(name.strip(EDGES)) <= LONGEST_NAME:
        raise UsageMistake(f"A saved mapping needs a name of 1 to {LONGEST_NAME} characters; give one with --save-mapping NAME.")
    connection.execute(SAVE, {"kind": kind.name, "name": name.strip(EDGES), "columns": json.dumps(dict(mapping))})


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for the system
        return False


def _checked(kind: ImportKind, path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            pairs = json.loads(file.read(LARGEST_FILE), object_pairs_hook=list)
    except (OSError, ValueError, RecursionError) as error:
        raise UsageMistake(f"The mapping {path} cannot be read as JSON.") from error
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) and isinstance(pair[1], str) for pair in pairs):
        raise UsageMistake(f"The mapping {path} must be a JSON object of header to column.")
    mapping: dict[str, str] = {}
    for header, column in ((normal_header(header), column.strip(EDGES)) for header, column in pairs):
        if mapping.setdefault(header, column) != column:
            raise UsageMistake(f"The mapping {path} gives the header “{header}” two meanings, {mapping[header]} and {column}; keep one.")
    unknown = sorted(set(mapping.values()) - set(kind.column_names))
    if unknown:
        raise UsageMistake(f"The mapping {path} names columns that {kind.name} do not have: {', '.join(unknown)}.")
    return mapping


def saved_mappings(connection: Connection, kind: ImportKind) -> dict[str, dict[str, str]]:
    """Return the vendor's mappings of a kind by their names."""
    return {row.name: dict(row.columns) for row in connection.execute(SAVED, {"kind": kind.name})}


def fitting_mapping(connection: Connection, kind: ImportKind, headers: Sequence[str]) -> dict[str, str] | None:
    """Return what makes a file's headers fit without a question: nothing when they are the columns' own names, else a saved mapping; None for neither."""
    for mapping in ({}, *saved_mappings(connection, kind).values()):
        if not any(problem.severity == "refused" for problem in columns_of(kind, headers, mapping)[1]):
            return mapping
    return None


def chosen_mapping(kind: ImportKind, headers: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    """Return the mapping that a person chose, a column (or nothing) for each header in their order. Raises `UsageMistake` for a column chosen twice."""
    known = set(kind.column_names)
    chosen = [column if column in known else "" for column in columns]
    twice = next((column for column in chosen if column and chosen.count(column) > 1), None)
    if twice:
        raise UsageMistake(f"Two headers cannot both mean {kind.label_of(twice)}; choose it for one of them.")
    return {header: column or NOT_USED for header, column in zip(headers, chosen, strict=False) if header}
