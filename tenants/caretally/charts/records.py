"""How a patient and the facts about one are read as their files would say them, and what names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.careplans.import_careplans import CARE_PLANS, MDM
from caretally.charts.correct_patients import correcting
from caretally.charts.fields import (
    ASSIGNMENT_GROUPS,
    CHOOSE,
    CONDITION_GROUPS,
    CONSENT_GROUPS,
    DECISION_GROUPS,
    DISCHARGE_GROUPS,
    ENROLMENT_GROUPS,
    PLAN_GROUPS,
    REVIEW_GROUPS,
    SERVICE_GROUPS,
    STAY_GROUPS,
    VISIT_GROUPS,
)
from caretally.consents.import_consents import CONSENTS
from caretally.imports.kinds import ImportKind
from caretally.imports.records import NoSuchRecord, RecordKind, as_text, same
from caretally.imports.typed_fields import Group, Options
from caretally.patients.import_history import ASSIGNMENTS, CONDITIONS, DISCHARGES, ENROLMENTS, SERVICES, STAYS, VISITS
from caretally.patients.import_patients import PATIENTS
from caretally.patients.roster import NoSuchPatient
from caretally.reviews.import_reviews import REVIEWS

# Warnings of a file that a person at a form can look into at once.
ASKED = frozenset({"in_future", "mbi_twice", "icd10_unknown", "plan_element"})
CLIENT = "SELECT c.code FROM client c WHERE c.vendor_id = f.vendor_id AND c.client_id = f.client_id"
OF_PATIENT = {
    "client": CLIENT,
    "mrn": "SELECT p.mrn FROM patient p WHERE p.vendor_id = f.vendor_id AND p.client_id = f.client_id AND p.id = f.patient_id",
}
NPI = {"npi": "SELECT d.npi FROM provider d WHERE d.vendor_id = f.vendor_id AND d.client_id = f.client_id AND d.id = f.provider_id"}
SPAN = {"from": "f.valid_from", "to": "f.valid_to"}
PATIENT_COLUMNS = same("mrn family_name given_name birth_date mbi state payer part_b_from died_on")
OWNER = text(
    "SELECT p.client_id, p.mrn, c.code FROM patient p JOIN client c ON c.vendor_id = p.vendor_id AND c.client_id = p.client_id "
    "WHERE p.vendor_id = (SELECT tenancy.current_vendor()) AND p.id = :patient_id"
)
# What can be chosen where a field has no options of its own: by the client and the patient.
CHOICES = {
    "client": text("SELECT code, name FROM client WHERE vendor_id = (SELECT tenancy.current_vendor()) ORDER BY lower(name), code"),
    "npi": text(
        "SELECT npi, family_name || ', ' || given_name || ', ' || credential FROM provider WHERE vendor_id = (SELECT tenancy.current_vendor()) "
        "AND client_id = :client_id ORDER BY family_name, given_name, npi"
    ),
    "plan_version": text(
        "SELECT version::text, version || ', in effect since ' || effective_on FROM care_plan WHERE vendor_id = (SELECT tenancy.current_vendor()) "
        "AND client_id = :client_id AND patient_id = :patient_id ORDER BY version DESC"
    ),
    "elements": text("SELECT element, label FROM plan_element ORDER BY label"),
}


def yes_or_no(*names: str) -> dict[str, str]:
    """Return columns that are yes, no or not known, in words."""
    return {name: f"CASE WHEN f.{name} THEN 'yes' WHEN NOT f.{name} THEN 'no' END" for name in names}


@dataclass(frozen=True)
class Fact:
    """A kind of fact about a patient: what it is, the table it stands in and the form that asks for it."""

    kind: RecordKind
    table: str
    groups: Sequence[Group]


def fact(word: str, imported: ImportKind, *, columns: dict[str, str], named_by: str, already: str, groups: Sequence[Group]) -> Fact:
    """Return a kind of fact; `named_by` are the columns that name one of a patient, in `already` too."""
    table = imported.targets[0].table
    read = f"SELECT {as_text(OF_PATIENT | columns)} FROM {table} f WHERE f.id = :id"
    return Fact(RecordKind(word, imported, read, ("client", "mrn", *named_by.split()), already, asks=ASKED), table, groups)


def patient_kind(patients: ImportKind = PATIENTS) -> RecordKind:
    """Return how a patient is typed; `patients` is the kind of its file with what follows from one."""
    return RecordKind(
        "patient",
        patients,
        f"SELECT {as_text({'client': CLIENT} | PATIENT_COLUMNS | yes_or_no('qmb'))} FROM patient f WHERE f.id = :id",
        ("client", "mrn"),
        "This client has a patient with the record number {mrn} already; open it from the list.",
        corrected=correcting(patients),
        asks=ASKED,
    )


FACTS = {
    "enrolments": fact(
        "enrolment",
        ENROLMENTS,
        columns=same("program status reason") | SPAN,
        named_by="program from",
        already="This patient's {program} has an entry from {from} on already; change that one on the page of the patient.",
        groups=ENROLMENT_GROUPS,
    ),
    "assignments": fact(
        "supervising provider",
        ASSIGNMENTS,
        columns=same("program") | NPI | SPAN,
        named_by="program from",
        already="This patient has a supervising provider for {program} from {from} on already; change that one on the page of the patient.",
        groups=ASSIGNMENT_GROUPS,
    ),
    "conditions": fact(
        "condition",
        CONDITIONS,
        columns=same("icd10 onset_on resolved_on expected_months") | yes_or_no("risk_documented", "until_death"),
        named_by="icd10",
        already="{icd10} is on this patient's list already; change it on the page of the patient.",
        groups=CONDITION_GROUPS,
    ),
    "consents": fact(
        "consent",
        CONSENTS,
        columns=same("program method obtained_on obtained_by script_version document_ref revoked_on")
        | NPI
        | yes_or_no("scope", "cost_sharing", "one_practitioner", "stop"),
        named_by="program npi obtained_on",
        already="A consent to {program} given on {obtained_on} to this practitioner is on record already; change it on the page of the patient.",
        groups=CONSENT_GROUPS,
    ),
    "visits": fact(
        "visit",
        VISITS,
        columns=same("visited_on kind code npi") | yes_or_no("ccm_discussed"),
        named_by="visited_on kind",
        already="A visit {kind} of {visited_on} is on record already; change it on the page of the patient.",
        groups=VISIT_GROUPS,
    ),
    "care-plans": fact(
        "care plan",
        CARE_PLANS,
        columns=same("version effective_on author signed_by signed_on copy_given_on copy_method")
        | {"elements": "array_to_string(f.elements, ';')"},
        named_by="version",
        already="This patient has a care plan version {version} already; change it on the page of the patient.",
        groups=PLAN_GROUPS,
    ),
    "reviews": fact(
        "review",
        REVIEWS,
        columns=same("plan_version reviewed_on reviewer outcome"),
        named_by="plan_version reviewed_on",
        already="A review of version {plan_version} on {reviewed_on} is on record already; change it on the page of the patient.",
        groups=REVIEW_GROUPS,
    ),
    "stays": fact(
        "stay",
        STAYS,
        columns=same("kind") | SPAN,
        named_by="kind from",
        already="A stay from {from} on is on record already; change it on the page of the patient.",
        groups=STAY_GROUPS,
    ),
    "services": fact(
        "service",
        SERVICES,
        columns=same("code npi minutes") | {"on": "f.served_on"} | yes_or_no("same_practitioner"),
        named_by="code on",
        already="The service {code} of {on} is on record already; change it on the page of the patient.",
        groups=SERVICE_GROUPS,
    ),
    "discharges": fact(
        "discharge",
        DISCHARGES,
        columns=same("discharged_on contacted_on visited_on mdm"),
        named_by="discharged_on",
        already="A discharge on {discharged_on} is on record already; change it on the page of the patient.",
        groups=DISCHARGE_GROUPS,
    ),
    "decisions": fact(
        "medical decision making",
        MDM,
        columns=same("level npi documented_on") | {"month": "to_char(f.month, 'YYYY-MM')"},
        named_by="month",
        already="The decision making of {month} is on record already; change it on the page of the patient.",
        groups=DECISION_GROUPS,
    ),
}


def owner_of(connection: Connection, patient_id: UUID) -> RowMapping:
    """Return a patient's record number and client (`client_id`, `code`). Raises `NoSuchPatient`."""
    row = connection.execute(OWNER, {"patient_id": patient_id}).mappings().one_or_none()
    if row is None:
        raise NoSuchPatient("There is no such patient; choose one from the list of patients.")
    return row


def refuse_strange_fact(connection: Connection, asked: Fact, fact_id: UUID, *, patient_id: UUID) -> None:
    """Raise `NoSuchRecord` for a fact that is not there or another patient's."""
    owner = connection.scalar(text(f"SELECT patient_id FROM {asked.table} WHERE id = :id"), {"id": fact_id})
    if owner != patient_id:
        raise NoSuchRecord(f"There is no such {asked.kind.word} of this patient; choose one on the page of the patient.")


def options_of(connection: Connection, groups: Sequence[Group], **of: UUID) -> Options:
    """Return what can be chosen in fields that have no options of their own, `of` being the client and the patient."""
    own = {one.name for group in groups for one in group.fields if one.shape in ("choice", "ticks") and not one.options}
    found = {name: [(value, words) for value, words in connection.execute(CHOICES[name], of)] for name in own}
    return {name: listed if name == "elements" else [CHOOSE, *listed] for name, listed in found.items()}
