-- Each patient with what became of the own closed months and who cares for them: whoever logged most of the time.
WITH counted AS MATERIALIZED (
    SELECT patient_id, program, clinical_seconds, qhp_seconds FROM forecast_closed
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND client_month_id = ANY (CAST(:client_month_ids AS uuid[]))
),
own AS MATERIALIZED (
    SELECT s.patient_id, count(*)::int AS n,
           (count(*) FILTER (WHERE c.clinical_seconds + CASE WHEN :never_pool AND p.follows_qhp_policy THEN 0 ELSE c.qhp_seconds END >= s.so_far + s.missing_seconds))::int AS reached
    FROM forecast_standing s
    JOIN program p ON p.program = s.program
    JOIN counted c ON c.patient_id = s.patient_id AND c.program = s.program
    WHERE s.missing_seconds IS NOT NULL
    GROUP BY s.patient_id
),
carer AS MATERIALIZED (
    SELECT DISTINCT ON (l.patient_id) l.patient_id, s.code, s.family_name || ', ' || s.given_name AS name
    FROM (SELECT patient_id, staff_id, sum(seconds) AS seconds FROM forecast_logged GROUP BY 1, 2) l
    JOIN staff s ON s.vendor_id = :vendor_id AND s.id = l.staff_id
    ORDER BY l.patient_id, l.seconds DESC, s.code COLLATE "C"
)
SELECT s.mrn, p.family_name || ', ' || p.given_name AS patient, s.program, s.standing, s.counted_seconds, s.pending_seconds, s.so_far, s.missing_seconds, s.missing_code,
       s.days_left, s.gates, s.at_stake_cents, coalesce(o.n, 0) AS own_months, coalesce(o.reached, 0) AS own_reached, c.code AS staff, c.name AS staff_name
FROM forecast_standing s
JOIN patient p ON p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = s.patient_id
LEFT JOIN own o ON o.patient_id = s.patient_id
LEFT JOIN carer c ON c.patient_id = s.patient_id
ORDER BY s.mrn
