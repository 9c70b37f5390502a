-- What a sample drew, in the order it was drawn, with its newest verdict and the line of the invoice.
SELECT i.id, i.ordinal, p.patient_id, p.patient_name, p.mrn, p.provider_name, p.codes, p.units, p.clinical_seconds + p.qhp_seconds AS counted_seconds, p.amount_cents,
       p.consent_on, p.plan_version, coalesce(v.seq, 0) AS seq, v.verdict, coalesce(v.reason, '') AS reason, v.given_name, v.given_at
FROM practice_sample_item i
JOIN patient_month p ON p.vendor_id = i.vendor_id AND p.client_id = i.client_id AND p.id = i.patient_month_id
LEFT JOIN LATERAL (
    SELECT * FROM practice_verdict x WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.item_id = i.id ORDER BY x.seq DESC LIMIT 1
) v ON true
WHERE i.vendor_id = :vendor_id AND i.sample_id = :sample_id ORDER BY i.ordinal
