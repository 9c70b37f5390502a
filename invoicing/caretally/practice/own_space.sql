-- How far the practice is with its own checks: what it drew and has not judged, what it found, and its newest roster.
WITH judged AS (
    SELECT i.id, (SELECT v.verdict FROM practice_verdict v WHERE v.vendor_id = i.vendor_id AND v.client_id = i.client_id AND v.item_id = i.id
                  ORDER BY v.seq DESC LIMIT 1) AS verdict
    FROM practice_sample_item i WHERE i.vendor_id = :vendor_id
)
SELECT (SELECT count(*) FROM practice_sample WHERE vendor_id = :vendor_id)::int AS samples,
       count(*) FILTER (WHERE verdict IS NULL)::int AS to_judge, count(*) FILTER (WHERE verdict = 'not_ok')::int AS not_ok,
       (SELECT to_jsonb(r) FROM practice_roster r WHERE r.vendor_id = :vendor_id ORDER BY r.compared_at DESC LIMIT 1) AS roster
FROM judged
