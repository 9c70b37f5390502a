"""Looks at closed months again when something came in for them since: late time, a consent, a review, a revocation, a death.

The months are evaluated as if they had been opened again today, by the same evaluation, in a part of the transaction that is taken
back: nothing closed changes. What has become billable, or more, is proposed; what is supported no longer starts its review.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping

from caretally.close.statements import statement
from caretally.evaluation.evaluate import evaluate, has_lines
from caretally.evaluation.parameters import ClientMonth, Terms
from caretally.faults.failpoints import failpoint
from caretally.months import Month

CODE = "LATE_ENTRY"
HERE = Path(__file__).parent
Row = dict[str, Any]


@dataclass(frozen=True)
class LookBack:
    """What came in after closed months: late time as printed, proposed adjustments, months whose review begins; rows as JSON holds them."""

    late: tuple[Row, ...]
    adjustments: tuple[Row, ...]
    reviews: tuple[Row, ...]

    @property
    def exceptions(self) -> dict[str, int]:
        """Return how many exceptions of a close these are, by code."""
        number = len(self.late) + len(self.adjustments)
        return {CODE: number} if number else {}

    @property
    def values(self) -> dict[str, str]:
        """Return the rows as the parameters of the statements that keep them."""
        return {name: json.dumps(getattr(self, name)) for name in ("late", "adjustments", "reviews")}


def look_back(connection: Connection, subject: ClientMonth) -> LookBack:
    """Return what a close of the subject's month has to say about the closed months before it; writes nothing that stays.

    Costs one short query when nothing came in; otherwise one evaluation a month concerned, of the patients concerned. Uses the
    temporary tables of the evaluation, so it comes before the month's own.
    """
    values: dict[str, Any] = {"vendor_id": subject.vendor_id, "client_id": subject.client_id, "month_first": subject.month.first_day}
    if not connection.scalar(_step("came_in"), values):
        return LookBack((), (), ())
    connection.exec_driver_sql((HERE / "look_back" / "tables.sql").read_text(encoding="utf-8"))
    connection.execute(_step("late_now"), values)
    late = tuple(connection.execute(_step("late")).mappings())
    months = connection.execute(_step("months"), values).mappings().all()
    if not months:
        return LookBack(tuple(map(dict, late)), (), ())
    values["months"] = [month["month"] for month in months]
    connection.execute(_step("proposed"), values)
    savepoint = connection.begin_nested()
    try:
        for step in ("reopen", "take_in"):
            connection.execute(_step(step), values)
        failpoint("close:looking-back")
        for month in months:
            _look_at(connection, subject, month)
        found: list[Row] = list(connection.scalars(_step("found"), values))
    finally:
        savepoint.rollback()
    adjustments = (row for row in found if row["is_proposed"])
    reviews = (row for row in found if row["review_code"] and row["patient_month_id"])
    return LookBack(tuple(map(dict, late)), tuple(adjustments), tuple(reviews))


def _look_at(connection: Connection, subject: ClientMonth, closed: RowMapping) -> None:
    month = Month.of(closed["month"])
    then = ClientMonth(subject.vendor_id, subject.client_id, subject.client_code, subject.timezone, month)
    agreement = closed["agreement"]
    values = {
        "vendor_id": subject.vendor_id,
        "client_id": subject.client_id,
        "client_month_id": closed["id"],
        "month_first": month.first_day,
        "patients": closed["patients"],
        "agreement_id": closed["agreement_id"],
        "basis": agreement["basis"],
        "by_patient": agreement["basis"] == "per_patient_month",
        "whole_volume": agreement["tier_mode"] == "whole_volume",
        "minimum_cents": agreement["minimum_cents"],
    }
    evaluate(connection, then, Terms.of(agreement), only=closed["patients"], as_closed=closed["id"])
    if has_lines(connection):
        connection.execute(_step("supported_lines"))
    for step in ("supported", "compare"):
        connection.execute(_step(step), values)
    connection.exec_driver_sql("TRUNCATE pg_temp.eval_decision, pg_temp.close_supported")
    connection.exec_driver_sql((HERE / "tables.sql").read_text(encoding="utf-8"))
    connection.execute(_step("stand_behind"), values)
    connection.execute(statement("price_lines"), values)
    connection.execute(_step("price"), values)


def _step(name: str) -> Any:
    return statement(f"look_back/{name}")
