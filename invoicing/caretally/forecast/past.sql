-- What became of the client's closed patient-months. Of the first `totals_only` months only what they came to is told, of the others also where they stood at
-- the cut: a closed month's counted seconds are spread over its days as its logged seconds were.
INSERT INTO forecast_past
WITH closed AS MATERIALIZED (
    SELECT id, number::int FROM unnest(CAST(:client_month_ids AS uuid[])) WITH ORDINALITY AS m (id, number)
),
timed AS MATERIALIZED (SELECT program, :never_pool AND follows_qhp_policy AS never_pool FROM program WHERE kind = 'timed'),
counted AS (
    SELECT p.patient_id, p.programs[1] AS program, c.number, p.raw_seconds, p.clinical_seconds, p.qhp_seconds
    FROM closed c JOIN patient_month p ON p.client_month_id = c.id
    WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.enrolled AND cardinality(p.programs) = 1
    UNION ALL
    SELECT p.patient_id, l.program, c.number, l.raw_seconds, l.clinical_seconds, l.qhp_seconds
    FROM closed c JOIN patient_month p ON p.client_month_id = c.id
    JOIN program_line l ON l.vendor_id = p.vendor_id AND l.client_id = p.client_id AND l.patient_month_id = p.id
    WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND l.enrolled AND cardinality(p.programs) > 1
),
logged AS (
    SELECT patient_id, program, month_number + :totals_only AS number, sum(seconds_before_cut) AS before_cut FROM forecast_logged GROUP BY 1, 2, 3
)
SELECT c.patient_id, c.program, CASE WHEN c.number > :totals_only THEN CASE WHEN c.raw_seconds > 0 THEN least(total, coalesce(before_cut, 0) * total / c.raw_seconds) ELSE 0 END END, total
FROM counted c
JOIN timed t ON t.program = c.program
CROSS JOIN LATERAL (SELECT c.clinical_seconds + CASE WHEN t.never_pool THEN 0 ELSE c.qhp_seconds END AS total) path
LEFT JOIN logged l ON l.patient_id = c.patient_id AND l.program = c.program AND l.number = c.number
