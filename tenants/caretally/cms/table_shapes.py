"""The shape of every reference table: its columns, their kinds, its key and what it points to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "number", "decimal", "date", "flag", "list"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TableShape:
    """One reference table and its file `<name>.csv`, whose header is exactly `columns` in that order.

    `key` names the columns that no two rows may share; `optional` the columns that may be empty (stored as null); `blank_text` those
    whose empty cell is an empty text; `points_to` maps a column to the `(table, column)` where its value must exist. `edition` is the
    kind of load that the rows belong to: they stand in the table beside the rows of published files, in force from `effective_from` on.
    """

    name: str
    columns: dict[str, Kind]
    key: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    blank_text: frozenset[str] = frozenset()
    points_to: dict[str, tuple[str, str]] = field(default_factory=dict)
    edition: str = ""


RULE_SET = TableShape(name="rule_set", columns={"code": "text", "effective_from": "date"}, key=("code",))
BILLING_CODE = TableShape(
    name="billing_code",
    columns={
        "code": "text",
        "family": "text",
        "label": "text",
        "performed_by": "text",
        "first_threshold_seconds": "number",
        "min_reportable_seconds": "number",
        "increment_seconds": "number",
        "max_units_month": "number",
        "adds_on_to": "text",
        "first_valid": "date",
        "last_valid": "date",
        "mdm_levels": "list",
        "note": "text",
    },
    key=("code",),
    optional=frozenset({"first_threshold_seconds", "min_reportable_seconds", "increment_seconds", "adds_on_to", "last_valid"}),
    blank_text=frozenset({"note"}),
)
TIME_LADDER = TableShape(
    name="time_ladder",
    columns={"program": "text", "path": "text", "base_code": "text", "addon_code": "text"},
    key=("program", "path"),
    optional=frozenset({"addon_code"}),
    points_to={"base_code": ("billing_code", "code"), "addon_code": ("billing_code", "code")},
)
PROGRAM_LIMIT = TableShape(
    name="program_limit",
    columns={"program": "text", "name": "text", "amount": "number", "valid_from": "date", "valid_to": "date", "source": "text"},
    key=("program", "name", "valid_from"),
    optional=frozenset({"valid_to"}),
)
# What the sentence of a gate may leave open, in braces, for the explanation of one patient-month to fill in.
SENTENCE_PLACEHOLDERS = frozenset(
    {
        "counted",
        "missing",
        "missing_code",
        "pending",
        "pending_claim",
        "seconds",
        "beyond_cap",
        "consent_on",
        "visited_on",
        "reviewed_on",
        "other",
    }
)
GATE = TableShape(
    name="gate",
    columns={
        "code": "text",
        "ordinal": "number",
        "kind": "text",
        "default_effect": "text",
        "vendor_may_change": "flag",
        "label": "text",
        "owner_role": "text",
        "sentence": "text",
        "fix": "text",
        "due_days": "number",
        "rules": "list",
        "source": "text",
        "evaluated_from_issue": "number",
    },
    key=("code",),
)
WAIVABLE_GATE = TableShape(
    name="waivable_gate", columns={"gate_code": "text", "source": "text"}, key=("gate_code",), points_to={"gate_code": ("gate", "code")}
)
EXCLUSION_REASON = TableShape(
    name="exclusion_reason",
    columns={"code": "text", "ordinal": "number", "curable": "flag", "valid_from": "date", "valid_to": "date"},
    key=("code", "valid_from"),
    optional=frozenset({"valid_to"}),
    points_to={"code": ("gate", "code")},
)
PROGRAM = TableShape(
    name="program",
    columns={
        "program": "text",
        "ordinal": "number",
        "label": "text",
        "enrolled_as": "text",
        "kind": "text",
        "follows_qhp_policy": "flag",
    },
    key=("program",),
)
PROGRAM_GATE = TableShape(
    name="program_gate",
    columns={"program": "text", "gate_code": "text"},
    key=("program", "gate_code"),
    points_to={"program": ("program", "program"), "gate_code": ("gate", "code")},
)
DUPLICATE_PROGRAM = TableShape(
    name="duplicate_program",
    columns={"program": "text", "other_program": "text", "valid_from": "date", "source": "text"},
    key=("program", "other_program"),
    points_to={"program": ("program", "program"), "other_program": ("program", "program")},
)
UNTIMED_CODE = TableShape(
    name="untimed_code",
    columns={
        "program": "text",
        "ordinal": "number",
        "code": "text",
        "enrolled_since": "text",
        "conditions_from": "number",
        "qmb_only": "flag",
        "needs_base": "flag",
        "visit_within_days": "number",
        "mdm_levels": "list",
    },
    key=("program", "ordinal"),
    optional=frozenset({"conditions_from", "visit_within_days"}),
    points_to={"program": ("program", "program"), "code": ("billing_code", "code")},
)
DEVICE_BAND = TableShape(
    name="device_band",
    columns={"device": "text", "program": "text", "code": "text", "days_from": "number", "days_to": "number", "setup_code": "text"},
    key=("device", "code"),
    points_to={"program": ("program", "program"), "code": ("billing_code", "code"), "setup_code": ("billing_code", "code")},
)
CODE_SUBSTITUTION = TableShape(
    name="code_substitution",
    columns={
        "setting": "text",
        "program": "text",
        "code": "text",
        "valid_from": "date",
        "mandatory_to": "date",
        "valid_to": "date",
        "source": "text",
    },
    key=("setting", "program", "valid_from"),
    points_to={"program": ("program", "program"), "code": ("billing_code", "code")},
)
VISIT_ADDON = TableShape(
    name="visit_addon",
    columns={"program": "text", "code": "text", "source": "text"},
    key=("program", "code"),
    points_to={"program": ("program", "program"), "code": ("billing_code", "code")},
)
FEDERAL_HOLIDAY = TableShape(name="federal_holiday", columns={"day": "date", "name": "text"}, key=("day",))
CODE_FAMILY = TableShape(name="code_family", columns={"name": "text", "code": "text"}, key=("name", "code"))
CREDENTIAL_TYPE = TableShape(
    name="credential_type",
    columns={"credential": "text", "counts_as": "text", "needs_state_license": "flag", "may_bill": "flag"},
    key=("credential",),
)
VISIT_CODE_NOT_QUALIFYING = TableShape(name="visit_code_not_qualifying", columns={"code": "text", "why": "text"}, key=("code",))
PLAN_ELEMENT = TableShape(name="plan_element", columns={"element": "text", "label": "text"}, key=("element",))
CODE_EXCLUSION = TableShape(
    name="code_exclusion",
    columns={
        "kind": "text",
        "code_a": "text",
        "code_b": "text",
        "scope": "text",
        "window": "text",
        "allowed": "text",
        "wins": "text",
        "ncci_modifier": "text",
        "valid_from": "date",
        "valid_to": "date",
        "note": "text",
        "source": "text",
    },
    key=("kind", "code_a", "code_b", "scope", "window", "valid_from", "valid_to"),
    optional=frozenset({"valid_from", "valid_to"}),
    blank_text=frozenset({"wins", "ncci_modifier", "note"}),
)
RULE_NUMBER = TableShape(name="rule_number", columns={"number": "text", "meaning": "text"}, key=("number",))
PLANNED = TableShape(name="planned", columns={"code": "text", "capability": "text"}, key=("code",), points_to={"code": ("gate", "code")})
RELATIVE_VALUE = TableShape(
    name="relative_value",
    columns={
        "effective_from": "date",
        "code": "text",
        "status": "text",
        "work": "decimal",
        "nonfacility_total": "decimal",
        "facility_total": "decimal",
        "source": "text",
    },
    key=("effective_from", "code"),
    optional=frozenset({"work", "nonfacility_total", "facility_total"}),
    blank_text=frozenset({"status"}),
    edition="rvu",
)
CONVERSION_FACTOR = TableShape(
    name="conversion_factor",
    columns={"effective_from": "date", "qualifying_apm": "flag", "factor": "decimal", "valid_to": "date", "source": "text"},
    key=("effective_from", "qualifying_apm"),
    edition="factor",
)
UNIT_EDIT = TableShape(
    name="unit_edit",
    columns={"effective_from": "date", "code": "text", "units": "number", "adjudication": "number", "rationale": "text"},
    key=("effective_from", "code"),
    edition="mue",
)
FEE_STATUS = TableShape(name="fee_status", columns={"status": "text", "pays": "text", "label": "text"}, key=("status",))
PLACE_OF_SERVICE = TableShape(name="place_of_service", columns={"code": "text", "label": "text", "facility": "flag"}, key=("code",))
CHRONIC_INDICATOR = TableShape(
    name="chronic_indicator",
    columns={"effective_from": "date", "code": "text", "chronic": "flag"},
    key=("effective_from", "code"),
    optional=frozenset({"chronic"}),
    edition="ccir",
)

# Tables that others point to come first, so that rows are loaded in this order and removed in the opposite one.
CSV_TABLES = (
    RULE_SET,
    BILLING_CODE,
    TIME_LADDER,
    PROGRAM_LIMIT,
    GATE,
    WAIVABLE_GATE,
    EXCLUSION_REASON,
    PROGRAM,
    PROGRAM_GATE,
    DUPLICATE_PROGRAM,
    UNTIMED_CODE,
    DEVICE_BAND,
    CODE_SUBSTITUTION,
    VISIT_ADDON,
    FEDERAL_HOLIDAY,
    CREDENTIAL_TYPE,
    VISIT_CODE_NOT_QUALIFYING,
    PLAN_ELEMENT,
    CODE_EXCLUSION,
    CODE_FAMILY,
    PLANNED,
    RULE_NUMBER,
    FEE_STATUS,
    PLACE_OF_SERVICE,
    RELATIVE_VALUE,
    CONVERSION_FACTOR,
    UNIT_EDIT,
)
