-- The patients of a closed month with what is on record of each, a page of them.
SELECT p.patient_id, p.mrn, p.patient_name, p.provider_name, p.outcome, p.primary_reason, p.codes, p.units, p.clinical_seconds + p.qhp_seconds AS counted_seconds,
       p.amount_cents, p.consent_on, p.plan_version, p.reviewed_on, c.name AS client,
       (SELECT a.signed_at AT TIME ZONE c.timezone FROM attestation a
        WHERE a.vendor_id = p.vendor_id AND a.client_id = p.client_id AND a.patient_id = p.patient_id AND a.month = p.month) AS signed_at,
       m.agreement ->> 'attestation_required' = 'true' AS attestation_required, g.label AS reason,
       count(*) OVER ()::int AS found, sum(p.amount_cents) OVER ()::bigint AS found_cents
FROM client_month m
JOIN patient_month p ON p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.client_month_id = m.id
JOIN client c ON c.vendor_id = m.vendor_id AND c.client_id = m.client_id
LEFT JOIN gate g ON g.code = p.primary_reason
WHERE m.vendor_id = :vendor_id AND m.status = 'closed' AND m.month = :month AND (p.patient_name ILIKE :pattern OR p.mrn ILIKE :pattern)
  AND (CAST(:outcome AS text) = '' OR p.outcome = :outcome)
ORDER BY {order} LIMIT :size OFFSET :start
