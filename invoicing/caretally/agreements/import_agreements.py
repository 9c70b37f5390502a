"""The file of agreements: the rows of one client and first day form one version, each row one price of it."""

from caretally.clients.import_clients import CLIENT
from caretally.imports.kinds import Column, Field, ImportKind, Rule, SetRule, Target
from caretally.imports.values import BILLING_CODE, CENTS, DATE, LIST, PERCENT, WHOLE, YES_NO, one_of

# A million dollars for one unit is a slip of the hand; below it the sum of a million patient-months stays a number of 64 bits.
MOST_CENTS = 100_000_000
TERMS = (
    Column("valid_to", DATE, into="valid_to", words="Last day"),
    Column("basis", one_of("per_patient_month", "per_code", "percentage"), required=True, into="basis"),
    Column("tier_mode", one_of("graduated", "whole_volume"), into="tier_mode", default="'graduated'", words="Tiers"),
    Column("minimum", CENTS, into="minimum_cents", default="0"),
    Column(
        "qhp_time", one_of("pool", "personal", "never_pool"), into="qhp_time", default="'pool'", words="Time of physicians and other QHPs"
    ),
    Column("attestation_required", YES_NO, into="attestation_required", default="false"),
    Column("date_of_service", one_of("threshold", "month_end"), into="date_of_service", default="'threshold'"),
    Column("copy_missing", one_of("hold", "warn", "off"), into="copy_missing", default="'hold'"),
    Column("review_overdue", one_of("hold", "warn", "off"), into="review_overdue", default="'hold'"),
    Column("priority", LIST, into="priority", default="'{}'"),
    Column("po_required", YES_NO, into="po_required", default="false", words="Purchase order required"),
)
TERMS_TEXT = f"ROW({', '.join(column.cell for column in TERMS)})::text"
TERMS_DIFFER = f"""
SELECT r.line, first_line::text FROM (
    SELECT r.line, min(r.line) OVER version AS first_line, {TERMS_TEXT} AS terms, first_value({TERMS_TEXT}) OVER (version ORDER BY r.line) AS first_terms
    FROM import_row r WINDOW version AS (PARTITION BY r.client_id, r.valid_from)
) r WHERE terms <> first_terms
"""
# What would stand after the import: the file's versions, and those of the same clients that the file does not replace.
OVERLAP = """
WITH given AS (
    SELECT client_id, valid_from, min(valid_to) AS valid_to, min(line) AS line FROM import_row
    WHERE client_id IS NOT NULL AND valid_from IS NOT NULL AND valid_to >= valid_from IS NOT FALSE GROUP BY client_id, valid_from
), standing AS (
    SELECT client_id, valid_from, valid_to FROM given
    UNION ALL
    SELECT a.client_id, a.valid_from, a.valid_to FROM agreement a
    WHERE a.client_id IN (SELECT client_id FROM given) AND (a.client_id, a.valid_from) NOT IN (SELECT client_id, valid_from FROM given)
)
SELECT g.line, min(other.valid_from::text || ' to ' || coalesce(other.valid_to::text, 'further notice')) FROM given g
JOIN standing other ON other.client_id = g.client_id AND other.valid_from <> g.valid_from
    AND daterange(other.valid_from, other.valid_to, '[]') && daterange(g.valid_from, g.valid_to, '[]')
GROUP BY g.line
"""
# Without a price from the first patient or unit on, a volume below the first tier would have no price.
NO_FIRST_TIER = """
SELECT given.line, given.code FROM (
    SELECT client_id, valid_from, coalesce(code, '') AS code, min(line) AS line FROM import_row WHERE client_id IS NOT NULL AND valid_from IS NOT NULL
    GROUP BY 1, 2, 3 HAVING min(coalesce(tier_from, 1)) > 1
) given WHERE NOT EXISTS (
    SELECT FROM agreement a JOIN agreement_price e ON e.client_id = a.client_id AND e.agreement_id = a.id
    WHERE a.client_id = given.client_id AND a.valid_from = given.valid_from AND e.code = given.code AND e.tier_from = 1)
"""
# A spreadsheet keeps 40 % as 0.4, which must not become four tenths of a percent.
PERCENTAGE = (
    Rule(
        "fee_splitting",
        "basis",
        "r.basis = 'percentage'",
        "A fee that is a percentage of what a payer pays can be unlawful fee splitting; have counsel confirm it for the client's state, "
        "or agree on a price.",
        warns=True,
    ),
    Rule("percent_missing", "percent", "r.basis = 'percentage' AND btrim(coalesce(r.in_percent, '')) = ''", "The percentage is missing."),
    Rule("percent_range", "percent", "r.percent NOT BETWEEN 1 AND 100", "A percentage is 1 to 100, so not {value}; write 40 for 40 %."),
    Rule("percent_not_used", "percent", "r.basis <> 'percentage' AND r.percent IS NOT NULL", "Only the basis percentage has a percentage."),
    Rule("price_not_used", "price", "r.basis = 'percentage' AND r.price IS NOT NULL", "A percentage of the expected amount has no price."),
    Rule("tier_not_used", "tier_from", "r.basis = 'percentage' AND r.tier_from > 1", "A percentage has no tiers."),
)

AGREEMENTS = ImportKind(
    name="agreements",
    permission="change_agreements",
    columns=(
        Column("client", required=True),
        Column("valid_from", DATE, required=True, words="First day"),
        *TERMS,
        Column("code", BILLING_CODE),
        Column("price", CENTS),
        Column("percent", PERCENT),
        Column("tier_from", WHOLE, words="From volume"),
    ),
    targets=(
        Target("agreement", {"client_id": "r.client_id", "valid_from": "r.valid_from"}, once=True),
        Target(
            "agreement_price",
            {"client_id": "r.client_id", "agreement_id": "a.id", "code": "coalesce(r.code, '')", "tier_from": "coalesce(r.tier_from, 1)"},
            # A version that changes its basis trades the one for the other.
            fields=(Field("price_cents", "r.price", ("price", "basis")), Field("percent", "r.percent", ("percent", "basis"))),
            joins="JOIN agreement a ON a.client_id = r.client_id AND a.valid_from = r.valid_from",
        ),
    ),
    identity=("r.client_id", "r.valid_from", "coalesce(r.code, '')", "coalesce(r.tier_from, 1)"),
    lookups=(CLIENT,),
    rules=(
        Rule("date_order", "valid_to", "r.valid_to < r.valid_from", "The last day {value} lies before the first day."),
        Rule("code_missing", "code", "r.basis = 'per_code' AND r.in_code IS NULL", "A price per code needs the code."),
        Rule(
            "code_not_used",
            "code",
            "r.basis IN ('per_patient_month', 'percentage') AND r.code IS NOT NULL",
            "Only a price per code has a code, so not {value}.",
        ),
        Rule("required", "price", "r.basis <> 'percentage' AND btrim(coalesce(r.in_price, '')) = ''", "The price is missing."),
        *PERCENTAGE,
        Rule(
            "billing_code_unknown",
            "code",
            "r.code IS NOT NULL AND NOT EXISTS (SELECT FROM billing_code k WHERE k.code = r.code)",
            "“{value}” is not in the table of billing codes.",
        ),
        Rule(
            "program_unknown",
            "priority",
            "EXISTS (SELECT FROM unnest(r.priority) AS named WHERE named NOT IN (SELECT p.enrolled_as FROM program p))",
            "“{value}” names a program that is unknown; write programs such as APCM;CCM;PCM.",
        ),
        Rule(
            "price", "price", f"r.price > {MOST_CENTS}", "A price of {value} dollars is more than a million; look where its decimals are."
        ),
        Rule(
            "minimum",
            "minimum",
            f"r.minimum > {MOST_CENTS}",
            "A minimum of {value} dollars is more than a million; look where its decimals are.",
        ),
        Rule("tier_from", "tier_from", "r.tier_from < 1", "Tiers begin at 1 or later, not at {value}."),
        SetRule("terms_differ", "basis", TERMS_DIFFER, "This row and line {detail} give different terms for one version."),
        SetRule("versions_overlap", "valid_from", OVERLAP, "This version overlaps the one from {detail}."),
        SetRule("no_first_tier", "tier_from", NO_FIRST_TIER, "No tier begins at 1, so small volumes have no price."),
    ),
)
