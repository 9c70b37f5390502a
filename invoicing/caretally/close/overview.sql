-- Every client with the newest revision of its month. Only a close has figures: a preview is thrown away, a reopened month counts no more.
SELECT c.client_id, c.code, c.name, coalesce(m.status, 'open') AS status, m.closed_at,
       m.enrolled, m.billable, m.held, m.not_billable, coalesce(h.held_cents, 0)::bigint AS held_cents,
       i.id AS invoice_id, i.number, i.total_cents, s.state
FROM client c
LEFT JOIN LATERAL (
    SELECT * FROM client_month x WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = :month ORDER BY x.revision DESC LIMIT 1
) m ON true
LEFT JOIN LATERAL (
    SELECT sum(p.held_cents) AS held_cents FROM patient_month p
    WHERE p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.client_month_id = m.id AND p.outcome = 'held'
) h ON m.status = 'closed'
LEFT JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.client_month_id = m.id AND i.kind = 'invoice' AND m.status = 'closed'
LEFT JOIN LATERAL (
    SELECT state FROM invoice_state x WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id ORDER BY x.seq DESC LIMIT 1
) s ON true
WHERE c.vendor_id = :vendor_id
ORDER BY c.name, c.code
