"""The file of patients, and how the other files name a patient: the client's code and the record number within it."""

from caretally.clients.import_clients import CLIENT
from caretally.imports.kinds import Column, Field, ImportKind, Lookup, Rule, SetRule, Target
from caretally.imports.values import DATE, MBI, STATE, YES_NO

PATIENT = Lookup(
    join="LEFT JOIN patient p ON p.client_id = c.client_id AND p.mrn = s.in_mrn",
    gives={"patient_id": "p.id", "born_on": "p.birth_date"},
    rule=Rule(
        "unknown_patient",
        "mrn",
        "r.patient_id IS NULL AND r.client_id IS NOT NULL AND r.in_mrn IS NOT NULL",
        "This client has no patient with the record number “{value}”.",
    ),
)


def not_before_birth(*columns: str) -> tuple[Rule, ...]:
    """Return the rules that refuse dated facts of a patient (days or moments, by column) from before the birth."""
    sentence = "{value} lies before the patient was born; look whether its year is right."
    return tuple(Rule("before_birth", name, f'r."{name}" < r.born_on', sentence) for name in columns)


ONE_MBI_TWICE = """
SELECT r.line, min(other.mrn) FROM import_row r JOIN (
    SELECT client_id, mbi, in_mrn AS mrn FROM import_row WHERE mbi IS NOT NULL
    UNION ALL
    SELECT p.client_id, p.mbi, p.mrn FROM patient p
    WHERE p.mbi IS NOT NULL AND NOT EXISTS (SELECT FROM import_row f WHERE f.client_id = p.client_id AND f.in_mrn = p.mrn)
) other ON other.client_id = r.client_id AND other.mbi = r.mbi AND other.mrn <> r.in_mrn GROUP BY r.line
"""

PATIENTS = ImportKind(
    name="patients",
    columns=(
        Column("client", required=True),
        Column("mrn", required=True, words="Record number"),
        Column("family_name", required=True, into="family_name"),
        Column("given_name", required=True, into="given_name"),
        Column("birth_date", DATE, required=True, into="birth_date", words="Date of birth"),
        Column("mbi", MBI, into="mbi", words="Medicare number"),
        Column("state", STATE, into="state"),
        Column("payer", into="payer", default="''"),
        Column("qmb", YES_NO, into="qmb", words="Qualified Medicare Beneficiary"),
        Column("part_b_from", DATE, into="part_b_from", words="Part B since"),
        Column("died_on", DATE, into="died_on", happened=True),
    ),
    targets=(
        Target(
            "patient",
            {"client_id": "r.client_id", "mrn": "r.in_mrn"},
            fields=(Field("search_name", "import.plain_name(r.in_family_name || ' ' || r.in_given_name)", ("family_name", "given_name")),),
        ),
    ),
    identity=("r.client_id", "r.in_mrn"),
    lookups=(CLIENT,),
    rules=(
        Rule("birth_date", "birth_date", "r.birth_date > current_date OR r.birth_date < '1890-01-01'", "Nobody was born on {value}."),
        Rule("date_order", "died_on", "r.died_on < r.birth_date", "The day of death {value} lies before the birth."),
        Rule("before_birth", "part_b_from", "r.part_b_from < r.birth_date", "The first day of Part B {value} lies before the birth."),
        SetRule("mbi_twice", "mbi", ONE_MBI_TWICE, "The patient {detail} of this client carries the same Medicare number.", warns=True),
    ),
)
