-- Patients by any part of their names or by the beginning of their record number, with the timed programs they are enrolled in today, and
-- those they were ever enrolled in, which time of an earlier day may be for. A claim is filed within so many months of its day of service, which may be
-- the last of its month: time of earlier months than `claims_from` is for no claim.
SELECT p.client_id, p.id, p.given_name || ' ' || p.family_name AS patient, p.mrn, p.birth_date, c.name AS client, c.timezone AS zone,
       f.amount AS filing_months, date_trunc('month', today.day - make_interval(months => f.amount))::date AS claims_from,
       ARRAY(SELECT g.program FROM enrolment n JOIN program g ON g.program = n.program AND g.kind = 'timed'
             WHERE (n.vendor_id, n.client_id, n.patient_id) = (p.vendor_id, p.client_id, p.id) AND n.status = 'enrolled' AND n.valid_from <= today.day
               AND coalesce(n.valid_to >= today.day, true) GROUP BY g.program, g.ordinal ORDER BY g.ordinal) AS programs,
       ARRAY(SELECT g.program FROM enrolment n JOIN program g ON g.program = n.program AND g.kind = 'timed'
             WHERE (n.vendor_id, n.client_id, n.patient_id) = (p.vendor_id, p.client_id, p.id) AND n.status = 'enrolled' AND n.valid_from <= today.day
             GROUP BY g.program, g.ordinal ORDER BY max(n.valid_from) DESC, g.ordinal) AS programs_ever
FROM patient p JOIN client c USING (vendor_id, client_id)
CROSS JOIN LATERAL (SELECT (clock_timestamp() AT TIME ZONE c.timezone)::date AS day) today
LEFT JOIN program_limit f ON f.name = 'filing_months' AND f.valid_from <= today.day AND coalesce(f.valid_to >= today.day, true)
WHERE p.vendor_id = (SELECT tenancy.current_vendor())
  AND (CAST(:id AS uuid) IS NULL OR p.id = :id)
  AND (CAST(:words AS text) IS NULL OR starts_with(lower(p.mrn), lower(:words)) OR (SELECT bool_and(position(w IN p.search_name) > 0)
       FROM unnest(string_to_array(import.plain_name(:words), ' ')) AS w))
ORDER BY lower(p.mrn) <> lower(coalesce(:words, '')), p.family_name, p.given_name, p.mrn LIMIT 20
