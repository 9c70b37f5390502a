-- What Medicare pays and what its published files say: dated, the same for every vendor. Loaded by `migrate` (the product's own rows)
-- and by `caretally rules load` (files as published). Decision 0009.
-- One row a file, or a day on which the product's own rows begin. Rows of a load never change; a later load takes over from its own day.
CREATE TABLE reference_load (
    id uuid PRIMARY KEY DEFAULT tenancy.new_id(),
    kind text NOT NULL CHECK (kind IN ('rvu', 'gpci', 'factor', 'mue', 'ptp', 'ccir', 'icd10')),
    origin text NOT NULL CHECK (origin IN ('product', 'file')),
    file_name text NOT NULL,
    file_sha256 text NOT NULL CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
    effective_from date NOT NULL,
    -- the fee schedule of a year says nothing about the next one
    effective_to date,
    rows_read int NOT NULL,
    rows_kept int NOT NULL,
    loaded_by text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (effective_to >= effective_from)
);
-- The loads in force, each until the next of its kind: a file beats the product's own rows of the same day, a later file an earlier one.
CREATE VIEW reference_edition WITH (security_invoker = true) AS
SELECT id, kind, origin, file_name, file_sha256, effective_from, least(effective_to, lead(effective_from) OVER later - 1) AS effective_to, rows_kept, loaded_by, loaded_at
FROM (SELECT DISTINCT ON (kind, effective_from) * FROM reference_load ORDER BY kind, effective_from, origin = 'product', loaded_at DESC) newest
WINDOW later AS (PARTITION BY kind ORDER BY effective_from);

-- Relative value units of a code without modifier; totals are published rounded, the parts are null where only totals are known.
CREATE TABLE relative_value (
    load_id uuid NOT NULL REFERENCES reference_load ON DELETE CASCADE,
    code text NOT NULL CHECK (code ~ '^[0-9A-Z]{5}$'),
    status text NOT NULL,
    work numeric(8, 2) CHECK (work >= 0),
    nonfacility_expense numeric(8, 2) CHECK (nonfacility_expense >= 0),
    facility_expense numeric(8, 2) CHECK (facility_expense >= 0),
    malpractice numeric(8, 2) CHECK (malpractice >= 0),
    nonfacility_total numeric(8, 2) CHECK (nonfacility_total >= 0),
    facility_total numeric(8, 2) CHECK (facility_total >= 0),
    nonfacility_never boolean NOT NULL DEFAULT false,
    facility_never boolean NOT NULL DEFAULT false,
    source text NOT NULL DEFAULT '',
    PRIMARY KEY (load_id, code)
);
-- What a status of the fee schedule means for payment.
CREATE TABLE fee_status (
    status text PRIMARY KEY,
    pays text NOT NULL CHECK (pays IN ('units', 'contractor', 'nothing')),
    label text NOT NULL
);
-- US dollars for one unit from the first day of its load on; since 2026 one for participants that qualify in an alternative payment model and one for everybody else.
CREATE TABLE conversion_factor (
    load_id uuid NOT NULL REFERENCES reference_load ON DELETE CASCADE,
    qualifying_apm boolean NOT NULL,
    factor numeric(9, 4) NOT NULL CHECK (factor > 0),
    valid_to date NOT NULL,
    source text NOT NULL DEFAULT '',
    PRIMARY KEY (load_id, qualifying_apm)
);
-- What work, practice expense and malpractice cost in a locality; 1 is the nation.
CREATE TABLE geographic_index (
    load_id uuid NOT NULL REFERENCES reference_load ON DELETE CASCADE,
    locality text NOT NULL CHECK (locality ~ '^[0-9]{5}-[0-9]{2}$'),
    state text NOT NULL,
    name text NOT NULL,
    work numeric(6, 3) NOT NULL CHECK (work > 0),
    expense numeric(6, 3) NOT NULL CHECK (expense > 0),
    malpractice numeric(6, 3) NOT NULL CHECK (malpractice > 0),
    PRIMARY KEY (load_id, locality)
);
CREATE TABLE place_of_service (code text PRIMARY KEY CHECK (code ~ '^[0-9]{2}$'), label text NOT NULL, facility boolean NOT NULL);
-- Medically unlikely edits: the most units of a code that a practitioner is paid for on one day.
CREATE TABLE unit_edit (
    load_id uuid NOT NULL REFERENCES reference_load ON DELETE CASCADE,
    code text NOT NULL CHECK (code ~ '^[0-9A-Z]{5}$'),
    units int NOT NULL CHECK (units >= 0),
    adjudication smallint NOT NULL CHECK (adjudication IN (1, 2, 3)),
    rationale text NOT NULL,
    PRIMARY KEY (load_id, code)
);
-- Pairs of codes of one practitioner and day (procedure to procedure) with at least one code of `billing_code`; modifier 1 allows both.
CREATE TABLE pair_edit (
    load_id uuid NOT NULL REFERENCES reference_load ON DELETE CASCADE,
    column_one text NOT NULL CHECK (column_one ~ '^[0-9A-Z]{5}$'),
    column_two text NOT NULL CHECK (column_two ~ '^[0-9A-Z]{5}$'),
    valid_from date NOT NULL,
    valid_to date,
    modifier smallint NOT NULL CHECK (modifier IN (0, 1, 9)),
    before_1996 boolean NOT NULL,
    rationale text NOT NULL,
    PRIMARY KEY (load_id, column_one, column_two, valid_from),
    CHECK (valid_to >= valid_from)
);
-- The pairs of the newest published file, else the product's own.
CREATE VIEW ncci_pair WITH (security_invoker = true) AS
WITH newest AS (SELECT id FROM reference_edition WHERE kind = 'ptp' ORDER BY effective_from DESC LIMIT 1)
SELECT column_one, column_two, valid_from, valid_to, modifier FROM pair_edit WHERE load_id = (SELECT id FROM newest)
UNION ALL
SELECT code_a, code_b, valid_from, valid_to, ncci_modifier::smallint FROM code_exclusion WHERE kind = 'ncci_ptp' AND NOT EXISTS (SELECT FROM newest);

-- ICD-10-CM codes without dot: whether AHRQ calls them chronic (null: no determination), and which are in force.
CREATE TABLE chronic_indicator (
    load_id uuid NOT NULL REFERENCES reference_load ON DELETE CASCADE,
    code text NOT NULL,
    chronic boolean,
    PRIMARY KEY (load_id, code)
);
CREATE TABLE diagnosis_code (
    load_id uuid NOT NULL REFERENCES reference_load ON DELETE CASCADE,
    code text NOT NULL,
    -- null where the published list does not say which are complete codes and which are headings
    billable boolean,
    PRIMARY KEY (load_id, code)
);
-- The chronic indicators in force today.
CREATE VIEW icd10_code WITH (security_invoker = true) AS
SELECT code, chronic FROM chronic_indicator
WHERE load_id = (SELECT id FROM reference_edition WHERE kind = 'ccir' AND effective_from <= current_date ORDER BY effective_from DESC LIMIT 1);
-- The diagnoses that may be recorded today: the complete codes of the newest list in force, else all that the indicators know.
CREATE VIEW diagnosis_known WITH (security_invoker = true) AS
WITH newest AS (
    SELECT id FROM reference_edition WHERE kind = 'icd10' AND effective_from <= current_date ORDER BY effective_from DESC LIMIT 1
)
SELECT code FROM diagnosis_code WHERE load_id = (SELECT id FROM newest) AND billable IS NOT FALSE
UNION ALL
SELECT code FROM icd10_code WHERE NOT EXISTS (SELECT FROM newest);

-- What Medicare pays for one unit of each billing code, exact and unrounded, for every part of the days asked in which it stays the same;
-- `facility` and `locality` ('' for none) say where, `why` says how it was found or, where the amount is null, what is missing.
CREATE FUNCTION medicare_rate(first_day date, last_day date, facility boolean, locality text)
RETURNS TABLE (code text, valid_from date, valid_to date, qualifying_apm boolean, amount numeric, why text)
LANGUAGE sql STABLE SET search_path = pg_catalog, caretally, pg_temp AS $$
WITH edition AS MATERIALIZED (
    SELECT id, kind, effective_from, coalesce(effective_to, last_day) AS effective_to FROM reference_edition
    WHERE kind IN ('rvu', 'gpci') AND effective_from <= last_day AND coalesce(effective_to, last_day) >= first_day
),
factor AS MATERIALIZED (
    SELECT f.qualifying_apm, f.factor, l.effective_from AS valid_from, f.valid_to, l.origin = 'product' AS own, l.loaded_at
    FROM conversion_factor f JOIN reference_load l ON l.id = f.load_id
    WHERE l.effective_from <= last_day AND f.valid_to >= first_day
),
period AS MATERIALIZED (
    SELECT starts, coalesce(lead(starts) OVER (ORDER BY starts) - 1, last_day) AS ends
    FROM (SELECT first_day AS starts
          UNION SELECT edge FROM edition e, LATERAL (VALUES (e.effective_from), (e.effective_to + 1)) AS v (edge)
          UNION SELECT edge FROM factor f, LATERAL (VALUES (f.valid_from), (f.valid_to + 1)) AS v (edge)) edges
    WHERE starts BETWEEN first_day AND last_day
),
-- The part of each price that is the same for every code.
setting AS MATERIALIZED (
    SELECT p.starts, p.ends, q.qualifying, f.factor, r.id AS rvu_id, g.id AS gpci_id, i.locality AS place, i.work, i.expense, i.malpractice
    FROM period p
    CROSS JOIN (VALUES (false), (true)) AS q (qualifying)
    LEFT JOIN edition r ON r.kind = 'rvu' AND p.starts BETWEEN r.effective_from AND r.effective_to
    LEFT JOIN edition g ON g.kind = 'gpci' AND p.starts BETWEEN g.effective_from AND g.effective_to
    LEFT JOIN geographic_index i ON i.load_id = g.id AND i.locality = medicare_rate.locality
    LEFT JOIN LATERAL (SELECT c.factor FROM factor c WHERE c.qualifying_apm = q.qualifying AND p.starts BETWEEN c.valid_from AND c.valid_to
                       ORDER BY c.valid_from DESC, c.own, c.loaded_at DESC LIMIT 1) f ON true
),
found AS (
    SELECT s.*, k.code, v.code AS valued, v.status, m.pays, m.label,
           CASE WHEN medicare_rate.facility THEN v.facility_total ELSE v.nonfacility_total END AS total,
           CASE WHEN medicare_rate.facility THEN v.facility_never ELSE v.nonfacility_never END AS never,
           v.work * s.work + CASE WHEN medicare_rate.facility THEN v.facility_expense ELSE v.nonfacility_expense END * s.expense
               + v.malpractice * s.malpractice AS located
    FROM setting s
    CROSS JOIN billing_code k
    LEFT JOIN relative_value v ON v.load_id = s.rvu_id AND v.code = k.code
    LEFT JOIN fee_status m ON m.status = v.status
),
explained AS (
    SELECT f.*, CASE WHEN medicare_rate.facility THEN 'facility' ELSE 'non-facility' END AS at,
           CASE WHEN valued IS NULL THEN code || ' has no relative value units on record for ' || to_char(starts, 'YYYY-MM-DD')
                WHEN pays = 'contractor' THEN code || ' is priced by the Medicare contractor'
                WHEN pays = 'nothing' OR pays IS NULL AND status <> '' THEN code || ' is not paid by the fee schedule (status ' || status || coalesce(', ' || label, '') || ')'
                WHEN never THEN code || ' is not paid in a ' || CASE WHEN medicare_rate.facility THEN 'facility' ELSE 'non-facility' END || ' place of service'
                WHEN total IS NULL THEN code || ' has no ' || CASE WHEN medicare_rate.facility THEN 'facility' ELSE 'non-facility' END
                    || ' relative value units on record for ' || to_char(starts, 'YYYY-MM-DD')
                WHEN factor IS NULL THEN 'no conversion factor' || CASE WHEN qualifying THEN ' of qualifying participants' ELSE '' END
                    || ' is on record for ' || to_char(starts, 'YYYY-MM-DD') END AS missing
    FROM found f
)
SELECT code, starts, ends, qualifying, CASE WHEN missing IS NULL THEN coalesce(located, total) * factor END,
       coalesce(missing, at || ', ' || CASE WHEN located IS NOT NULL THEN 'locality ' || place
                                            WHEN gpci_id IS NULL OR medicare_rate.locality = '' THEN 'national'
                                            WHEN place IS NULL THEN 'national (locality ' || medicare_rate.locality || ' is not in the index)'
                                            ELSE 'national (only totals are on record)' END || ', factor ' || factor)
FROM explained
$$;
GRANT SELECT ON reference_load, reference_edition, relative_value, fee_status, conversion_factor, geographic_index, place_of_service, unit_edit, pair_edit,
    ncci_pair, chronic_indicator, diagnosis_code, icd10_code, diagnosis_known TO {{vendor}}, {{practice}}, {{operator}};
