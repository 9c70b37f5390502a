-- Every client that the month has (close/of_month.sql) with where it stands, and of one that is previewed what the preview counted. A practice is told of what is closed.
SELECT c.client_id, c.name, CASE WHEN m.status = 'closed' OR NOT (SELECT tenancy.of_practice()) THEN coalesce(m.status, 'open') ELSE 'open' END AS status,
       CASE WHEN m.status = 'previewed' AND NOT (SELECT tenancy.of_practice()) THEN m.summary END AS preview
FROM client c
LEFT JOIN LATERAL (
    SELECT x.status, x.summary FROM client_month x WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = :month ORDER BY x.revision DESC LIMIT 1
) m ON true
WHERE c.vendor_id = :vendor_id AND {of_month}
ORDER BY lower(c.name), c.code
