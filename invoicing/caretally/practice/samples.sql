-- The samples of the practice, the newest first, with how far each is judged.
SELECT s.id, s.month, c.name AS client, s.seed, s.size, s.population, s.drawn_name, s.drawn_at, judged.ok, judged.not_ok
FROM practice_sample s JOIN client c ON c.vendor_id = s.vendor_id AND c.client_id = s.client_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE verdict = 'ok')::int AS ok, count(*) FILTER (WHERE verdict = 'not_ok')::int AS not_ok FROM (
        SELECT (SELECT v.verdict FROM practice_verdict v WHERE v.vendor_id = i.vendor_id AND v.client_id = i.client_id AND v.item_id = i.id
                ORDER BY v.seq DESC LIMIT 1) AS verdict
        FROM practice_sample_item i WHERE i.vendor_id = s.vendor_id AND i.client_id = s.client_id AND i.sample_id = s.id
    ) newest
) judged
WHERE s.vendor_id = :vendor_id AND (CAST(:sample_id AS uuid) IS NULL OR s.id = :sample_id)
ORDER BY s.drawn_at DESC LIMIT 100
