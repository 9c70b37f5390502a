-- What the billable patient-months cost under the agreement: one line a patient and code (or a patient), split where a tier begins.
INSERT INTO close_line
WITH item AS (
    SELECT id, mrn, unnest(codes) AS code, unnest(units)::int AS units FROM eval_decision WHERE outcome = 'billable' AND CAST(:basis AS text) = 'per_code'
    UNION ALL
    SELECT d.id, d.mrn, '', 1 FROM eval_decision d WHERE d.outcome = 'billable' AND CAST(:basis AS text) = 'per_patient_month'
),
-- Units are numbered in the order of the record number, so a graduated tier begins at the same patient on every machine.
placed AS (
    SELECT i.*, sum(units) OVER (PARTITION BY code ORDER BY mrn) AS upto, sum(units) OVER (PARTITION BY code) AS volume FROM item i
),
tier AS (
    SELECT code, tier_from, coalesce(lead(tier_from) OVER (PARTITION BY code ORDER BY tier_from) - 1, 2147483647) AS tier_to, price_cents
    FROM agreement_price
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND agreement_id = :agreement_id
),
priced AS (
    SELECT p.id, p.mrn, p.code, t.price_cents,
           CASE WHEN :whole_volume THEN p.units ELSE least(p.upto, t.tier_to) - greatest(p.upto - p.units + 1, t.tier_from) + 1 END::int AS units
    FROM placed p
    JOIN tier t ON t.code = p.code AND CASE WHEN :whole_volume THEN p.volume BETWEEN t.tier_from AND t.tier_to
                                            ELSE p.upto >= t.tier_from AND p.upto - p.units + 1 <= t.tier_to END
),
numbered AS (
    SELECT row_number() OVER (ORDER BY p.mrn, b.adds_on_to IS NOT NULL, p.code, p.price_cents DESC) AS line_number, p.*
    FROM priced p LEFT JOIN billing_code b ON b.code = p.code
)
SELECT line_number, id, CASE WHEN code = '' THEN 'patient_month' ELSE 'code' END, code, units, price_cents, units * price_cents FROM numbered
