"""Gathers what one evaluation is told: the month's bounds, the agreement's terms, the dated rules and the vendor's policies."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.errors import UsageMistake
from caretally.months import Month
from caretally.waivers.in_force import Waiver

PATHS = ("staff", "complex", "personal", "first", "brief")
LIMITS = (
    "conditions_needed",
    "condition_lasts_months",
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
SUBSTITUTE_DAYS = ("substitute_from", "substitute_mandatory_to", "substitute_valid_to")
READS = text((Path(__file__).parent / "reads.sql").read_text(encoding="utf-8"))


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


@dataclass(frozen=True)
class MonthRead:
    """What was read before an evaluation: one row of `reads.sql`, of the transaction that evaluates."""

    subject: ClientMonth
    row: RowMapping

    @property
    def programs_at_work(self) -> list[Program]:
        """The programs in which the client has an enrolment or time in the month, in their order."""
        return [program_of(row) for row in self.row["programs"] if row["at_work"]]

    def program(self, name: str) -> Program:
        """Return a program by its name."""
        return program_of(self._of_program(name))

    @property
    def bounds(self) -> dict[str, Any]:
        """The moments at which the local days of the month begin, and the one after the last: 23- and 25-hour days come out right."""
        seconds = self.row["bounds"]
        return {
            "bounds": seconds,
            "starts_at": self.row["starts_at"],
            "looks_back_to": self.row["starts_at"] - timedelta(hours=24),
            "ends_at": self.row["ends_at"],
            "starts_second": seconds[0],
            "ends_second": seconds[-1],
        }

    def waivers(self, terms: Terms) -> tuple[Waiver, ...]:
        """Return the waivers that bear on the month: of the gates that would hold there, by the vendor's policies and the agreement."""
        held = {code for code, effect in self.effects(terms).items() if effect == "hold"}
        return tuple(Waiver.stored(row) for row in self.row["waivers"] if row["gate_code"] in held)

    def effects(self, terms: Terms) -> dict[str, str]:
        """Return hold, warn or off by policy gate, as it stands on the month's last day: the vendor's choice, else the table's; the agreement's wins."""
        chosen: dict[str, str] = self.row["effects"]
        return chosen | {"CARE_PLAN_COPY_MISSING": terms.copy_missing, "CARE_PLAN_REVIEW_OVERDUE": terms.review_overdue}

    def shared_parameters(self, terms: Terms) -> dict[str, Any]:
        """Return the bind parameters that the statements of every program share."""
        subject = self.subject
        return (
            {
                "vendor_id": subject.vendor_id,
                "client_id": subject.client_id,
                "client_code": subject.client_code,
                "month_first": subject.month.first_day,
                "month_last": subject.month.last_day,
                "priority": list(terms.priority),
                "at_month_end": terms.date_of_service == "month_end",
                "attestation_required": terms.attestation_required,
            }
            | self.bounds
            | self._policies(terms)
            | _waived(self.waivers(terms))
        )

    def program_parameters(self, terms: Terms, program: Program) -> dict[str, Any]:
        """Return the bind parameters of one program: its codes' thresholds, its dated limits, the gates it asks. Raises `NoRules`."""
        read = self._of_program(program.program)
        asked = read["gates_asked"]
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
                "has_visit_addon": read["has_visit_addon"],
                "barred_programs": read["barred_programs"],
                "duplicate_without_time": program.kind == "monthly",
            }
            | self._reasons(decided_programs=terms.priority, program=program)
            | {f"{path}_threshold": read["thresholds"].get(path) for path in PATHS}
            | {name: read["limits"].get(name) for name in LIMITS}
            | substitution(read["substitution"])
        )

    def _of_program(self, name: str) -> dict[str, Any]:
        return next(row for row in self.row["programs"] if row["program"] == name)

    def _policies(self, terms: Terms) -> dict[str, Any]:
        """Return the effect of each policy gate, and the client's own dated facts (24/7 access, supervision, certified record, BAA, contact)
        as two lists of codes, since they are the same for every patient of the client."""
        chosen = self.effects(terms)
        missing = self._client_facts_missing()
        return {code.lower(): effect for code, effect in chosen.items()} | {
            "unsupporting": self.row["unsupporting"],
            "client_holds": [code for code in missing if chosen.get(code) == "hold"],
            "client_warnings": [code for code in missing if chosen.get(code) == "warn"],
            "rule_set": self.row["rule_set"],
        }

    def _client_facts_missing(self) -> list[str]:
        """Return the codes of the client-level facts that are not on record by the month's last day, in the gate table's order."""

        def absent(since: date | None) -> bool:
            return since is None or since > self.subject.month.last_day

        missing = {
            "ACCESS_24_7_MISSING": absent(self.row["access_24_7_from"]),
            "SUPERVISION_MISSING": absent(self.row["supervision_from"]),
            "CARE_TEAM_CONTACT_MISSING": not self.row["contact"],
            "EHR_NOT_CERTIFIED": absent(self.row["ehr_certified_from"]),
            "BAA_MISSING": absent(self.row["baa_on"]),
        }
        return [code for code, is_missing in missing.items() if is_missing]

    def _reasons(self, *, decided_programs: tuple[str, ...], program: Program) -> dict[str, Any]:
        """Return the exclusion reasons in force in the month as ordinals 1..n, lower first; the incurable ones come before the curable.

        Minutes shared by two programs can be cured until the client's priority list says whose they are.
        """
        rows = self.row["reasons"]
        if not rows:
            raise NoRules(f"No rules are on record for {self.subject.month}; give a month in which care management could be billed.")
        decided = program.enrolled_as in decided_programs
        curable = {code: is_curable and not (code == SHARED_MINUTES and decided) for code, is_curable in rows}
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


def read_month(
    connection: Connection, subject: ClientMonth, *, only: Collection[UUID] | None = None, as_closed: UUID | None = None
) -> MonthRead:
    """Read what an evaluation is told before it begins, in one query; `only` asks about some patients alone.

    A month that is looked at as it was closed (`as_closed`, its row) keeps the waivers that it was billed by, withdrawn since or not.
    """
    key = {
        "vendor_id": subject.vendor_id,
        "client_id": subject.client_id,
        "timezone": subject.timezone,
        "month_first": subject.month.first_day,
        "month_last": subject.month.last_day,
        "only": None if only is None else list(only),
        "as_closed": as_closed,
    }
    return MonthRead(subject, connection.execute(READS, key).mappings().one())


def program_of(row: Mapping[str, Any]) -> Program:
    """Return a program from a row that says more of it."""
    return Program(**{field.name: row[field.name] for field in fields(Program)})


def substitution(read: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the code that the client's setting bills in place of the program's own and the dates until which it must and may; else nulls."""
    if read is None:
        return dict.fromkeys(("substitute_code", *SUBSTITUTE_DAYS))
    return {"substitute_code": read["substitute_code"]} | {name: date.fromisoformat(read[name]) for name in SUBSTITUTE_DAYS}


def _waived(found: tuple[Waiver, ...]) -> dict[str, Any]:
    """Return two parallel lists, a patient (null: all of the client's) and a gate, and whether there is anything in them."""
    return {
        "any_waived": bool(found),
        "waived_patients": [waiver.patient_id for waiver in found],
        "waived_gates": [waiver.gate_code for waiver in found],
    }
