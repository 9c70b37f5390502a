-- Patients who could be asked to enrol in a program: alive, with as many chronic conditions as its rule table needs, and without any standing in it today.
WITH day AS (SELECT (clock_timestamp() AT TIME ZONE timezone)::date AS today FROM vendor WHERE vendor_id = (SELECT tenancy.current_vendor())),
needed AS (
    SELECT max(amount) AS amount FROM program_limit, day
    WHERE program = :program AND name = 'conditions_needed' AND valid_from <= today AND coalesce(valid_to >= today, true)
),
chronic AS (
    SELECT k.client_id, k.patient_id, count(*) AS n, array_agg(k.icd10 ORDER BY k.icd10) AS codes
    FROM condition k JOIN icd10_code i ON i.code = k.icd10 AND i.chronic CROSS JOIN day
    WHERE (k.onset_on IS NULL OR k.onset_on <= today) AND (k.resolved_on IS NULL OR k.resolved_on > today)
      AND (CAST(:client_id AS uuid) IS NULL OR k.client_id = :client_id) AND (CAST(:patient_id AS uuid) IS NULL OR k.patient_id = :patient_id)
    GROUP BY k.client_id, k.patient_id HAVING count(*) >= (SELECT amount FROM needed)
)
SELECT p.id, p.client_id, c.name AS client, c.code AS client_code, p.mrn, p.family_name, p.given_name, p.birth_date, h.n AS conditions, h.codes,
       coalesce(t.attempts, 0) AS attempts, t.outcome, t.attempted_at, t.call_back_on, coalesce(t.call_back_on <= today, false) AS due, day.today,
       count(*) OVER ()::int AS found
FROM chronic h
JOIN patient p ON p.client_id = h.client_id AND p.id = h.patient_id
JOIN client c ON c.vendor_id = p.vendor_id AND c.client_id = p.client_id
CROSS JOIN day
LEFT JOIN LATERAL (
    SELECT count(*) AS attempts, (array_agg(x.outcome ORDER BY x.attempted_at DESC, x.id DESC))[1] AS outcome, max(x.attempted_at) AS attempted_at,
           (array_agg(x.call_back_on ORDER BY x.attempted_at DESC, x.id DESC))[1] AS call_back_on
    FROM outreach_attempt x WHERE x.vendor_id = p.vendor_id AND x.client_id = p.client_id AND x.patient_id = p.id AND x.program = :program
) t ON true
WHERE p.died_on IS NULL
  AND NOT EXISTS (
      SELECT FROM enrolment e WHERE e.vendor_id = p.vendor_id AND e.client_id = p.client_id AND e.patient_id = p.id AND e.program = :program
        AND e.valid_from <= today AND coalesce(e.valid_to >= today, true))
  AND CASE :state WHEN 'new' THEN coalesce(t.attempts, 0) = 0 WHEN 'due' THEN t.call_back_on <= today WHEN 'tried' THEN t.attempts > 0 ELSE true END
ORDER BY coalesce(t.call_back_on <= today, false) DESC, t.attempted_at NULLS FIRST, p.family_name, p.given_name, p.id
LIMIT :size OFFSET :start
