-- Patients by name with where they stand today; `:looked_for` are patterns of the folded words, in any order, `:pattern` the words as they were typed.
-- An auditor finds those who have a month in the period of their membership, as they stood on its last day.
SELECT p.id, p.client_id, c.name AS client, p.mrn, p.family_name, p.given_name, p.birth_date, p.died_on, right(p.mbi, 4) AS mbi_end,
       e.status, e.programs, count(*) OVER ()::int AS found
FROM patient p
JOIN client c ON c.vendor_id = p.vendor_id AND c.client_id = p.client_id
LEFT JOIN LATERAL (
    -- enrolled somewhere beats every other status of today
    SELECT (array_agg(x.status ORDER BY x.status <> 'enrolled', x.valid_from DESC))[1] AS status,
           array_agg(DISTINCT x.program ORDER BY x.program) FILTER (WHERE x.status = 'enrolled') AS programs
    FROM enrolment x
    WHERE x.vendor_id = p.vendor_id AND x.client_id = p.client_id AND x.patient_id = p.id AND x.valid_from <= least(:today, (SELECT tenancy.period_last()))
      AND coalesce(x.valid_to >= least(:today, (SELECT tenancy.period_last())), true)
) e ON true
WHERE p.vendor_id = :vendor_id
  AND ((SELECT tenancy.period_first()) = '-infinity' OR EXISTS (
      SELECT FROM patient_month m WHERE m.vendor_id = p.vendor_id AND m.client_id = p.client_id AND m.patient_id = p.id))
  AND (CAST(:client_id AS uuid) IS NULL OR p.client_id = :client_id)
  AND (:pattern = '%%' OR (cardinality(CAST(:looked_for AS text[])) > 0 AND p.search_name LIKE ALL (CAST(:looked_for AS text[]))) OR (p.family_name || ' ' || p.given_name) ILIKE :pattern OR p.mrn ILIKE :pattern
       OR (p.given_name || ' ' || p.family_name) ILIKE :pattern)
  AND CASE :standing WHEN '' THEN true WHEN 'none' THEN e.status IS NULL AND p.died_on IS NULL WHEN 'deceased' THEN p.died_on IS NOT NULL
      ELSE e.status = :standing END
ORDER BY p.family_name, p.given_name, p.mrn, p.id
LIMIT :size OFFSET :start
