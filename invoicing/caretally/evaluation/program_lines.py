"""The program lines behind patient-months of several programs, read once for a whole month."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.evaluation.evaluate import has_lines

Lines = Mapping[UUID, list[dict[str, Any]]]
CLOSED = text(
    "SELECT m.patient_id, m.qhp_time, l.* FROM program_line l "
    "JOIN patient_month m ON m.vendor_id = l.vendor_id AND m.client_id = l.client_id AND m.id = l.patient_month_id "
    "JOIN program p USING (program) "
    "WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND m.client_month_id = :client_month_id ORDER BY p.ordinal"
)
LIVE = text("SELECT * FROM eval_line ORDER BY ordinal")


def lines_of_close(connection: Connection, *, vendor_id: UUID, client_id: UUID, client_month_id: UUID) -> Lines:
    """Return the lines of a closed month by patient, in the order of the programs; a patient of one program has none."""
    key = {"vendor_id": vendor_id, "client_id": client_id, "client_month_id": client_month_id}
    return _by_patient(connection.execute(CLOSED, key).mappings(), {})


def lines_now(connection: Connection, *, qhp_time: str) -> Lines:
    """Return the lines that the evaluation of this transaction put together, by patient, in the order of the programs."""
    return _by_patient(connection.execute(LIVE).mappings(), {"qhp_time": qhp_time}) if has_lines(connection) else {}


def _by_patient(rows: Iterable[RowMapping], known: dict[str, Any]) -> Lines:
    lines: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        lines[row["patient_id"]].append(dict(row) | known)
    return lines
