"""What a file's headers probably mean, by headings that other systems are known to write; a person confirms it."""

from collections.abc import Sequence

from caretally.imports.kinds import ImportKind
from caretally.imports.mappings import normal_header

# Headings by the column they mean, in small letters; blanks and punctuation make no difference.
HEADINGS = {
    "client": "practice code|clinic code|client code|practice|clinic|practice name|clinic name|site|facility|location",
    "code": "client code|practice code|clinic code|cpt|cpt code|hcpcs|procedure code",
    "name": "practice name|clinic name|client name",
    "timezone": "time zone|tz",
    "contact_email": "contact e-mail|email|e-mail",
    "address": "street address|mailing address",
    "mrn": "medical record number|medical record no|record number|chart|chart no|chart number|patient id|patient number|pt id|emr id|ehr id|account number",
    "family_name": "last name|last|surname|lname|patient last name|pt last name",
    "given_name": "first name|first|given|fname|forename|patient first name|pt first name",
    "birth_date": "dob|date of birth|birthdate|birthday|patient dob|pt dob|born|born on",
    "mbi": "medicare id|medicare number|medicare no|medicare beneficiary identifier|medicare beneficiary id|mbi number|hic|hicn",
    "state": "st|patient state|home state|state of residence",
    "payer": "payor|insurance|primary insurance|primary payer|carrier",
    "part_b_from": "part b|part b since|part b start|part b effective date",
    "died_on": "date of death|dod|deceased date|deceased on",
    "program": "care program|service line|program name|programme",
    "status": "enrollment status|enrolment status|patient status",
    "from": "start date|begin date|effective date|enrolled on|enrollment date|enrolment date|admitted on|admission date|first day",
    "to": "end date|termination date|disenrolled on|disenrollment date|discharge date|last day|through",
    "reason": "status reason|disenrollment reason",
    "npi": "npi number|provider npi|physician npi|billing npi|rendering npi|practitioner npi",
    "icd10": "icd|icd 10|icd 10 code|icd10 code|icd code|diagnosis|diagnosis code|dx|dx code|condition code",
    "onset_on": "onset|onset date|date of onset|diagnosed on|diagnosis date",
    "resolved_on": "resolved|resolved date|date resolved|resolution date",
    "obtained_on": "consent date|date of consent|consented on|consent obtained on",
    "obtained_by": "consent obtained by|consented by",
    "method": "consent method|consent type",
    "revoked_on": "revoked|revocation date|consent revoked on",
    "visited_on": "visit date|date of visit|dos|date of service",
    "kind": "type|visit type|stay type",
    "on": "dos|date of service|service date|served on",
    "minutes": "mins|time spent",
    "version": "plan version|version number",
    "plan_version": "version|care plan version",
    "effective_on": "plan date|care plan date|effective date|effective since",
    "copy_given_on": "copy given|copy date|plan copy given on",
    "signed_on": "signed|date signed|signature date",
    "signed_by": "signer|signature",
    "elements": "plan elements|care plan elements",
    "reviewed_on": "review date|date of review",
    "reviewer": "reviewed by",
    "outcome": "review outcome",
    "month": "service month|month of service",
    "level": "mdm|mdm level|complexity",
    "documented_on": "documented|date documented|documentation date",
    "external_id": "id|entry id|time entry id|log id|call id|record id",
    "staff": "staff id|staff code|staff member|employee id|user id|nurse id|care manager id",
    "started_at": "start|start time|started|start date time|begin|begin time|time in|call start",
    "ended_at": "end|end time|ended|end date time|stop|stop time|time out|call end",
    "duration": "minutes|mins|duration minutes|duration min|total minutes|time spent|length",
    "activity": "activity type|task|task type|category",
    "description": "note|notes|comment|comments|details|narrative",
    "approved_by": "approver|supervisor",
    "role": "staff role|position|job title",
    "credential": "credentials|license type|degree|suffix",
    "licensed_states": "license states|licensed in|states",
    "license_expires_on": "license expiration|license expiration date|license expires",
    "email": "e-mail|email address|e-mail address",
    "phone": "phone number|telephone|tel",
    "specialty": "speciality|taxonomy",
    "discharged_on": "discharge date|date of discharge|discharged",
    "contacted_on": "contact date|date of contact|contacted",
    "period_from": "period start|start date|period begin",
    "days": "device days|days of data|days transmitted|reading days",
    "price": "rate|fee|unit price|amount",
    "percent": "percentage",
    "valid_from": "start date|effective date|from",
    "valid_to": "end date|to",
}


def plain(heading: str) -> str:
    """Return a heading in small letters without blanks and punctuation."""
    return "".join(letter for letter in heading.lower() if letter.isalnum())


def suggested_columns(kind: ImportKind, headers: Sequence[str]) -> list[str]:
    """Return a column for each header (empty: none), no column twice.

    A header that is a column's own name comes before one that is well known, and of those the one that `HEADINGS` has first: a code before a name.
    """
    own = [normal_header(header) for header in headers]
    columns = [name if name in kind.column_names and name not in own[:place] else "" for place, name in enumerate(own)]
    said = [plain(header) for header in headers]
    for name in kind.column_names:
        meant = [plain(heading) for heading in (name, *HEADINGS.get(name, "").split("|"))]
        places = [(meant.index(words), place) for place, words in enumerate(said) if words and words in meant and not columns[place]]
        if places and name not in columns:
            columns[min(places)[1]] = name
    return columns
