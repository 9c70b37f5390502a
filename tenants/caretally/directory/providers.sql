-- Providers with the patients they supervise today; a credential that is not in the table of credentials cannot bill.
SELECT d.id, d.client_id, c.code AS client, c.name AS client_name, d.npi, d.family_name, d.given_name, d.credential, d.specialty, d.email, d.phone,
       d.valid_from, d.valid_to, coalesce(k.may_bill, false) AS may_bill, coalesce(s.n, 0) AS supervises, coalesce(d.valid_to < :today, false) AS gone
FROM provider d
JOIN client c ON c.vendor_id = d.vendor_id AND c.client_id = d.client_id
LEFT JOIN credential_type k ON k.credential = upper(btrim(d.credential))
LEFT JOIN (
    SELECT client_id, provider_id, count(DISTINCT patient_id) AS n FROM assignment
    WHERE valid_from <= :today AND coalesce(valid_to >= :today, true) GROUP BY client_id, provider_id
) s ON s.client_id = d.client_id AND s.provider_id = d.id
WHERE CASE WHEN CAST(:client_id AS uuid) IS NULL THEN (d.family_name || ' ' || d.given_name || ' ' || d.npi) ILIKE :pattern ELSE d.client_id = :client_id END
ORDER BY c.name, d.family_name, d.given_name, d.npi
LIMIT 500
