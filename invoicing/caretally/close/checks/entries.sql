-- The entries behind a closed month are the ones it was closed with: a changed, added or removed one changes the digest.
-- The months are worked out first: a bound that is computed beside the entries may not reach their index under row level security.
WITH closed AS MATERIALIZED (
    SELECT m.id, m.client_id, c.code || ' ' || to_char(m.month, 'YYYY-MM') AS named, m.starts_at, m.ends_at, m.starts_at - interval '24 hours' AS looks_back_to,
           extract(epoch FROM m.starts_at)::bigint AS starts_second
    FROM client_month m JOIN client c USING (vendor_id, client_id)
    WHERE m.status = 'closed' AND (CAST(:month AS date) IS NULL OR m.month = :month)
),
program_entry AS (
    SELECT m.id AS client_month_id, t.patient_id, t.program,
           sha256(string_agg(t.content_hash || convert_to(s.code, 'UTF8'), '' ORDER BY greatest(t.started_second, m.starts_second), t.content_hash)) AS digest
    FROM closed m
    JOIN time_entry t ON t.client_id = m.client_id AND t.started_at < m.ends_at AND t.started_at > m.looks_back_to AND t.ended_at > m.starts_at
    JOIN staff s ON s.vendor_id = t.vendor_id AND s.id = t.staff_id
    GROUP BY 1, 2, 3
),
entry AS MATERIALIZED (
    SELECT client_month_id, patient_id, CASE WHEN count(*) = 1 THEN (array_agg(digest))[1] ELSE sha256(string_agg(digest, '' ORDER BY program)) END AS digest
    FROM program_entry
    GROUP BY 1, 2
)
SELECT m.named || CASE WHEN p.mrn IS NULL THEN ': a patient has time that the closed month does not know'
                       ELSE ' patient ' || p.mrn || ': its time entries are not those it was closed with' END AS breach
FROM (SELECT client_month_id, patient_id, mrn, entries_hash FROM patient_month WHERE client_month_id IN (SELECT id FROM closed)) p
FULL JOIN entry e USING (client_month_id, patient_id)
JOIN closed m ON m.id = client_month_id
WHERE p.entries_hash IS DISTINCT FROM coalesce(e.digest, sha256(''))
ORDER BY 1 LIMIT 20
