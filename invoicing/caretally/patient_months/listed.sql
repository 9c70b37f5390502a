-- A page of the patients of a month, what each came to and what is on record of them. Those with time and no enrolment are asked for by themselves,
-- so that the others are as many as the month says are enrolled.
WITH decided AS ({source})
SELECT d.patient_id, d.client_id, d.mrn, d.patient_name, d.provider_name, d.outcome, d.codes, d.units, d.counted_seconds, d.missing_seconds, d.missing_code,
       d.amount_cents, d.held_cents, d.consent_on, d.plan_version, d.reviewed_on, d.attestation_required, c.name AS client, g.label AS reason,
       (SELECT a.signed_at AT TIME ZONE c.timezone FROM attestation a
        WHERE a.vendor_id = c.vendor_id AND a.client_id = c.client_id AND a.patient_id = d.patient_id AND a.month = :month) AS signed_at,
       count(*) OVER ()::int AS found, coalesce(sum(d.amount_cents) OVER (), 0)::bigint AS found_cents, coalesce(sum(d.held_cents) OVER (), 0)::bigint AS found_held_cents
FROM decided d
JOIN client c ON c.vendor_id = :vendor_id AND c.client_id = d.client_id
LEFT JOIN gate g ON g.code = d.primary_reason
WHERE (d.patient_name ILIKE :pattern OR d.mrn ILIKE :pattern OR cardinality(CAST(:looked_for AS text[])) > 0
      -- without marks, as the search finds a name
      AND lower(regexp_replace(normalize(d.patient_name, NFKD), '[\u0300-\u036f]', '', 'g')) LIKE ALL (CAST(:looked_for AS text[])))
  AND CASE CAST(:outcome AS text) WHEN '' THEN d.enrolled WHEN 'not_enrolled' THEN NOT d.enrolled ELSE d.enrolled AND d.outcome = :outcome END
  AND (CAST(:reason AS text) = '' OR d.outcome <> 'billable' AND d.primary_reason = :reason)
  AND (NOT CAST(:near AS boolean) OR d.outcome = 'not_billable' AND d.missing_seconds <= CAST(:near_seconds AS int))
  AND (CAST(:bin AS int) IS NULL OR least(d.counted_seconds / CAST(:bin_seconds AS int), CAST(:bins AS int) - 1) = :bin)
ORDER BY {order} LIMIT :size OFFSET :start
