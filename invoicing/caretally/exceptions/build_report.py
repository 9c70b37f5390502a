"""Builds the exception report of a client's month: from the rows of its close, or live from the decisions of a preview."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.cms.rule_tables import RuleTables, rule_tables
from caretally.evaluation.decided import Decision
from caretally.evaluation.explain import explanation, reason_sentence
from caretally.evaluation.program_lines import Lines, lines_now, lines_of_close
from caretally.exceptions.report import ClientNote, Effect, ExceptionReport, ExceptionRow, ExcludedTime, LateEntry, MonthFigures
from caretally.months import Month

ACCENT = "#0b6259"
FACTS_ABOUT_CLIENT = frozenset(
    {"ACCESS_24_7_MISSING", "SUPERVISION_MISSING", "CARE_TEAM_CONTACT_MISSING", "EHR_NOT_CERTIFIED", "BAA_MISSING"}
)
EXCLUDED = text(
    "SELECT x.reason, sum(x.seconds)::bigint FROM patient_month CROSS JOIN LATERAL unnest(excluded_reasons, excluded_seconds) AS x (reason, seconds) "
    "WHERE vendor_id = :vendor_id AND client_id = :client_id AND client_month_id = :client_month_id GROUP BY 1"
)
LIVE_EXCLUDED = text(
    "SELECT x.reason, sum(x.seconds)::bigint FROM eval_decision CROSS JOIN LATERAL unnest(excluded_reasons, excluded_seconds) AS x (reason, seconds) GROUP BY 1"
)
LIVE_DECISIONS = text(
    "SELECT d.*, p.family_name || ', ' || p.given_name AS patient_name, 0::bigint AS held_cents, "
    "coalesce(x.line_cents, '{}') AS expected_line_cents, x.cents AS expected_cents, coalesce(x.note, '') AS expected_note "
    "FROM eval_decision d JOIN patient p ON p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = d.patient_id "
    "LEFT JOIN decision_expected x ON x.decision_id = d.id "
    "WHERE d.outcome <> 'billable' OR cardinality(d.exceptions) > 0 OR cardinality(d.warnings) > 0 OR cardinality(d.excluded_reasons) > 0 "
    "ORDER BY d.outcome <> 'held', d.outcome = 'billable', d.primary_reason, d.mrn"
)


def report_of_close(
    connection: Connection, figures: MonthFigures, *, vendor_id: UUID, client_id: UUID, client_month_id: UUID
) -> ExceptionReport:
    """Return the report of a closed month, the same every time it is asked for."""
    key = {"vendor_id": vendor_id, "client_id": client_id, "client_month_id": client_month_id}
    rows = [dict(row) for row in connection.execute(_statement("decisions"), key).mappings()]
    excluded: dict[str, int] = dict(connection.execute(EXCLUDED, key).all())
    late = tuple(_late(dict(row)) for row in connection.execute(_statement("late"), key).mappings())
    lines = lines_of_close(connection, **key)
    return _report(figures, rule_tables(connection), rows, lines=lines, excluded=excluded, late=late)


def report_of_preview(connection: Connection, figures: MonthFigures, *, vendor_id: UUID, client_id: UUID, qhp_time: str) -> ExceptionReport:
    """Return the report of the decisions that stand in `eval_decision` now; the money held is known only at the close."""
    key = {"vendor_id": vendor_id, "client_id": client_id}
    rows = [dict(row) | {"qhp_time": qhp_time} for row in connection.execute(LIVE_DECISIONS, key).mappings()]
    excluded: dict[str, int] = dict(connection.execute(LIVE_EXCLUDED).all())
    return _report(figures, rule_tables(connection), rows, lines=lines_now(connection, qhp_time=qhp_time), excluded=excluded, late=())


def _statement(name: str) -> Any:
    return text((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))


def _report(
    figures: MonthFigures,
    tables: RuleTables,
    rows: Iterable[Mapping[str, Any]],
    *,
    lines: Lines,
    excluded: Mapping[str, int],
    late: tuple[LateEntry, ...],
) -> ExceptionReport:
    decided = [(row, Decision.of_row(row, tables, lines.get(row["patient_id"], ()))) for row in rows]
    return ExceptionReport(
        **{field.name: getattr(figures, field.name) for field in fields(figures)},
        accent=ACCENT,
        excluded=tuple(
            ExcludedTime(code=code, sentence=tables.gates[code].label, seconds=seconds)
            for code, seconds in sorted(excluded.items(), key=lambda item: (-item[1], item[0]))
        ),
        rows=tuple(exception for row, decision in decided for exception in _rows(row, decision, figures.month)),
        client_notes=_client_notes(tables, decided),
        late_entries=late,
    )


def _rows(row: Mapping[str, Any], decision: Decision, month: Month) -> Iterable[ExceptionRow]:
    why = explanation(decision)
    codes = [*decision.exceptions, *(code for code in decision.warnings if code not in decision.exceptions)]
    told = [code for code in codes if code not in FACTS_ABOUT_CLIENT]
    for code in told:
        # The month's one amount stands with its first reason, so that a column of them adds up.
        first = code == told[0]
        gate = decision.tables.gates[code]
        primary = code == decision.primary_reason
        yield ExceptionRow(
            code=code,
            title=gate.label,
            mrn=row["mrn"],
            patient=row["patient_name"],
            outcome=decision.outcome,
            effect=_effect(decision, code),
            primary=primary,
            sentence=reason_sentence(code, decision),
            owner=gate.owner_role.replace("_", " "),
            due_on=_due_on(month, gate.due_days),
            fix=gate.fix,
            held_cents=row["held_cents"] if primary else 0,
            counted_seconds=decision.counted_seconds,
            explanation=why,
            expected_cents=row["expected_cents"] if first else None,
            expected_note=row["expected_note"] if first else "",
        )


def _effect(decision: Decision, code: str) -> Effect:
    if code not in decision.exceptions:
        return "warns"
    return "holds" if decision.outcome == "held" or decision.tables.gates[code].kind == "held" else "unsupports"


def _due_on(month: Month, days: int) -> date:
    return month.last_day + timedelta(days=days)


def _client_notes(tables: RuleTables, decided: Iterable[tuple[Mapping[str, Any], Decision]]) -> tuple[ClientNote, ...]:
    raised = {code for _row, decision in decided for code in (*decision.warnings, *decision.exceptions) if code in FACTS_ABOUT_CLIENT}
    gates = sorted((tables.gates[code] for code in raised), key=lambda gate: gate.ordinal)
    return tuple(
        ClientNote(code=gate.code, sentence=gate.sentence, owner=gate.owner_role.replace("_", " "), fix=gate.fix) for gate in gates
    )


def _late(row: Mapping[str, Any]) -> LateEntry:
    return LateEntry(
        external_id=row["external_id"],
        mrn=row["mrn"],
        patient=row["patient"],
        day=row["starts"].date(),
        starts=f"{row['starts']:%H:%M}",
        ends=f"{row['ends']:%H:%M}",
        staff=row["staff"],
        seconds=row["seconds"],
        sentence=f"Arrived after {row['month']:%B %Y} was closed ({row['kind']}); proposed as an adjustment line on the next invoice, citing the closed line.",
    )
