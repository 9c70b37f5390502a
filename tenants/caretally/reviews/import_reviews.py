"""The file of reviews of care plan versions."""

from caretally.clients.import_clients import CLIENT
from caretally.imports.kinds import Column, ImportKind, Lookup, Rule, Target
from caretally.imports.values import DATE, WHOLE, one_of
from caretally.patients.import_history import CLIENT_COLUMN, MRN, OF_PATIENT
from caretally.patients.import_patients import PATIENT, not_before_birth

PLAN = Lookup(
    join="LEFT JOIN care_plan v ON v.client_id = c.client_id AND v.patient_id = p.id AND v.version = import.whole(s.in_plan_version)",
    gives={"plan_effective_on": "v.effective_on"},
    rule=Rule(
        "unknown_plan",
        "plan_version",
        "r.plan_effective_on IS NULL AND r.patient_id IS NOT NULL AND r.plan_version IS NOT NULL",
        "This patient has no care plan version {value}.",
    ),
)
IDENTITY = OF_PATIENT | {"plan_version": "r.plan_version", "reviewed_on": "r.reviewed_on"}

REVIEWS = ImportKind(
    name="reviews",
    columns=(
        CLIENT_COLUMN,
        MRN,
        Column("plan_version", WHOLE, required=True),
        Column("reviewed_on", DATE, required=True, happened=True),
        Column("reviewer", required=True, into="reviewer"),
        Column("outcome", one_of("no_change", "updated"), required=True, into="outcome"),
    ),
    targets=(Target("review", IDENTITY),),
    identity=tuple(IDENTITY.values()),
    lookups=(CLIENT, PATIENT, PLAN),
    rules=(
        *not_before_birth("reviewed_on"),
        Rule("date_order", "reviewed_on", "r.reviewed_on < r.plan_effective_on", "The review on {value} lies before the plan took effect."),
    ),
)
