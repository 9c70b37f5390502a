"""Builds the exception report of a client's month: from the rows of its close, or live from the decisions of a preview."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.cms.rule_tables import RuleTables, rule_tables
from caretally.evaluation.claim_words import claim_text, within_sentence
from caretally.evaluation.decided import Decision
from caretally.evaluation.explain import explanation, reason_sentence, waived_sentence
from caretally.evaluation.program_lines import Lines, lines_now, lines_of_close
from caretally.exceptions.report import Adjustment, ClientNote, Effect, ExceptionReport, ExceptionRow, ExcludedTime, LateEntry, MonthFigures
from caretally.money import format_dollars
from caretally.months import Month
from caretally.waivers.in_force import Waived, Waiver, waived_in_close, waived_now

ACCENT = "#0b6259"
LATE = "LATE_ENTRY"
Row = Mapping[str, Any]
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
DUE_DAYS = text("SELECT code, days FROM tenancy.due_days(:month)")
LIVE_DECISIONS = text(
    "SELECT d.*, p.family_name || ', ' || p.given_name AS patient_name, 0::bigint AS held_cents, coalesce(a.amount_cents, 0) AS amount_cents, "
    "coalesce(x.line_cents, '{}') AS expected_line_cents, x.cents AS expected_cents, coalesce(x.note, '') AS expected_note "
    "FROM eval_decision d JOIN patient p ON p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = d.patient_id "
    "LEFT JOIN decision_expected x ON x.decision_id = d.id LEFT JOIN close_amount a ON a.decision_id = d.id "
    "WHERE d.outcome <> 'billable' OR cardinality(d.exceptions) > 0 OR cardinality(d.warnings) > 0 OR cardinality(d.excluded_reasons) > 0 "
    "ORDER BY d.outcome <> 'held', d.outcome = 'billable', d.primary_reason, d.mrn"
)


@dataclass(frozen=True)
class CameSince:
    """What came in after closed months: late time and proposed adjustments, as rows of the tables or as JSON holds them."""

    late: Sequence[Row]
    adjustments: Sequence[Row]


def report_of_close(
    connection: Connection, figures: MonthFigures, *, vendor_id: UUID, client_id: UUID, client_month_id: UUID
) -> ExceptionReport:
    """Return the report of a closed month, the same every time it is asked for."""
    key = {"vendor_id": vendor_id, "client_id": client_id, "client_month_id": client_month_id}
    rows = [dict(row) for row in connection.execute(_statement("decisions"), key).mappings()]
    excluded: dict[str, int] = dict(connection.execute(EXCLUDED, key).all())
    since = CameSince(
        [dict(row) for row in connection.execute(_statement("late"), key).mappings()],
        [dict(row) for row in connection.execute(_statement("adjustments"), key).mappings()],
    )
    lines, waived = lines_of_close(connection, **key), waived_in_close(connection, **key)
    return _report(figures, tables_of_month(connection, figures.month), rows, lines=lines, waived=waived, excluded=excluded, since=since)


def report_of_preview(
    connection: Connection,
    figures: MonthFigures,
    since: CameSince,
    *,
    vendor_id: UUID,
    client_id: UUID,
    qhp_time: str,
    waivers: Iterable[Waiver],
) -> ExceptionReport:
    """Return the report of the decisions that stand in `eval_decision` now; the money held is known only at the close."""
    key = {"vendor_id": vendor_id, "client_id": client_id}
    rows = [dict(row) | {"qhp_time": qhp_time} for row in connection.execute(LIVE_DECISIONS, key).mappings()]
    excluded: dict[str, int] = dict(connection.execute(LIVE_EXCLUDED).all())
    lines, waived = lines_now(connection, qhp_time=qhp_time), waived_now(connection, waivers)
    return _report(figures, tables_of_month(connection, figures.month), rows, lines=lines, waived=waived, excluded=excluded, since=since)


def tables_of_month(connection: Connection, month: Month) -> RuleTables:
    """Return the tables with the days after which the vendor's exceptions of a month are due."""
    tables = rule_tables(connection)
    days: dict[str, int] = dict(connection.execute(DUE_DAYS, {"month": month.first_day}).all())
    return replace(tables, gates={code: replace(gate, due_days=days[code]) for code, gate in tables.gates.items()})


def _statement(name: str) -> Any:
    return text((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))


def _report(
    figures: MonthFigures,
    tables: RuleTables,
    rows: Iterable[Mapping[str, Any]],
    *,
    lines: Lines,
    waived: Waived,
    excluded: Mapping[str, int],
    since: CameSince,
) -> ExceptionReport:
    decided = [
        (row, Decision.of_row(row, tables, lines.get(row["patient_id"], ()), waived=waived.get(row["patient_id"], ()))) for row in rows
    ]
    return ExceptionReport(
        **{field.name: getattr(figures, field.name) for field in fields(figures)},
        accent=ACCENT,
        excluded=tuple(
            ExcludedTime(code=code, sentence=tables.gates[code].label, seconds=seconds)
            for code, seconds in sorted(excluded.items(), key=lambda item: (-item[1], item[0]))
        ),
        rows=tuple(exception for row, decision in decided for exception in _rows(row, decision, figures.month)),
        client_notes=_client_notes(tables, decided),
        late_entries=tuple(_late(row, since) for row in since.late),
        adjustments=tuple(_adjustment(row, tables, figures.month) for row in since.adjustments),
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
        waiver = next((one for one in decision.waived if one.gate_code == code), None)
        yield ExceptionRow(
            code=code,
            title=gate.label,
            mrn=row["mrn"],
            patient=row["patient_name"],
            outcome=decision.outcome,
            effect="waived" if waiver else _effect(decision, code),
            primary=primary,
            sentence=waived_sentence(waiver, decision) if waiver else reason_sentence(code, decision),
            owner=gate.owner_role.replace("_", " "),
            due_on=waiver.expires_on if waiver else _due_on(month, gate.due_days),
            fix=f"Before the waiver ends: {within_sentence(gate.fix)}." if waiver else gate.fix,
            held_cents=row["held_cents"] if primary else 0,
            counted_seconds=decision.counted_seconds,
            explanation=why,
            expected_cents=row["expected_cents"] if first else None,
            expected_note=row["expected_note"] if first else "",
            waived_cents=row["amount_cents"] if waiver and waiver == decision.waived[0] else None,
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


def _late(row: Row, since: CameSince) -> LateEntry:
    printed = row["printed"]
    starts, ends, month = datetime.fromisoformat(printed["starts"]), datetime.fromisoformat(printed["ends"]), _day(printed["month"])
    changes = any((str(a["patient_id"]), _day(a["month"])) == (str(row["patient_id"]), month) for a in since.adjustments)
    follows = (
        "the adjustment that is proposed for the month counts it"
        if changes
        else "the month's claim does not grow by it, so nothing is proposed"
    )
    return LateEntry(
        external_id=printed["external_id"],
        mrn=printed["mrn"],
        patient=printed["patient"],
        day=starts.date(),
        starts=f"{starts:%H:%M}",
        ends=f"{ends:%H:%M}",
        staff=printed["staff"],
        seconds=printed["seconds"],
        sentence=f"Arrived after {month:%B %Y} was closed ({printed['kind']}); {follows}.",
    )


def _adjustment(row: Row, tables: RuleTables, month: Month) -> Adjustment:
    claim, gate = claim_text(row["codes"], row["units"]), tables.gates[LATE]
    amount = (
        "at no price, since that month's agreement has none for it"
        if row["amount_cents"] is None
        else f"of {format_dollars(row['amount_cents'])}"
    )
    return Adjustment(
        month=Month.of(_day(row["month"])),
        mrn=row["mrn"],
        patient=row["patient_name"],
        cured=tuple(row["cured"]),
        claim=claim,
        codes=tuple(row["codes"]),
        units=tuple(row["units"]),
        date_of_service=None if row["date_of_service"] is None else _day(row["date_of_service"]),
        counted_seconds=row["counted_seconds"],
        amount_cents=row["amount_cents"],
        sentence=f"{_as_closed(row, tables)}; with what came in since, it supports {claim}. "
        f"Proposed as an adjustment {amount} by that month's agreement; it is on no invoice until somebody takes it.",
        owner=gate.owner_role.replace("_", " "),
        due_on=_due_on(month, gate.due_days),
        fix=gate.fix,
    )


def _as_closed(row: Row, tables: RuleTables) -> str:
    month = f"{_day(row['month']):%B %Y}"
    if row["closed_outcome"] is None:
        return f"{month} was closed without the patient"
    if row["closed_outcome"] == "billable":
        return f"{month} was billed with {claim_text(row['closed_codes'], row['closed_units'])} on {row['invoice_number']}"
    reasons = ", ".join(within_sentence(tables.gates[code].label) for code in row["cured"] if code in tables.gates)
    return f"{month} was closed as {row['closed_outcome'].replace('_', ' ')} ({reasons})"


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
