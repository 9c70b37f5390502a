-- Patients with several lines, and those for whom somebody billed a service that may meet a line of theirs.
WITH taken AS (
    DELETE FROM eval_decision
    WHERE patient_id IN (SELECT patient_id FROM eval_decision GROUP BY patient_id HAVING count(*) > 1)
       OR patient_id IN (SELECT patient_id FROM billed_service WHERE vendor_id = :vendor_id AND client_id = :client_id
                         AND served_on BETWEEN :month_first - CAST(:period_days AS int) + 1 AND :month_last)
    RETURNING *
)
INSERT INTO eval_line
SELECT t.*, p.ordinal,
       row_number() OVER (PARTITION BY t.patient_id ORDER BY p.enrolled_as IS DISTINCT FROM c.program, array_position(CAST(:priority AS text[]), p.enrolled_as), p.ordinal),
       NULL, t.outcome <> 'not_billable' AND cardinality(t.codes) > 0, false, '{}', coalesce(individual.codes, t.codes)
FROM taken t
JOIN program p USING (program)
-- A setting's own code stands for the base it replaces: the pairs are asked about the care, not about its payment.
LEFT JOIN LATERAL (SELECT ARRAY[b.base_code] AS codes FROM code_substitution u JOIN time_ladder b ON b.program = u.program AND b.path = t.path
                   WHERE u.program = t.program AND u.code = ANY (t.codes) LIMIT 1) individual ON true
LEFT JOIN exclusion_choice c ON c.vendor_id = :vendor_id AND c.client_id = :client_id AND c.patient_id = t.patient_id AND c.month = :month_first
