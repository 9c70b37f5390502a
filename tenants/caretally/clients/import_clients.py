"""The file of clients: one practice a row, by its code."""

from caretally.imports.kinds import Column, ImportKind, Lookup, Rule, SetRule, Target, Value
from caretally.imports.values import DATE, EMAIL, WHOLE, one_of

CLIENT = Lookup(
    join="LEFT JOIN client c ON c.code = s.in_client",
    gives={"client_id": "c.client_id", "zone": "c.timezone"},
    rule=Rule("unknown_client", "client", "r.client_id IS NULL AND r.in_client IS NOT NULL", "No client has the code “{value}”."),
)
ZONE_CHANGED = """
SELECT r.line, c.timezone FROM import_row r JOIN client c ON c.code = r.in_code AND c.timezone <> r.in_timezone
WHERE EXISTS (SELECT FROM client_month m WHERE m.client_id = c.client_id AND m.status = 'closed')
"""
# A spreadsheet takes the zero from 02.
PLACE_OF_SERVICE = Value(
    "CASE WHEN {raw} ~ '^ *[0-9]{{1,2}} *$' THEN lpad(btrim({raw}), 2, '0') END",
    "place_of_service",
    "“{value}” is not a two-digit place of service such as 11.",
)
LOCALITY = Value(
    "CASE WHEN {raw} ~ '^ *[0-9]{{5}}[- ]?[0-9]{{2}} *$' THEN regexp_replace(btrim({raw}), '^(.....)[- ]?(..)$', '\\1-\\2') END",
    "medicare_locality",
    "“{value}” is not a Medicare contractor and locality; write 01112-05.",
)

CLIENTS = ImportKind(
    name="clients",
    columns=(
        Column("code", required=True),
        Column("name", required=True, into="name"),
        Column("timezone", required=True, into="timezone", words="Time zone"),
        Column("setting", one_of("physician", "rhc_fqhc"), into="setting", default="'physician'"),
        Column("place_of_service", PLACE_OF_SERVICE, into="place_of_service", default="'11'"),
        Column("medicare_locality", LOCALITY, into="medicare_locality", default="''"),
        Column("tin", into="tin", default="''", words="Tax number (TIN)"),
        Column("address", into="address", default="''", prose=True),
        Column("bill_to", into="bill_to", default="''", prose=True),
        Column("po_number", into="po_number", default="''", words="Purchase order number"),
        Column("terms_days", WHOLE, into="terms_days", default="30", words="Payment terms in days"),
        Column("contact_name", into="contact_name", default="''"),
        Column("contact_email", EMAIL, into="contact_email", default="''", words="Contact's email"),
        Column("access_24_7_from", DATE, into="access_24_7_from", words="24/7 access since"),
        Column("ehr_certified_from", DATE, into="ehr_certified_from", words="Certified EHR since"),
        Column("supervision_from", DATE, into="supervision_from", words="General supervision since"),
        Column("baa_on", DATE, into="baa_on", words="Business associate agreement signed on"),
    ),
    targets=(Target("client", {"code": "r.in_code"}, row_id="client_id"),),
    identity=("r.in_code",),
    rules=(
        Rule(
            "client_code",
            "code",
            r"""r.in_code ~ '[/\\*?"<>|]' OR strpos(r.in_code, ':') > 0 OR r.in_code ~ '^[.]' OR char_length(r.in_code) > 40""",
            "A client's code stands in the names of files: at most 40 characters, none of / \\ : * ? \" < > | and no dot at its beginning.",
        ),
        Rule(
            "timezone",
            "timezone",
            "r.in_timezone NOT IN (SELECT name FROM pg_timezone_names)",
            "“{value}” is not the name of a time zone; write America/New_York.",
        ),
        Rule(
            "place_of_service_unknown",
            "place_of_service",
            "r.place_of_service IS NOT NULL AND NOT EXISTS (SELECT FROM place_of_service k WHERE k.code = r.place_of_service)",
            "“{value}” is not in the table of places of service.",
        ),
        Rule(
            "medicare_locality_unknown",
            "medicare_locality",
            "r.medicare_locality IS NOT NULL AND EXISTS (SELECT FROM geographic_index) "
            "AND NOT EXISTS (SELECT FROM geographic_index k WHERE k.locality = r.medicare_locality)",
            "“{value}” is in no geographic index that is loaded, so expected payments are the national ones.",
            warns=True,
        ),
        Rule("terms_days", "terms_days", "r.terms_days NOT BETWEEN 0 AND 365", "Payment terms are 0 to 365 days, not {value}."),
        SetRule("timezone_fixed", "timezone", ZONE_CHANGED, "This client has closed months, so its time zone stays {detail}."),
    ),
)
