"""The file of consents: four acknowledgements, one patient, one program, one practitioner."""

from caretally.clients.import_clients import CLIENT
from caretally.directory.import_people import PROVIDER
from caretally.imports.kinds import Column, ImportKind, Rule, Target
from caretally.imports.values import DATE, NPI, YES_NO, one_of
from caretally.patients.import_history import CLIENT_COLUMN, MRN, OF_PATIENT, PROGRAM
from caretally.patients.import_patients import PATIENT, not_before_birth

IDENTITY = OF_PATIENT | {"program": "r.program", "provider_id": "r.provider_id", "obtained_on": "r.obtained_on"}

CONSENTS = ImportKind(
    name="consents",
    columns=(
        CLIENT_COLUMN,
        MRN,
        PROGRAM,
        Column("npi", NPI, required=True, words="NPI"),
        Column("method", one_of("verbal", "written"), required=True, into="method"),
        Column("obtained_on", DATE, required=True, happened=True),
        Column("obtained_by", into="obtained_by", default="''"),
        Column("scope", YES_NO, into="scope", default="false", words="What the service is"),
        Column("cost_sharing", YES_NO, into="cost_sharing", default="false"),
        Column("one_practitioner", YES_NO, into="one_practitioner", default="false"),
        Column("stop", YES_NO, into="stop", default="false", words="Right to stop"),
        Column("script_version", into="script_version", default="''"),
        Column("document_ref", into="document_ref", default="''"),
        Column("revoked_on", DATE, into="revoked_on"),
    ),
    targets=(Target("consent", IDENTITY),),
    identity=tuple(IDENTITY.values()),
    lookups=(CLIENT, PATIENT, PROVIDER),
    rules=(
        *not_before_birth("obtained_on"),
        Rule("date_order", "revoked_on", "r.revoked_on < r.obtained_on", "The consent was revoked on {value}, before it was given."),
    ),
)
