-- The closed months of the visitor's practices, the newest first, each with its invoice.
SELECT m.month, m.client_id, c.name AS client, m.enrolled, m.billable, m.held, m.not_billable, m.counted_seconds, i.id AS invoice_id, i.number, i.due_on,
       i.total_cents, s.state, coalesce((m.summary ->> 'total_cents')::bigint, 0) AS month_cents,
       (SELECT coalesce(sum(p.held_cents), 0) FROM patient_month p
        WHERE p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.client_month_id = m.id AND p.outcome = 'held')::bigint AS held_cents
FROM client_month m
JOIN client c ON c.vendor_id = m.vendor_id AND c.client_id = m.client_id
LEFT JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.client_month_id = m.id AND i.kind = 'invoice'
    AND (NOT (SELECT tenancy.of_practice()) OR EXISTS (SELECT FROM invoice_state o
        WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open'))
LEFT JOIN LATERAL (
    SELECT x.state FROM invoice_state x WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id ORDER BY x.seq DESC LIMIT 1
) s ON true
WHERE m.vendor_id = :vendor_id AND m.status = 'closed'
ORDER BY m.month DESC, lower(c.name) LIMIT :most
