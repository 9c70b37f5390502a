-- Why the expected amount of somebody who would be billed is not known.
SELECT DISTINCT x.note
FROM eval_decision d
JOIN decision_expected x ON x.decision_id = d.id
WHERE d.outcome = 'billable' AND x.cents IS NULL
ORDER BY 1
