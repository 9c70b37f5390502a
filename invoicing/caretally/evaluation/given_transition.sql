-- Transitional care (R27): a discharge whose visit lies in the month, contacted in time, visited in time, with the level of decision
-- making that the code asks for, and outlived by its whole period. Of several the latest that is supported; of its codes the first of the table.
INSERT INTO eval_given
SELECT s.n, best.code, coalesce(best.visited_on, :month_last), CASE WHEN best.code IS NULL THEN 'TCM_NOT_SUPPORTED' END
FROM eval_scope s
LEFT JOIN LATERAL (
    SELECT u.code, d.visited_on
    FROM discharge d
    CROSS JOIN LATERAL (
        SELECT day::date AS contact_by
        FROM generate_series(d.discharged_on + 1, d.discharged_on + 30, interval '1 day') AS day
        WHERE extract(isodow FROM day) < 6 AND day::date NOT IN (SELECT h.day FROM federal_holiday h)
        ORDER BY day OFFSET CAST(:contact_business_days AS int) - 1 LIMIT 1
    ) deadline
    JOIN untimed_code u ON u.program = :program AND d.mdm = ANY (u.mdm_levels) AND d.visited_on <= d.discharged_on + u.visit_within_days
    WHERE d.vendor_id = :vendor_id AND d.client_id = :client_id AND d.patient_id = s.patient_id
      AND d.visited_on BETWEEN greatest(:month_first, d.discharged_on) AND :month_last
      AND s.enrolled AND coalesce(s.enrolled_days @> d.visited_on, true)
      AND d.contacted_on BETWEEN d.discharged_on AND deadline.contact_by
      AND coalesce(s.died_on >= d.discharged_on + CAST(:period_days AS int), true)
    ORDER BY d.discharged_on DESC, u.ordinal LIMIT 1
) best ON true
WHERE s.program = :program
