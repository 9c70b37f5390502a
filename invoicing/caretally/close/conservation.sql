-- Every second and every cent is somewhere, once. Each row returned is a breach and names what is wrong.
SELECT 'seconds of ' || mrn || ': counted plus excluded differ from raw' AS breach
FROM eval_decision
WHERE clinical_seconds + qhp_seconds + CASE WHEN excluded_seconds = '{}' THEN 0 ELSE (SELECT sum(s) FROM unnest(excluded_seconds) AS s) END <> raw_seconds
UNION ALL
SELECT 'patient ' || d.mrn || ' is billable without a line or has a line without being billable'
FROM eval_decision d FULL JOIN close_amount a ON a.decision_id = d.id
WHERE (a.decision_id IS NOT NULL) IS DISTINCT FROM (d.outcome = 'billable')
UNION ALL
-- Few claims differ: each is asked once, and its patients are looked for only when it is over a cap.
SELECT 'patient ' || d.mrn || ' has ' || over.claimed || ' units of ' || over.code || ', over the cap of ' || over.cap
FROM (
    SELECT claim.codes, claim.units, c.code, c.units AS claimed, b.max_units_month AS cap
    FROM (SELECT codes, units FROM eval_decision WHERE codes <> '{}' GROUP BY codes, units) claim
    CROSS JOIN LATERAL unnest(claim.codes, claim.units) AS c (code, units) JOIN billing_code b ON b.code = c.code
    WHERE c.units > b.max_units_month
    OFFSET 0 -- a fence
) over
CROSS JOIN LATERAL (SELECT mrn FROM eval_decision WHERE codes = over.codes AND units = over.units) d
UNION ALL
SELECT 'patient ' || max(mrn) || ' stands twice in the month' FROM eval_decision GROUP BY patient_id HAVING count(*) > 1
UNION ALL
SELECT 'patient ' || mrn || ' is ' || outcome || ' without a reason' FROM eval_decision WHERE outcome <> 'billable' AND (cardinality(exceptions) = 0 OR primary_reason IS NULL)
UNION ALL
SELECT 'patient ' || mrn || ' was not enrolled and is ' || outcome FROM eval_decision WHERE NOT enrolled AND outcome <> 'not_billable'
LIMIT 20
