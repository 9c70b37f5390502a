"""Gathers what one evaluation is told: the month's bounds, the agreement's terms, the dated rules and the vendor's policies."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.errors import UsageMistake
from caretally.months import Month

PATHS = ("staff", "complex", "personal")


class NoRules(UsageMistake):
    """The dated rule tables say nothing about the month."""

    code = "no_rules"


@dataclass(frozen=True)
class Terms:
    """What a client's agreement says about counting; `qhp_time` is `pool`, `personal` or `never_pool`, effects are hold, warn or off."""

    qhp_time: str = "pool"
    attestation_required: bool = False
    date_of_service: str = "threshold"
    copy_missing: str = "hold"
    review_overdue: str = "hold"


@dataclass(frozen=True)
class ClientMonth:
    """The unit of an evaluation: one client of one vendor, one local calendar month, one program."""

    vendor_id: UUID
    client_id: UUID
    client_code: str
    timezone: str
    month: Month
    program: str = "CCM"


def parameters(connection: Connection, subject: ClientMonth, terms: Terms, *, every_patient: bool = False) -> dict[str, Any]:
    """Return the bind parameters of the evaluation's statements; a handful of short queries, none of them per patient.

    `every_patient` also decides patients of the client without enrolment or time in the month (used by `decide`).
    """
    month = subject.month
    base = {
        "vendor_id": subject.vendor_id,
        "client_id": subject.client_id,
        "client_code": subject.client_code,
        "program": subject.program,
        "month_first": month.first_day,
        "month_last": month.last_day,
        "every_patient": every_patient,
        "never_pool": terms.qhp_time == "never_pool",
        "qhp_first": terms.qhp_time == "personal",
        "at_month_end": terms.date_of_service == "month_end",
        "attestation_required": terms.attestation_required,
    }
    return (
        base
        | bounds(connection, subject)
        | reasons(connection, month)
        | thresholds(connection, subject)
        | policies(connection, subject, terms)
    )


def bounds(connection: Connection, subject: ClientMonth) -> dict[str, Any]:
    """Return the moments at which the local days of the month begin, and the one after the last: 23- and 25-hour days come out right."""
    rows = connection.execute(
        text(
            "SELECT at, extract(epoch FROM at)::bigint AS second FROM generate_series(0, CAST(:last AS date) - CAST(:first AS date) + 1) AS i, "
            "LATERAL (SELECT (CAST(:first AS date) + i)::timestamp AT TIME ZONE :timezone AS at) AS midnight ORDER BY i"
        ),
        {"first": subject.month.first_day, "last": subject.month.last_day, "timezone": subject.timezone},
    ).all()
    return {
        "bounds": [row.second for row in rows],
        "starts_at": rows[0].at,
        "looks_back_to": rows[0].at - timedelta(hours=24),
        "ends_at": rows[-1].at,
        "starts_second": rows[0].second,
        "ends_second": rows[-1].second,
    }


def reasons(connection: Connection, month: Month) -> dict[str, Any]:
    """Return the exclusion reasons in force in the month as ordinals 1..n, lower first; the incurable ones come before the curable."""
    rows = connection.execute(
        text(
            "SELECT code, curable FROM exclusion_reason WHERE valid_from <= :day AND (valid_to IS NULL OR valid_to >= :day) ORDER BY ordinal"
        ),
        {"day": month.first_day},
    ).all()
    if not rows:
        raise NoRules(f"No rules are on record for {month}; give a month in which care management could be billed.")
    ordinals = {row.code.lower(): number for number, row in enumerate(rows, start=1)}
    first_curable = next(number for number, row in enumerate(rows, start=1) if row.curable)
    return ordinals | {
        "reason_codes": [row.code for row in rows],
        "reason_curable": [row.curable for row in rows],
        "first_curable": first_curable,
        "last_reason": len(rows),
    }


def thresholds(connection: Connection, subject: ClientMonth) -> dict[str, Any]:
    """Return the seconds that reach each path's base code, and the dated counts, days and months of the program's other rules."""
    ladder = {
        row.path: row.first_threshold_seconds
        for row in connection.execute(
            text(
                "SELECT l.path, b.first_threshold_seconds FROM time_ladder l JOIN billing_code b ON b.code = l.base_code WHERE l.program = :program"
            ),
            {"program": subject.program},
        )
    }
    limit: dict[str, int] = dict(
        connection.execute(
            text(
                "SELECT name, amount FROM program_limit WHERE program = :program AND valid_from <= :day AND (valid_to IS NULL OR valid_to >= :day)"
            ),
            {"program": subject.program, "day": subject.month.first_day},
        ).all()
    )
    return {f"{path}_threshold": ladder[path] for path in PATHS} | {
        "conditions_needed": limit["conditions_needed"],
        "visit_lookback_months": limit["visit_lookback_months"],
        "consent_aged_months": limit["consent_aged_months"],
        "review_interval_days": limit["review_interval_days"],
    }


def policies(connection: Connection, subject: ClientMonth, terms: Terms) -> dict[str, Any]:
    """Return the effect (hold, warn, off) of each policy gate: the vendor's dated choice, else the table's default; the agreement's wins.

    The client's own dated facts (24/7 access, supervision, certified record, BAA, contact) become two lists of codes, since they are
    the same for every patient of the client.
    """
    effects: dict[str, str] = dict(
        connection.execute(
            text(
                "SELECT g.code, coalesce(p.effect, g.default_effect) FROM gate g LEFT JOIN vendor_policy p ON p.gate_code = g.code "
                "AND p.valid_from <= :day AND (p.valid_to IS NULL OR p.valid_to >= :day) WHERE g.kind = 'policy'"
            ),
            {"day": subject.month.last_day},
        ).all()
    )
    effects |= {"CARE_PLAN_COPY_MISSING": terms.copy_missing, "CARE_PLAN_REVIEW_OVERDUE": terms.review_overdue}
    missing = client_facts_missing(connection, subject)
    rule_set = connection.scalar(text("SELECT code FROM rule_set ORDER BY effective_from DESC, loaded_at DESC LIMIT 1"))
    return {code.lower(): effect for code, effect in effects.items()} | {
        "client_holds": [code for code in missing if effects.get(code) == "hold"],
        "client_warnings": [code for code in missing if effects.get(code) == "warn"],
        "rule_set": rule_set,
    }


def client_facts_missing(connection: Connection, subject: ClientMonth) -> list[str]:
    """Return the codes of the client-level facts that are not on record by the month's last day, in the gate table's order."""
    facts = connection.execute(
        text(
            "SELECT access_24_7_from, supervision_from, ehr_certified_from, baa_on, contact_name <> '' OR contact_email <> '' AS contact "
            "FROM client WHERE vendor_id = :vendor_id AND client_id = :client_id"
        ),
        {"vendor_id": subject.vendor_id, "client_id": subject.client_id},
    ).one()

    def absent(since: date | None) -> bool:
        return since is None or since > subject.month.last_day

    missing = {
        "ACCESS_24_7_MISSING": absent(facts.access_24_7_from),
        "SUPERVISION_MISSING": absent(facts.supervision_from),
        "CARE_TEAM_CONTACT_MISSING": not facts.contact,
        "EHR_NOT_CERTIFIED": absent(facts.ehr_certified_from),
        "BAA_MISSING": absent(facts.baa_on),
    }
    return [code for code, is_missing in missing.items() if is_missing]
