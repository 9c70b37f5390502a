"""Gathers what one evaluation is told: the month's bounds, the agreement's terms, the dated rules and the vendor's policies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.errors import UsageMistake
from caretally.months import Month
from caretally.waivers.in_force import Waiver, waivers_in_force

PATHS = ("staff", "complex", "personal", "first", "brief")
LIMITS = (
    "conditions_needed",
    "visit_lookback_months",
    "visit_expires_months",
    "consent_aged_months",
    "review_interval_days",
    "contact_business_days",
    "period_days",
    "device_period_days",
    "entered_within_days",
    "alike_entries",
)


SHARED_MINUTES = "TIME_DOUBLE_COUNTED"


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
    priority: tuple[str, ...] = ()

    @classmethod
    def of(cls, agreement: Mapping[str, Any]) -> Self:
        """Return the terms in an agreement as a closed month keeps it."""
        told: dict[str, Any] = {name: agreement[name] for name in cls.__dataclass_fields__ if name in agreement}
        return cls(**(told | {"priority": tuple(told.get("priority", ()))}))


@dataclass(frozen=True)
class ClientMonth:
    """The unit of an evaluation: one client of one vendor, one local calendar month."""

    vendor_id: UUID
    client_id: UUID
    client_code: str
    timezone: str
    month: Month


@dataclass(frozen=True)
class Program:
    """A row of the table of programs: patients of a device program are enrolled in the program it belongs to. Source: decision 0008."""

    program: str
    ordinal: int
    label: str
    enrolled_as: str
    kind: str
    follows_qhp_policy: bool


def programs_at_work(connection: Connection, values: dict[str, Any]) -> list[Program]:
    """Return the programs in which the client has an enrolment or time in the month, in their order: one scan of each source."""
    rows = connection.execute(
        text(
            "WITH here AS MATERIALIZED ("
            "SELECT program FROM enrolment WHERE vendor_id = :vendor_id AND client_id = :client_id AND status = 'enrolled' "
            "AND valid_from <= :month_last AND coalesce(valid_to >= :month_first, true) GROUP BY program "
            "UNION SELECT program FROM time_entry WHERE vendor_id = :vendor_id AND client_id = :client_id "
            "AND started_at < :ends_at AND started_at > :looks_back_to AND ended_at > :starts_at GROUP BY program) "
            "SELECT p.* FROM program p WHERE p.enrolled_as IN (SELECT program FROM here) ORDER BY p.ordinal"
        ),
        values,
    ).mappings()
    return [Program(**row) for row in rows]


def shared_parameters(connection: Connection, subject: ClientMonth, terms: Terms, *, as_closed: UUID | None = None) -> dict[str, Any]:
    """Return the bind parameters that the statements of every program share; a handful of short queries, none of them per patient.

    `as_closed`: see `waivers`.
    """
    month = subject.month
    base = {
        "vendor_id": subject.vendor_id,
        "client_id": subject.client_id,
        "client_code": subject.client_code,
        "month_first": month.first_day,
        "month_last": month.last_day,
        "priority": list(terms.priority),
        "at_month_end": terms.date_of_service == "month_end",
        "attestation_required": terms.attestation_required,
    }
    return (
        base
        | bounds(connection, subject)
        | policies(connection, subject, terms)
        | _waived(waivers(connection, subject, terms, as_closed=as_closed))
    )


def waivers(connection: Connection, subject: ClientMonth, terms: Terms, *, as_closed: UUID | None = None) -> tuple[Waiver, ...]:
    """Return the waivers that bear on a client's month: of the gates that would hold there, by the vendor's policies and the agreement.

    A month that is looked at as it was closed (`as_closed`, its row) keeps those that it was billed by, withdrawn since or not.
    """
    held = [code for code, effect in effects(connection, subject, terms).items() if effect == "hold"]
    return waivers_in_force(
        connection, vendor_id=subject.vendor_id, client_id=subject.client_id, month=subject.month, held=held, as_closed=as_closed
    )


def _waived(found: tuple[Waiver, ...]) -> dict[str, Any]:
    """Return two parallel lists, a patient (null: all of the client's) and a gate, and whether there is anything in them."""
    return {
        "any_waived": bool(found),
        "waived_patients": [waiver.patient_id for waiver in found],
        "waived_gates": [waiver.gate_code for waiver in found],
    }


def program_parameters(connection: Connection, subject: ClientMonth, terms: Terms, program: Program) -> dict[str, Any]:
    """Return the bind parameters of one program: its codes' thresholds, its dated limits, the gates it asks."""
    asked = gates_asked(connection, program)
    own_policy = terms.qhp_time if program.follows_qhp_policy else "pool"
    return (
        vars(program)
        | {
            "timed": program.kind == "timed",
            "never_pool": own_policy == "never_pool",
            "qhp_first": own_policy == "personal",
            "gates_asked": sorted(asked),
            "asks_consent": "NO_CONSENT" in asked,
            "part_a_counts": "PART_A_STAY" in asked,
            "contact_needed": "NO_INTERACTIVE_CONTACT" in asked,
            "has_visit_addon": connection.scalar(
                text("SELECT EXISTS (SELECT FROM visit_addon WHERE program = :program)"), {"program": program.program}
            ),
        }
        | reasons(connection, subject.month, decided_programs=terms.priority, program=program)
        | thresholds(connection, subject, program)
        | duplicates(connection, subject.month, program)
        | substitution(connection, subject, program)
    )


def gates_asked(connection: Connection, program: Program) -> set[str]:
    """Return the codes of the gates that a program asks."""
    found = connection.scalars(text("SELECT gate_code FROM program_gate WHERE program = :program"), {"program": program.program})
    return set(found)


def duplicates(connection: Connection, month: Month, program: Program) -> dict[str, Any]:
    """Return the programs that, elsewhere, bar this one for the same person by the month's last day."""
    barred = connection.scalars(
        text("SELECT other_program FROM duplicate_program WHERE program = :enrolled_as AND valid_from <= :day ORDER BY 1"),
        {"enrolled_as": program.enrolled_as, "day": month.last_day},
    ).all()
    return {"barred_programs": list(barred), "duplicate_without_time": program.kind == "monthly"}


def substitution(connection: Connection, subject: ClientMonth, program: Program) -> dict[str, Any]:
    """Return the code that the client's setting bills in place of the program's own and the dates until which it must and may; else nulls."""
    row = (
        connection.execute(
            text(
                "SELECT s.code AS substitute_code, s.valid_from AS substitute_from, s.mandatory_to AS substitute_mandatory_to, "
                "s.valid_to AS substitute_valid_to FROM code_substitution s JOIN client c ON c.setting = s.setting "
                "WHERE c.vendor_id = :vendor_id AND c.client_id = :client_id AND s.program = :program AND s.valid_from <= :last AND s.valid_to >= :first"
            ),
            {
                "vendor_id": subject.vendor_id,
                "client_id": subject.client_id,
                "program": program.program,
                "first": subject.month.first_day,
                "last": subject.month.last_day,
            },
        )
        .mappings()
        .one_or_none()
    )
    names = ("substitute_code", "substitute_from", "substitute_mandatory_to", "substitute_valid_to")
    return dict.fromkeys(names) if row is None else dict(row)


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


def reasons(connection: Connection, month: Month, *, decided_programs: tuple[str, ...], program: Program) -> dict[str, Any]:
    """Return the exclusion reasons in force in the month as ordinals 1..n, lower first; the incurable ones come before the curable.

    Minutes shared by two programs can be cured until the client's priority list says whose they are.
    """
    rows = connection.execute(
        text(
            "SELECT code, curable FROM exclusion_reason WHERE valid_from <= :day AND (valid_to IS NULL OR valid_to >= :day) ORDER BY ordinal"
        ),
        {"day": month.first_day},
    ).all()
    if not rows:
        raise NoRules(f"No rules are on record for {month}; give a month in which care management could be billed.")
    curable = {row.code: row.curable and not (row.code == SHARED_MINUTES and program.enrolled_as in decided_programs) for row in rows}
    first = next(at for at, code in enumerate(curable) if curable[code])
    codes = list(curable)
    if not curable[SHARED_MINUTES]:
        codes.remove(SHARED_MINUTES)
        codes.insert(first, SHARED_MINUTES)
    ordinals = {code.lower(): number for number, code in enumerate(codes, start=1)}
    first_curable = next(number for number, code in enumerate(codes, start=1) if curable[code])
    return ordinals | {
        "reason_codes": codes,
        "reason_curable": [curable[code] for code in codes],
        "first_curable": first_curable,
        "last_reason": len(codes),
    }


def thresholds(connection: Connection, subject: ClientMonth, program: Program) -> dict[str, Any]:
    """Return the seconds that reach each path's base code (null: no such path), and the dated counts, days and months of the other rules."""
    ladder = {
        row.path: row.seconds
        for row in connection.execute(
            text(
                "SELECT l.path, coalesce(b.min_reportable_seconds, b.first_threshold_seconds) AS seconds "
                "FROM time_ladder l JOIN billing_code b ON b.code = l.base_code WHERE l.program = :program"
            ),
            {"program": program.program},
        )
    }
    limit: dict[str, int] = dict(
        connection.execute(
            text(
                "SELECT name, amount FROM program_limit WHERE program = :program AND valid_from <= :day AND (valid_to IS NULL OR valid_to >= :day)"
            ),
            {"program": program.enrolled_as, "day": subject.month.last_day},
        ).all()
    )
    return {f"{path}_threshold": ladder.get(path) for path in PATHS} | {name: limit.get(name) for name in LIMITS}


def policies(connection: Connection, subject: ClientMonth, terms: Terms) -> dict[str, Any]:
    """Return the effect (hold, warn, off) of each policy gate: the vendor's dated choice, else the table's default; the agreement's wins.

    The client's own dated facts (24/7 access, supervision, certified record, BAA, contact) become two lists of codes, since they are
    the same for every patient of the client.
    """
    chosen = effects(connection, subject, terms)
    missing = client_facts_missing(connection, subject)
    rule_set = connection.scalar(text("SELECT code FROM rule_set ORDER BY effective_from DESC, loaded_at DESC LIMIT 1"))
    return {code.lower(): effect for code, effect in chosen.items()} | {
        "unsupporting": connection.scalars(text("SELECT code FROM gate WHERE kind = 'unsupported'")).all(),
        "client_holds": [code for code in missing if chosen.get(code) == "hold"],
        "client_warnings": [code for code in missing if chosen.get(code) == "warn"],
        "rule_set": rule_set,
    }


def effects(connection: Connection, subject: ClientMonth, terms: Terms) -> dict[str, str]:
    """Return hold, warn or off by policy gate, as it stands on the month's last day."""
    found: dict[str, str] = dict(
        connection.execute(
            text(
                "SELECT g.code, coalesce(p.effect, g.default_effect) FROM gate g LEFT JOIN vendor_policy p ON p.gate_code = g.code "
                "AND p.valid_from <= :day AND (p.valid_to IS NULL OR p.valid_to >= :day) WHERE g.kind = 'policy'"
            ),
            {"day": subject.month.last_day},
        ).all()
    )
    return found | {"CARE_PLAN_COPY_MISSING": terms.copy_missing, "CARE_PLAN_REVIEW_OVERDUE": terms.review_overdue}


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
