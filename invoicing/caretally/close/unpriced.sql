-- Codes that somebody may be billed for and that the agreement has no price for; few claims differ, so each is asked once.
SELECT DISTINCT c.code
FROM (SELECT codes FROM eval_decision WHERE outcome = 'billable' GROUP BY codes) d
CROSS JOIN LATERAL (SELECT unnest(d.codes) AS code WHERE :basis = 'per_code' UNION ALL SELECT '' WHERE :basis = 'per_patient_month') c
WHERE NOT EXISTS (
    SELECT FROM agreement_price p
    WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.agreement_id = :agreement_id AND p.code = c.code AND p.tier_from = 1)
ORDER BY 1
