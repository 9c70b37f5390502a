-- A monthly code without minutes: the first row of the table whose conditions, beneficiary status and month of enrolment fit (R30, R31).
INSERT INTO eval_given
-- the lines that stand with a code that others are added to: one program's, so at most one a patient
WITH standing AS MATERIALIZED (
    SELECT d.patient_id, d.provider_id, d.codes
    FROM eval_decision d
    WHERE d.outcome <> 'not_billable' AND d.codes && (
        SELECT array_agg(f.code) FROM untimed_code u JOIN code_exclusion x ON x.code_a = u.code AND x.allowed = 'REQUIRED base' JOIN code_family f ON f.name = x.code_b
        WHERE u.program = :program)
)
SELECT s.n, u.code, served_on, CASE WHEN served_on IS NULL THEN 'AFTER_DEATH' WHEN u.needs_base AND NOT has_base THEN 'ADDON_WITHOUT_BASE' END
FROM eval_scope s
-- the last enrolled day of the month that the patient lived to see, if there is one
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.died_on < s.last_enrolled_day
                THEN upper(coalesce(s.enrolled_days, datemultirange(daterange(:month_first, :month_last, '[]'))) * datemultirange(daterange(NULL, s.died_on, '[]'))) - 1
                ELSE s.last_enrolled_day END AS served_on
) lived
CROSS JOIN LATERAL (
    SELECT u.code, u.needs_base FROM untimed_code u
    WHERE u.program = :program AND s.conditions >= coalesce(u.conditions_from, 0) AND (s.qmb OR NOT u.qmb_only)
      AND CASE u.enrolled_since WHEN 'this_month' THEN s.starts_this_month WHEN 'earlier' THEN NOT s.starts_this_month ELSE true END
    ORDER BY u.ordinal LIMIT 1
) u
-- the base by the same practitioner in the same month: a line of the patient, or a service that somebody else billed
CROSS JOIN LATERAL (
    SELECT array_agg(f.code) AS codes FROM code_exclusion x JOIN code_family f ON f.name = x.code_b WHERE x.code_a = u.code AND x.allowed = 'REQUIRED base'
) base
LEFT JOIN standing d ON d.patient_id = s.patient_id
CROSS JOIN LATERAL (
    SELECT coalesce(d.patient_id IS NOT NULL AND d.codes && base.codes AND coalesce(d.provider_id = s.provider_id, true), false)
        OR EXISTS (SELECT FROM billed_service b WHERE b.vendor_id = :vendor_id AND b.client_id = :client_id AND b.patient_id = s.patient_id
                   AND b.code = ANY (base.codes) AND b.served_on BETWEEN :month_first AND :month_last AND coalesce(b.same_practitioner, b.npi = s.provider_npi, false)) AS has_base
) present
WHERE s.program = :program
