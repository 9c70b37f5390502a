-- The entries behind a closed month are the ones it was closed with: a changed, added or removed one changes the digest.
WITH program_entry AS (
    SELECT m.id AS client_month_id, t.vendor_id, t.client_id, t.patient_id, t.program,
           sha256(string_agg(t.content_hash || convert_to(s.code, 'UTF8'), ''
                  ORDER BY greatest(t.started_second, extract(epoch FROM m.starts_at)::bigint), t.content_hash)) AS digest
    FROM client_month m
    JOIN time_entry t ON t.vendor_id = m.vendor_id AND t.client_id = m.client_id
     AND t.started_at < m.ends_at AND t.started_at > m.starts_at - interval '24 hours' AND t.ended_at > m.starts_at
    JOIN staff s ON s.vendor_id = t.vendor_id AND s.id = t.staff_id
    WHERE m.status = 'closed' AND (CAST(:month AS date) IS NULL OR m.month = :month)
    GROUP BY 1, 2, 3, 4, 5
),
entry AS (
    SELECT client_month_id, vendor_id, client_id, patient_id,
           CASE WHEN count(*) = 1 THEN min(digest) ELSE sha256(string_agg(digest, '' ORDER BY program)) END AS digest
    FROM program_entry
    GROUP BY 1, 2, 3, 4
)
SELECT c.code || ' ' || to_char(m.month, 'YYYY-MM') || ' patient ' || coalesce(p.mrn, '(not in the month)') || ': its time entries are not those it was closed with' AS breach
FROM client_month m
JOIN client c USING (vendor_id, client_id)
JOIN (SELECT client_month_id, patient_id, mrn, entries_hash FROM patient_month) p ON p.client_month_id = m.id
LEFT JOIN entry e ON e.client_month_id = m.id AND e.patient_id = p.patient_id
WHERE m.status = 'closed' AND (CAST(:month AS date) IS NULL OR m.month = :month) AND p.entries_hash <> coalesce(e.digest, sha256(''))
UNION ALL
SELECT c.code || ' ' || to_char(m.month, 'YYYY-MM') || ': a patient has time that the closed month does not know'
FROM entry e JOIN client_month m ON m.id = e.client_month_id JOIN client c ON c.vendor_id = e.vendor_id AND c.client_id = e.client_id
WHERE NOT EXISTS (SELECT FROM patient_month p WHERE p.client_month_id = e.client_month_id AND p.patient_id = e.patient_id)
ORDER BY 1 LIMIT 20
