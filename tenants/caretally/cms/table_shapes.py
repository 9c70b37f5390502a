"""The shape of every reference table: its columns, their kinds, its key and what it points to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "number", "date", "flag", "list"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TableShape:
    """One reference table and its file `<name>.csv`, whose header is exactly `columns` in that order.

    `key` names the columns that no two rows may share; `optional` the columns that may be empty (stored as null); `blank_text` those
    whose empty cell is an empty text; `points_to` maps a column to the `(table, column)` where its value must exist.
    """

    name: str
    columns: dict[str, Kind]
    key: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    blank_text: frozenset[str] = frozenset()
    points_to: dict[str, tuple[str, str]] = field(default_factory=dict)


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
    {"counted", "missing", "missing_code", "pending", "pending_claim", "seconds", "beyond_cap", "consent_on", "visited_on", "reviewed_on"}
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
EXCLUSION_REASON = TableShape(
    name="exclusion_reason",
    columns={"code": "text", "ordinal": "number", "curable": "flag", "valid_from": "date", "valid_to": "date"},
    key=("code", "valid_from"),
    optional=frozenset({"valid_to"}),
    points_to={"code": ("gate", "code")},
)
PROGRAM_LIMIT = TableShape(
    name="program_limit",
    columns={"program": "text", "name": "text", "amount": "number", "valid_from": "date", "valid_to": "date", "source": "text"},
    key=("program", "name", "valid_from"),
    optional=frozenset({"valid_to"}),
)
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
        "ncci_modifier": "text",
        "valid_from": "date",
        "valid_to": "date",
        "note": "text",
        "source": "text",
    },
    key=("kind", "code_a", "code_b", "scope", "window", "valid_from", "valid_to"),
    optional=frozenset({"valid_from", "valid_to"}),
    blank_text=frozenset({"ncci_modifier", "note"}),
)
RULE_NUMBER = TableShape(name="rule_number", columns={"number": "text", "meaning": "text"}, key=("number",))
PLANNED = TableShape(name="planned", columns={"code": "text", "capability": "text"}, key=("code",), points_to={"code": ("gate", "code")})
ICD10_CODE = TableShape(name="icd10_code", columns={"code": "text", "chronic": "flag"}, key=("code",), optional=frozenset({"chronic"}))

# Tables that others point to come first, so that rows are loaded in this order and removed in the opposite one.
CSV_TABLES = (
    RULE_SET,
    BILLING_CODE,
    TIME_LADDER,
    PROGRAM_LIMIT,
    GATE,
    EXCLUSION_REASON,
    PROGRAM_LIMIT,
    CREDENTIAL_TYPE,
    VISIT_CODE_NOT_QUALIFYING,
    PLAN_ELEMENT,
    CODE_EXCLUSION,
    PLANNED,
    RULE_NUMBER,
)
