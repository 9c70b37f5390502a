-- What became of the client's patient-months of the closed months whose days are read, and where they stood at the cut: a closed month's counted
-- seconds are spread over its days as its logged seconds were.
INSERT INTO forecast_past
WITH closed AS MATERIALIZED (
    SELECT id, number::int FROM unnest(CAST(:months_read AS uuid[])) WITH ORDINALITY AS m (id, number)
),
timed AS MATERIALIZED (SELECT program, :never_pool AND follows_qhp_policy AS never_pool FROM program WHERE kind = 'timed'),
-- Held as it is found, here and in patients.sql: the planner takes a client's closed months for a few rows and would join them in loops.
counted AS MATERIALIZED (
    SELECT * FROM forecast_closed WHERE vendor_id = :vendor_id AND client_id = :client_id AND client_month_id = ANY (CAST(:months_read AS uuid[]))
),
logged AS MATERIALIZED (
    SELECT patient_id, program, month_number AS number, sum(seconds_before_cut) AS before_cut FROM forecast_logged GROUP BY 1, 2, 3
)
SELECT c.program, CASE WHEN c.raw_seconds > 0 THEN least(total, coalesce(before_cut, 0) * total / c.raw_seconds) ELSE 0 END, total
FROM counted c
JOIN closed ON closed.id = c.client_month_id
JOIN timed t ON t.program = c.program
CROSS JOIN LATERAL (SELECT c.clinical_seconds + CASE WHEN t.never_pool THEN 0 ELSE c.qhp_seconds END AS total) path
LEFT JOIN logged l ON l.patient_id = c.patient_id AND l.program = c.program AND l.number = closed.number
