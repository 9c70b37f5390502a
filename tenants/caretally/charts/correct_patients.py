"""The correction of a patient: found by its id, so that the record number can be typed anew with the rest; otherwise by the rules of the file."""

from dataclasses import replace

from caretally.imports.kinds import Column, Field, ImportKind, Lookup, Rule, SetRule, Target
from caretally.imports.records import RECORD
from caretally.patients.import_patients import PATIENTS

ITSELF = Lookup(
    join=f"LEFT JOIN patient own ON own.client_id = c.client_id AND own.id::text = s.in_{RECORD}",
    gives={"record_id": "own.id"},
    rule=Rule("unknown_record", "mrn", "r.record_id IS NULL AND r.client_id IS NOT NULL", "There is no such patient any more."),
)
OTHER_WITH_NUMBER = """
SELECT r.line, p.mrn FROM import_row r JOIN patient p ON p.client_id = r.client_id AND p.mrn = r.in_mrn AND p.id <> r.record_id
"""
OTHER_WITH_MBI = """
SELECT r.line, min(p.mrn) FROM import_row r JOIN patient p ON p.client_id = r.client_id AND p.mbi = r.mbi AND p.id <> r.record_id GROUP BY r.line
"""
MBI_TWICE = next(rule for rule in PATIENTS.rules if rule.name == "mbi_twice")
TAKEN = "Another patient of this client has the record number “{detail}”; look which of the two is right."


def correcting(patients: ImportKind) -> ImportKind:
    """Return the kind that corrects patients, with what follows from a file of `patients`."""
    target = patients.targets[0]
    return replace(
        patients,
        columns=(*patients.columns, Column(RECORD, required=True)),
        targets=(
            Target(
                target.table, {"client_id": "r.client_id", "id": "r.record_id"}, fields=(*target.fields, Field("mrn", "r.in_mrn", ("mrn",)))
            ),
        ),
        identity=("r.client_id", "r.record_id"),
        lookups=(*patients.lookups, ITSELF),
        rules=(
            *(rule for rule in patients.rules if rule is not MBI_TWICE),
            SetRule("mrn_taken", "mrn", OTHER_WITH_NUMBER, TAKEN),
            SetRule(MBI_TWICE.name, MBI_TWICE.column, OTHER_WITH_MBI, MBI_TWICE.sentence, warns=True),
        ),
    )
