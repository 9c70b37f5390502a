-- The clients asked for (none named: all of the month, close/of_month.sql) with the newest revision of their month, the close before it, and what the newest act for them came to.
SELECT c.client_id, c.code, c.name, coalesce(m.status, 'open') AS status, m.id AS client_month_id, m.previewed_by, m.previewed_at, m.input_hash,
       (m.preview ->> 'total_cents')::bigint AS preview_cents, m.summary, b.summary AS before, r.code AS parked_code, r.reason AS parked_reason,
       coalesce(r.acknowledged, false) AS acknowledged
FROM client c
LEFT JOIN LATERAL (
    SELECT * FROM client_month x WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = :month ORDER BY x.revision DESC LIMIT 1
) m ON true
LEFT JOIN client_month b ON b.vendor_id = c.vendor_id AND b.client_id = c.client_id AND b.month = :before AND b.status = 'closed'
LEFT JOIN LATERAL (
    SELECT x.status, x.code, x.reason, x.acknowledged FROM closing_result x
    WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = :month AND x.ended_at >= coalesce(m.reopened_at, m.closed_at, m.previewed_at, x.ended_at)
    ORDER BY x.ended_at DESC LIMIT 1
) r ON true
WHERE c.vendor_id = (SELECT tenancy.current_vendor()) AND CASE WHEN cardinality(CAST(:clients AS uuid[])) > 0 THEN c.client_id = ANY (CAST(:clients AS uuid[])) ELSE {of_month} END
ORDER BY c.name, c.code
