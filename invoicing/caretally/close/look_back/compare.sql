-- Each patient concerned as the month was closed beside the same month with everything that came in since. A claim that grew, or became billable, is
-- proposed unless the last standing proposal says the same. What was billed and is supported no longer starts a review.
INSERT INTO close_found
WITH both_ways AS MATERIALIZED (
    SELECT p.id AS patient_month_id, p.outcome AS closed_outcome, p.codes AS closed_codes, p.units AS closed_units, p.primary_reason AS closed_primary, p.exceptions AS closed_exceptions,
           p.warnings AS closed_warnings, p.excluded_reasons AS closed_reasons, p.excluded_seconds AS closed_seconds, p.mdm_level AS closed_mdm,
           patient.id AS of_patient, patient.mrn AS of_mrn, patient.family_name || ', ' || patient.given_name AS patient_name, d.*
    FROM unnest(CAST(:patients AS uuid[])) AS concerned (id)
    JOIN patient ON patient.vendor_id = :vendor_id AND patient.client_id = :client_id AND patient.id = concerned.id
    LEFT JOIN patient_month p ON p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.client_month_id = :client_month_id AND p.month = :month_first
         AND p.patient_id = patient.id
    LEFT JOIN eval_decision d ON d.patient_id = patient.id
),
compared AS (
    SELECT b.*, coalesce(added.codes, '{}') AS added_codes, coalesce(added.units, '{}') AS added_units, dropped.codes IS NOT NULL AS shrank,
           coalesce(replaced.cents, 0) AS replaced_cents, b.outcome = 'billable' AND added.codes IS NOT NULL AS grew
    FROM both_ways b
    LEFT JOIN LATERAL (
        SELECT array_agg(now.code ORDER BY now.o) AS codes, array_agg(now.units - coalesce(was.units, 0) ORDER BY now.o)::smallint[] AS units
        FROM unnest(b.codes, b.units) WITH ORDINALITY AS now (code, units, o)
        LEFT JOIN unnest(b.closed_codes, b.closed_units) AS was (code, units) ON was.code = now.code AND b.closed_outcome = 'billable'
        WHERE now.units > coalesce(was.units, 0)
    ) added ON b.outcome = 'billable'
    LEFT JOIN LATERAL (
        SELECT array_agg(was.code) AS codes, array_agg(was.units - coalesce(now.units, 0)) AS units
        FROM unnest(b.closed_codes, b.closed_units) AS was (code, units)
        LEFT JOIN close_supported s ON s.patient_id = b.of_patient
        LEFT JOIN LATERAL unnest(s.codes, s.units) AS now (code, units) ON now.code = was.code
        WHERE was.units > coalesce(now.units, 0)
    ) dropped ON b.closed_outcome = 'billable'
    -- what the closed lines of a claim that gives way to another one cost
    LEFT JOIN LATERAL (
        SELECT sum(gone.units * line.unit_price_cents)::bigint AS cents
        FROM unnest(dropped.codes, dropped.units) AS gone (code, units)
        CROSS JOIN LATERAL (SELECT x.unit_price_cents FROM invoice_line x WHERE x.vendor_id = :vendor_id AND x.client_id = :client_id
                            AND x.patient_month_id = b.patient_month_id AND x.code = gone.code ORDER BY x.line_number DESC LIMIT 1) line
    ) replaced ON dropped.codes IS NOT NULL
),
-- Why what was billed is supported no longer: what stops it now, else the time that stopped counting, else what changed about the claim.
explained AS (
    SELECT c.*, CASE WHEN shrank THEN coalesce(
               (SELECT e.code FROM unnest(c.exceptions) WITH ORDINALITY AS e (code, o) WHERE e.code NOT IN ('TIME_BELOW_THRESHOLD', 'TIME_PENDING') ORDER BY e.o LIMIT 1),
               (SELECT x.reason FROM unnest(c.excluded_reasons, c.excluded_seconds) WITH ORDINALITY AS x (reason, seconds, o)
                WHERE x.reason <> 'TIME_OVERLAP_PATIENT' AND x.seconds > coalesce(c.closed_seconds[array_position(c.closed_reasons, x.reason)], 0) ORDER BY x.o LIMIT 1),
               CASE WHEN c.id IS NULL THEN 'NOT_ENROLLED' END, c.primary_reason, CASE WHEN c.mdm_level IS DISTINCT FROM c.closed_mdm THEN 'MDM_NOT_DOCUMENTED' END,
               'LATE_ENTRY') END AS found_code
    FROM compared c
)
SELECT id, :month_first, of_patient, patient_month_id, of_mrn, patient_name, closed_outcome, closed_codes, closed_units, closed_primary,
       CASE WHEN closed_outcome = 'billable' THEN ARRAY(SELECT unnest(closed_warnings) EXCEPT SELECT unnest(warnings || exceptions) ORDER BY 1)
            WHEN closed_outcome IS NULL THEN '{}' ELSE ARRAY[closed_primary] || array_remove(closed_exceptions, closed_primary) END,
       coalesce(codes, '{}'), coalesce(units, '{}'), added_codes, added_units, replaced_cents, date_of_service, coalesce(clinical_seconds + qhp_seconds, 0), evidence_hash,
       grew IS TRUE AND NOT EXISTS (
           SELECT FROM close_proposed last
           WHERE last.patient_id = of_patient AND last.month = :month_first
             AND (last.codes, last.units, last.patient_month_id) IS NOT DISTINCT FROM (explained.codes, explained.units, explained.patient_month_id)),
       -- A fact without a date says how somebody stands today, not how they stood then.
       CASE WHEN found_code NOT IN ('STAFF_NOT_LICENSED', 'NON_CLINICAL_STAFF', 'OUTSIDE_US', 'PROVIDER_NOT_ELIGIBLE') THEN found_code END
FROM explained
WHERE grew OR shrank
