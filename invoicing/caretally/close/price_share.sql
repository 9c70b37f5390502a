-- Under a percentage, each billable patient-month is one line: its share of what Medicare is expected to pay, rounded half up to the cent once.
INSERT INTO close_line
SELECT row_number() OVER (ORDER BY d.mrn), d.id, 'patient_month', '', 1, share.cents, share.cents
FROM eval_decision d
JOIN decision_expected x ON x.decision_id = d.id
CROSS JOIN LATERAL (SELECT round(x.cents * CAST(:percent AS numeric) / 100)::bigint AS cents) share
WHERE d.outcome = 'billable'
