"""How a page asks for each column of a patient and of the facts about one."""

from caretally.imports.typed_fields import Group, TypedField
from caretally.patients.import_history import LEVELS, PROGRAMS, STATUSES, STAY_KINDS, VISIT_KINDS

CHOOSE = ("", "choose")
NOT_KNOWN = (("", "not known"), ("yes", "yes"), ("no", "no"))
YES_OR_NO = (("no", "no"), ("yes", "yes"))


def words_of(values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return values as options, in words, after one that asks to choose."""
    return (CHOOSE, *((value, value if value.isupper() else value.replace("_", " ").capitalize()) for value in values))


PROGRAM = TypedField("program", "Program", "choice", required=True, options=words_of(PROGRAMS))
FIRST_DAY = TypedField("from", "First day", "date", required=True)
LAST_DAY = TypedField("to", "Last day", "date", hint="Empty while it lasts.")
PRACTITIONER = TypedField("npi", "Practitioner", "choice", hint="One of the client's providers.", required=True)

PATIENT_GROUPS = (
    Group(
        "Person",
        (
            TypedField("client", "Client", "choice", required=True),
            TypedField(
                "mrn", "Record number", hint="As the practice's own system shows it; one patient of the client has it.", required=True
            ),
            TypedField("family_name", "Family name", required=True),
            TypedField("given_name", "Given name", required=True),
            TypedField("birth_date", "Born on", "date", required=True),
            TypedField("died_on", "Died on", "date"),
        ),
    ),
    Group(
        "Coverage",
        (
            TypedField("mbi", "Medicare number", hint="As on the card, with dashes or without."),
            TypedField("state", "State", hint="Two letters; staff are licensed by it."),
            TypedField("payer", "Payer"),
            TypedField("part_b_from", "Part B since", "date"),
            TypedField("qmb", "Qualified Medicare Beneficiary", "choice", options=NOT_KNOWN),
        ),
    ),
)
ENROLMENT_GROUPS = (
    Group(
        "Enrolment",
        (
            PROGRAM,
            TypedField("status", "Standing", "choice", required=True, options=words_of(STATUSES)),
            FIRST_DAY,
            LAST_DAY,
            TypedField("reason", "Reason", "area"),
        ),
    ),
)
ASSIGNMENT_GROUPS = (Group("Supervising provider", (PROGRAM, PRACTITIONER, FIRST_DAY, LAST_DAY)),)
CONDITION_GROUPS = (
    Group(
        "Condition",
        (
            TypedField("icd10", "ICD-10 code", hint="As E11.9.", required=True),
            TypedField("onset_on", "Since", "date"),
            TypedField("resolved_on", "Resolved on", "date"),
            TypedField("expected_months", "Expected to last, in months", hint="In all, as 12."),
            TypedField("until_death", "Expected to last until death", "choice", options=NOT_KNOWN),
            TypedField(
                "risk_documented", "Its risk is documented", "choice", hint="Of death, decompensation or decline.", options=NOT_KNOWN
            ),
        ),
    ),
)
CONSENT_GROUPS = (
    Group(
        "Consent",
        (
            PROGRAM,
            PRACTITIONER,
            TypedField("obtained_on", "Given on", "date", required=True),
            TypedField("method", "How", "choice", required=True, options=words_of(("verbal", "written"))),
            TypedField("obtained_by", "Taken by"),
        ),
    ),
    Group(
        "The patient was told",
        (
            TypedField("scope", "What the service is", "choice", options=YES_OR_NO),
            TypedField("cost_sharing", "That cost sharing may apply", "choice", options=YES_OR_NO),
            TypedField("one_practitioner", "That one practitioner bills a month", "choice", options=YES_OR_NO),
            TypedField("stop", "The right to stop at any time", "choice", options=YES_OR_NO),
        ),
    ),
    Group(
        "Papers",
        (
            TypedField("script_version", "Script version"),
            TypedField("document_ref", "Where the document is"),
            TypedField("revoked_on", "Revoked on", "date"),
        ),
    ),
)
VISIT_GROUPS = (
    Group(
        "Visit",
        (
            TypedField("visited_on", "Day", "date", required=True),
            TypedField(
                "kind",
                "Kind",
                "choice",
                hint="AWV and IPPE are yearly and first wellness visits, EM any other.",
                required=True,
                options=words_of(VISIT_KINDS),
            ),
            TypedField("code", "Billing code", hint="As 99214."),
            TypedField("npi", "Practitioner's NPI"),
            TypedField("ccm_discussed", "Care management was talked about", "choice", options=NOT_KNOWN),
        ),
    ),
)
PLAN_GROUPS = (
    Group(
        "Care plan",
        (
            TypedField("version", "Version", hint="1 for the first plan, then 2, 3 and on.", required=True),
            TypedField("effective_on", "In effect since", "date", required=True),
            TypedField("author", "Written by"),
            TypedField("signed_by", "Signed by"),
            TypedField("signed_on", "Signed on", "date"),
            TypedField("copy_given_on", "Copy given to the patient on", "date"),
            TypedField("copy_method", "How the copy was given"),
            TypedField("elements", "What the plan holds", "ticks"),
        ),
    ),
)
REVIEW_GROUPS = (
    Group(
        "Review of the care plan",
        (
            TypedField("plan_version", "Version of the plan", "choice", required=True),
            TypedField("reviewed_on", "Reviewed on", "date", required=True),
            TypedField("reviewer", "Reviewed by", required=True),
            TypedField("outcome", "What came of it", "choice", required=True, options=words_of(("no_change", "updated"))),
        ),
    ),
)
STAY_GROUPS = (Group("Stay", (TypedField("kind", "Kind", "choice", required=True, options=words_of(STAY_KINDS)), FIRST_DAY, LAST_DAY)),)
SERVICE_GROUPS = (
    Group(
        "Service that was billed by somebody",
        (
            TypedField("code", "Billing code", hint="As 99214.", required=True),
            TypedField("on", "Day", "date", required=True),
            TypedField("npi", "Practitioner's NPI"),
            TypedField("same_practitioner", "By the practitioner who bills the month", "choice", options=NOT_KNOWN),
            TypedField("minutes", "Minutes"),
        ),
    ),
)
DISCHARGE_GROUPS = (
    Group(
        "Discharge",
        (
            TypedField("discharged_on", "Discharged on", "date", required=True),
            TypedField("contacted_on", "Contacted on", "date"),
            TypedField("visited_on", "Seen on", "date"),
            TypedField("mdm", "Medical decision making", "choice", options=(("", "not documented"), *words_of(LEVELS)[1:])),
        ),
    ),
)
DECISION_GROUPS = (
    Group(
        "Medical decision making of a month",
        (
            TypedField("month", "Month", hint="As 2026-11.", required=True),
            TypedField("level", "Level", "choice", required=True, options=words_of(LEVELS)),
            TypedField("npi", "Practitioner", "choice", hint="One of the client's providers.", required=True),
            TypedField("documented_on", "Documented on", "date", required=True),
        ),
    ),
)
