-- Clients with what they have today, and what Medicare asks of a practice and is not on record.
SELECT c.client_id, c.code, c.name, c.timezone, c.contact_name, c.contact_email, coalesce(d.n, 0) AS providers, coalesce(p.n, 0) AS patients,
       coalesce(e.n, 0) AS enrolled, a.valid_from AS terms_from, a.basis, m.month AS last_closed,
       array_remove(ARRAY[
           CASE WHEN c.access_24_7_from IS NULL THEN '24/7 access' END, CASE WHEN c.ehr_certified_from IS NULL THEN 'certified EHR' END,
           CASE WHEN c.supervision_from IS NULL THEN 'supervision' END, CASE WHEN c.baa_on IS NULL THEN 'business associate agreement' END,
           CASE WHEN c.contact_name = '' OR c.contact_email = '' THEN 'contact' END], NULL) AS missing
FROM client c
LEFT JOIN (SELECT client_id, count(*) AS n FROM provider WHERE coalesce(valid_to >= :today, true) GROUP BY client_id) d USING (client_id)
LEFT JOIN (SELECT client_id, count(*) AS n FROM patient GROUP BY client_id) p USING (client_id)
LEFT JOIN (
    SELECT client_id, count(DISTINCT patient_id) AS n FROM enrolment
    WHERE status = 'enrolled' AND valid_from <= :today AND coalesce(valid_to >= :today, true) GROUP BY client_id
) e USING (client_id)
LEFT JOIN agreement a ON a.client_id = c.client_id AND a.valid_from <= :today AND coalesce(a.valid_to >= :today, true)
LEFT JOIN (SELECT client_id, max(month) AS month FROM client_month WHERE status = 'closed' GROUP BY client_id) m ON m.client_id = c.client_id
WHERE CASE WHEN CAST(:client_id AS uuid) IS NULL THEN c.name ILIKE :pattern OR c.code ILIKE :pattern ELSE c.client_id = :client_id END
ORDER BY c.name, c.code
