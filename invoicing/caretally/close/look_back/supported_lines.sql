-- Of a patient in several programs each line stands by itself: one that waits does not take another's support away.
INSERT INTO close_supported
SELECT l.patient_id, array_agg(c.code), array_agg(c.units)
FROM eval_line l CROSS JOIN LATERAL unnest(l.codes, l.units) AS c (code, units)
WHERE l.outcome = 'billable'
GROUP BY l.patient_id
