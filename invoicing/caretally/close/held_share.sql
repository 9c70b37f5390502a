-- Where a percentage is agreed, money held is the share of what Medicare is expected to pay.
INSERT INTO close_held
SELECT d.id, round(x.cents * CAST(:percent AS numeric) / 100)::bigint
FROM eval_decision d JOIN decision_expected x ON x.decision_id = d.id
WHERE d.outcome = 'held' AND x.cents IS NOT NULL
