"""The files of staff (the vendor's own people) and of providers (the clients' practitioners)."""

from caretally.clients.import_clients import CLIENT
from caretally.imports.kinds import Column, ImportKind, Locks, Lookup, Rule, Target
from caretally.imports.values import COUNTRY, DATE, EMAIL, NPI, STATES, YEARS, one_of

STAFF_MEMBER = Lookup(
    join="LEFT JOIN staff m ON m.code = s.in_staff",
    gives={"staff_id": "m.id"},
    rule=Rule("unknown_staff", "staff", "r.staff_id IS NULL AND r.in_staff IS NOT NULL", "No staff member has the code “{value}”."),
)
PROVIDER = Lookup(
    join="LEFT JOIN provider d ON d.client_id = c.client_id AND d.npi = btrim(s.in_npi)",
    gives={"provider_id": "d.id"},
    rule=Rule(
        "unknown_provider",
        "npi",
        "r.provider_id IS NULL AND r.client_id IS NOT NULL AND r.npi IS NOT NULL",
        "This client has no provider with the NPI {value}.",
    ),
)
NPI_TRIAL = Rule("npi_trial", "npi", "r.npi LIKE '9%'", "The NPI {value} begins with 9, as only trial data does.", warns=True)
UNKNOWN_CREDENTIAL = Rule(
    "credential",
    "credential",
    "r.in_credential IS NOT NULL AND NOT EXISTS (SELECT FROM credential_type k WHERE k.credential = upper(btrim(r.in_credential)))",
    "The credential “{value}” is not in the table of credentials, so time by this person does not count.",
    warns=True,
)

STAFF = ImportKind(
    name="staff",
    columns=(
        Column("staff", required=True, words="Code of the staff member"),
        Column("family_name", required=True, into="family_name"),
        Column("given_name", required=True, into="given_name"),
        Column("role", one_of("clinical", "administrative", "qhp"), required=True, into="role"),
        Column("credential", into="credential", default="''"),
        Column("licensed_states", STATES, into="licensed_states", default="'{}'"),
        Column("license_expires_on", DATE, into="license_expires_on"),
        Column("country", COUNTRY, into="country", default="'US'"),
        Column("npi", NPI, into="npi", words="NPI"),
        Column("email", EMAIL, into="email", default="''"),
        Column("excluded_from", DATE, into="excluded_from"),
        Column("excluded_to", DATE, into="excluded_to"),
    ),
    targets=(Target("staff", {"code": "r.in_staff"}),),
    identity=("r.in_staff",),
    rules=(
        UNKNOWN_CREDENTIAL,
        NPI_TRIAL,
        Rule("date_order", "excluded_to", "r.excluded_to < r.excluded_from", "The exclusion ended on {value}, before it began."),
        Rule(
            "excluded_from",
            "excluded_to",
            "r.excluded_to IS NOT NULL AND r.excluded_from IS NULL",
            "The exclusion ended on {value} and its first day is missing; give excluded_from.",
        ),
    ),
    locks=Locks.VENDOR,
)

PROVIDERS = ImportKind(
    name="providers",
    columns=(
        Column("client", required=True),
        Column("npi", NPI, required=True, words="NPI"),
        Column("family_name", required=True, into="family_name"),
        Column("given_name", required=True, into="given_name"),
        Column("credential", required=True, into="credential"),
        Column("specialty", into="specialty", default="''"),
        Column("email", EMAIL, into="email", default="''"),
        Column("phone", into="phone", default="''"),
        Column("qp_years", YEARS, into="qp_years", default="'{}'", words="QP years"),
        Column("from", DATE, into="valid_from", words="First day"),
        Column("to", DATE, into="valid_to", words="Last day"),
    ),
    targets=(Target("provider", {"client_id": "r.client_id", "npi": "r.npi"}),),
    identity=("r.client_id", "r.npi"),
    lookups=(CLIENT,),
    rules=(
        UNKNOWN_CREDENTIAL,
        NPI_TRIAL,
        Rule("date_order", "to", 'r."to" < r."from"', "The last day {value} lies before the first day."),
    ),
)
