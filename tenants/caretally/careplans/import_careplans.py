"""The files of care plan versions and of the medical decision making documented for a month."""

from caretally.clients.import_clients import CLIENT
from caretally.imports.kinds import ClosedMonths, Column, ImportKind, Rule, SetRule, Target
from caretally.imports.values import DATE, LIST, MONTH, NPI, WHOLE, one_of
from caretally.patients.import_history import CLIENT_COLUMN, LEVELS, MRN, OF_PATIENT
from caretally.patients.import_patients import PATIENT, not_before_birth

UNKNOWN_ELEMENT = """
SELECT r.line, string_agg(e.element, ', ' ORDER BY e.element) FROM import_row r CROSS JOIN LATERAL unnest(r.elements) e (element)
WHERE NOT EXISTS (SELECT FROM plan_element k WHERE k.element = e.element) GROUP BY r.line
"""

# A closed month keeps what it used; where it used none, one may come late and cure it.
USED_BY_CLOSED_MONTH = """
m.month = x.month AND EXISTS (SELECT FROM patient_month p WHERE p.client_id = m.client_id AND p.month = m.month AND p.revision = m.revision
    AND p.patient_id = x.patient_id AND p.mdm_level IS NOT NULL)
"""

CARE_PLANS = ImportKind(
    name="care_plans",
    columns=(
        CLIENT_COLUMN,
        MRN,
        Column("version", WHOLE, required=True),
        Column("effective_on", DATE, required=True, into="effective_on"),
        Column("author", into="author", default="''"),
        Column("signed_by", into="signed_by", default="''"),
        Column("signed_on", DATE, into="signed_on"),
        Column("copy_given_on", DATE, into="copy_given_on"),
        Column("copy_method", into="copy_method", default="''"),
        Column("elements", LIST, into="elements", default="'{}'"),
    ),
    targets=(Target("care_plan", OF_PATIENT | {"version": "r.version"}),),
    identity=("r.client_id", "r.patient_id", "r.version"),
    lookups=(CLIENT, PATIENT),
    rules=(
        *not_before_birth("effective_on", "signed_on", "copy_given_on"),
        Rule("version", "version", "r.version < 1", "Plan versions count from 1, not {value}."),
        SetRule("plan_element", "elements", UNKNOWN_ELEMENT, "Not an element of a care plan: {detail}.", warns=True),
    ),
)
MDM = ImportKind(
    name="mdm",
    named="medical decision making",
    columns=(
        CLIENT_COLUMN,
        MRN,
        Column("month", MONTH, required=True),
        Column("level", one_of(*LEVELS), required=True, into="level", words="Level"),
        Column("npi", NPI, required=True, into="npi", words="NPI"),
        Column("documented_on", DATE, required=True, into="documented_on", happened=True),
    ),
    targets=(Target("mdm", OF_PATIENT | {"month": "r.month"}),),
    identity=("r.client_id", "r.patient_id", "r.month"),
    lookups=(CLIENT, PATIENT),
    rules=not_before_birth("documented_on"),
    closed=ClosedMonths(USED_BY_CLOSED_MONTH, ("month", "patient_id")),
)
