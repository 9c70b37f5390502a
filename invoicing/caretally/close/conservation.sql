-- Every second and every cent is somewhere, once. Each row returned is a breach and names what is wrong.
SELECT 'seconds of ' || mrn || ': counted plus excluded differ from raw' AS breach
FROM eval_decision
WHERE clinical_seconds + qhp_seconds + CASE WHEN excluded_seconds = '{}' THEN 0 ELSE (SELECT sum(s) FROM unnest(excluded_seconds) AS s) END <> raw_seconds
UNION ALL
SELECT 'patient ' || d.mrn || ' is billable without a line or has a line without being billable'
FROM eval_decision d FULL JOIN close_amount a ON a.decision_id = d.id
WHERE (a.decision_id IS NOT NULL) IS DISTINCT FROM (d.outcome = 'billable')
UNION ALL
SELECT 'patient ' || d.mrn || ' has ' || c.units || ' units of ' || c.code || ', over the cap of ' || b.max_units_month
FROM eval_decision d CROSS JOIN LATERAL unnest(d.codes, d.units) AS c (code, units) JOIN billing_code b ON b.code = c.code
WHERE c.units > b.max_units_month
UNION ALL
SELECT 'patient ' || max(mrn) || ' stands twice in the month' FROM eval_decision GROUP BY patient_id HAVING count(*) > 1
UNION ALL
SELECT 'patient ' || mrn || ' is ' || outcome || ' without a reason' FROM eval_decision WHERE outcome <> 'billable' AND (cardinality(exceptions) = 0 OR primary_reason IS NULL)
UNION ALL
SELECT 'patient ' || mrn || ' was not enrolled and is ' || outcome FROM eval_decision WHERE NOT enrolled AND outcome <> 'not_billable'
LIMIT 20
