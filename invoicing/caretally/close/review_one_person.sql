-- Records that turn out to be one person after their months were closed: where both were billed for programs that a month pays once, both months
-- are reviewed. A month still open is not met here; its close finds the other one.
INSERT INTO overpayment_review (vendor_id, client_id, patient_month_id, code, due_on)
WITH code_program AS (
    SELECT base_code AS code, p.enrolled_as AS program FROM time_ladder JOIN program p USING (program)
    UNION SELECT addon_code, p.enrolled_as FROM time_ladder JOIN program p USING (program) WHERE addon_code IS NOT NULL
    UNION SELECT code, p.enrolled_as FROM untimed_code JOIN program p USING (program)
    UNION SELECT code, p.enrolled_as FROM device_band JOIN program p USING (program)
    UNION SELECT code, p.enrolled_as FROM code_substitution JOIN program p USING (program)
),
billed AS MATERIALIZED (
    SELECT m.vendor_id, m.client_id, m.id, m.patient_id, m.month, m.codes, p.person_key
    FROM patient p
    JOIN patient_month m ON m.client_id = p.client_id AND m.patient_id = p.id AND m.outcome = 'billable'
    JOIN client_month c ON c.client_id = m.client_id AND c.id = m.client_month_id AND c.status = 'closed'
    WHERE p.person_key IN (SELECT person_key FROM patient WHERE id = ANY (CAST(:patients AS uuid[])))
)
SELECT DISTINCT one.vendor_id, one.client_id, one.id, 'DUPLICATE_PATIENT_MONTH', current_date + g.due_days
FROM billed one
JOIN billed other ON other.person_key = one.person_key AND other.month = one.month AND other.patient_id <> one.patient_id
JOIN gate g ON g.code = 'OVERPAYMENT_REVIEW'
WHERE EXISTS (
    SELECT FROM code_program mine JOIN duplicate_program d ON d.program = mine.program JOIN code_program theirs ON theirs.program = d.other_program
    WHERE mine.code = ANY (one.codes) AND theirs.code = ANY (other.codes)
)
ON CONFLICT DO NOTHING
