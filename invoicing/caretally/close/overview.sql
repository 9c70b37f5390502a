-- Every client with the newest revision of its month, the close before it and its invoice. A reopened month counts no more; a preview is no invoice.
SELECT c.client_id, c.code, c.name, coalesce(m.status, 'open') AS status, m.closed_at, m.previewed_at, m.previewed_by,
       CASE WHEN m.status IN ('closed', 'previewed') THEN m.summary END AS summary, (b.summary ->> 'total_cents')::bigint AS before_cents,
       i.id AS invoice_id, i.number, i.due_on, i.total_cents, s.state
FROM client c
LEFT JOIN LATERAL (
    SELECT * FROM client_month x WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = :month ORDER BY x.revision DESC LIMIT 1
) m ON true
LEFT JOIN client_month b ON b.vendor_id = c.vendor_id AND b.client_id = c.client_id AND b.month = :before AND b.status = 'closed'
LEFT JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.month = m.month AND i.revision = m.revision AND i.kind = 'invoice' AND m.status = 'closed'
    AND (NOT (SELECT tenancy.of_practice()) OR EXISTS (SELECT FROM invoice_state o
        WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open'))
LEFT JOIN LATERAL (
    SELECT state FROM invoice_state x WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id ORDER BY x.seq DESC LIMIT 1
) s ON true
WHERE c.vendor_id = :vendor_id
ORDER BY c.name, c.code
