"""The files of what happened to patients: enrolments, practitioners, conditions, visits, stays, other services and discharges."""

from caretally.clients.import_clients import CLIENT
from caretally.directory.import_people import PROVIDER
from caretally.imports.kinds import ClosedMonths, Column, Field, ImportKind, Rule, Target
from caretally.imports.values import BILLING_CODE, DATE, ICD10, NPI, WHOLE, YES_NO, one_of
from caretally.patients.import_patients import PATIENT, not_before_birth

PROGRAMS = ("CCM", "PCM", "APCM", "APCM_BHI", "APCM_COCM", "RPM", "RTM", "BHI", "COCM", "TCM")
STATUSES = ("enrolled", "paused", "withdrawn", "enrolled_elsewhere", "declined", "ineligible")
STAY_KINDS = ("part_a_inpatient", "part_a_snf", "nursing_facility_non_part_a", "hospice")
LEVELS = ("low", "moderate", "high")
VISIT_KINDS = ("AWV", "IPPE", "TCM", "EM")
PROGRAM = Column("program", one_of(*PROGRAMS), required=True)
CLIENT_COLUMN = Column("client", required=True)
MRN = Column("mrn", required=True, words="Record number")
OF_PATIENT = {"client_id": "r.client_id", "patient_id": "r.patient_id"}
BY_PROGRAM = OF_PATIENT | {"program": "r.program", "valid_from": 'r."from"'}
LAST_BEFORE_FIRST = Rule("date_order", "to", 'r."to" < r."from"', "The last day {value} lies before the first day.")

ENROLMENTS = ImportKind(
    name="enrolments",
    columns=(
        CLIENT_COLUMN,
        MRN,
        PROGRAM,
        Column(
            "status",
            one_of(*STATUSES),
            required=True,
            into="status",
        ),
        Column("from", DATE, required=True, words="First day"),
        Column("to", DATE, into="valid_to", words="Last day"),
        Column("reason", into="reason", default="''", prose=True),
    ),
    targets=(Target("enrolment", BY_PROGRAM),),
    identity=tuple(BY_PROGRAM.values()),
    lookups=(CLIENT, PATIENT),
    rules=(LAST_BEFORE_FIRST, *not_before_birth("from")),
)
ASSIGNMENTS = ImportKind(
    name="assignments",
    columns=(
        CLIENT_COLUMN,
        MRN,
        PROGRAM,
        Column("npi", NPI, required=True, words="NPI"),
        Column("from", DATE, required=True, words="First day"),
        Column("to", DATE, into="valid_to", words="Last day"),
    ),
    targets=(Target("assignment", BY_PROGRAM, fields=(Field("provider_id", "r.provider_id", ("npi",)),)),),
    identity=tuple(BY_PROGRAM.values()),
    lookups=(CLIENT, PATIENT, PROVIDER),
    rules=(LAST_BEFORE_FIRST, *not_before_birth("from")),
)
CONDITIONS = ImportKind(
    name="conditions",
    columns=(
        CLIENT_COLUMN,
        MRN,
        Column("icd10", ICD10, required=True, words="ICD-10 code"),
        Column("onset_on", DATE, into="onset_on"),
        Column("resolved_on", DATE, into="resolved_on"),
        Column("risk_documented", YES_NO, into="risk_documented"),
        Column("expected_months", WHOLE, into="expected_months"),
        Column("until_death", YES_NO, into="until_death"),
    ),
    targets=(Target("condition", OF_PATIENT | {"icd10": "r.icd10"}),),
    identity=("r.client_id", "r.patient_id", "r.icd10"),
    lookups=(CLIENT, PATIENT),
    rules=(
        *not_before_birth("onset_on", "resolved_on"),
        Rule("date_order", "resolved_on", "r.resolved_on < r.onset_on", "The condition was resolved on {value}, before it began."),
        Rule(
            "expected_months",
            "expected_months",
            "r.expected_months NOT BETWEEN 0 AND 1200",
            "A condition is expected to last from 0 to 1200 months in all, not {value}.",
        ),
        Rule(
            "icd10_unknown",
            "icd10",
            "r.icd10 IS NOT NULL AND NOT EXISTS (SELECT FROM diagnosis_known k WHERE k.code = r.icd10)",
            "“{value}” is not in the ICD-10-CM list that is loaded.",
            warns=True,
        ),
    ),
)
VISITS = ImportKind(
    name="visits",
    columns=(
        CLIENT_COLUMN,
        MRN,
        Column("visited_on", DATE, required=True, happened=True),
        Column("kind", one_of(*VISIT_KINDS), required=True),
        Column("code", BILLING_CODE, into="code", default="''"),
        Column("npi", NPI, into="npi", words="NPI"),
        Column("ccm_discussed", YES_NO, into="ccm_discussed", words="Care management was talked about"),
    ),
    targets=(Target("visit", OF_PATIENT | {"visited_on": "r.visited_on", "kind": "r.kind"}),),
    identity=("r.client_id", "r.patient_id", "r.visited_on", "r.kind"),
    lookups=(CLIENT, PATIENT),
    rules=not_before_birth("visited_on"),
)
STAYS = ImportKind(
    name="stays",
    columns=(
        CLIENT_COLUMN,
        MRN,
        Column("kind", one_of(*STAY_KINDS), required=True),
        Column("from", DATE, required=True, words="First day"),
        Column("to", DATE, into="valid_to", words="Last day"),
    ),
    targets=(Target("stay", OF_PATIENT | {"kind": "r.kind", "valid_from": 'r."from"'}),),
    identity=("r.client_id", "r.patient_id", "r.kind", 'r."from"'),
    lookups=(CLIENT, PATIENT),
    rules=(LAST_BEFORE_FIRST, *not_before_birth("from")),
)
SERVICES = ImportKind(
    name="services",
    columns=(
        CLIENT_COLUMN,
        MRN,
        Column("code", BILLING_CODE, required=True),
        Column("on", DATE, required=True, happened=True, words="Day"),
        Column("npi", NPI, into="npi", words="NPI"),
        Column("same_practitioner", YES_NO, into="same_practitioner"),
        Column("minutes", WHOLE, into="minutes"),
    ),
    targets=(Target("billed_service", OF_PATIENT | {"code": "r.code", "served_on": 'r."on"'}),),
    identity=("r.client_id", "r.patient_id", "r.code", 'r."on"'),
    lookups=(CLIENT, PATIENT),
    rules=(Rule("minutes", "minutes", "r.minutes < 0", "A service has no fewer than 0 minutes, not {value}."), *not_before_birth("on")),
    closed=ClosedMonths("m.month = date_trunc('month', CAST(x.served_on AS timestamp))", ("served_on",)),
)
DISCHARGES = ImportKind(
    name="discharges",
    columns=(
        CLIENT_COLUMN,
        MRN,
        Column("discharged_on", DATE, required=True, happened=True),
        Column("contacted_on", DATE, into="contacted_on"),
        Column("visited_on", DATE, into="visited_on"),
        Column("mdm", one_of(*LEVELS), into="mdm", default="''", words="Medical decision making"),
    ),
    targets=(Target("discharge", OF_PATIENT | {"discharged_on": "r.discharged_on"}),),
    identity=("r.client_id", "r.patient_id", "r.discharged_on"),
    lookups=(CLIENT, PATIENT),
    rules=(
        *not_before_birth("discharged_on"),
        Rule("date_order", "contacted_on", "r.contacted_on < r.discharged_on", "The contact on {value} lies before the discharge."),
        Rule("date_order", "visited_on", "r.visited_on < r.discharged_on", "The visit on {value} lies before the discharge."),
    ),
)
