"""The file of device days: on how many days of a period a patient's device sent data."""

from caretally.clients.import_clients import CLIENT
from caretally.imports.kinds import Column, ImportKind, Rule, Target
from caretally.imports.values import DATE, WHOLE, one_of
from caretally.patients.import_history import CLIENT_COLUMN, MRN, OF_PATIENT
from caretally.patients.import_patients import PATIENT, not_before_birth

DEVICE_DAYS = ImportKind(
    name="device_days",
    columns=(
        CLIENT_COLUMN,
        MRN,
        Column("program", one_of("RPM", "RTM_RESPIRATORY", "RTM_MUSCULOSKELETAL", "RTM_COGNITIVE", "RTM"), required=True),
        Column("period_from", DATE, required=True, words="First day of the period"),
        Column("days", WHOLE, required=True, into="days", words="Days with data"),
        Column("setup_on", DATE, into="setup_on"),
    ),
    targets=(Target("device_period", OF_PATIENT | {"program": "r.program", "period_from": "r.period_from"}),),
    identity=("r.client_id", "r.patient_id", "r.program", "r.period_from"),
    lookups=(CLIENT, PATIENT),
    rules=(
        Rule("days", "days", "r.days NOT BETWEEN 0 AND 30", "A period has 0 to 30 days with data, not {value}."),
        *not_before_birth("period_from", "setup_on"),
    ),
)
