-- The figures of a client's closed month, as its close counted them; a practice reads the number of an invoice that was sent.
SELECT m.id AS client_month_id, c.name AS client, c.timezone, m.enrolled, m.billable, m.held, m.not_billable, m.raw_seconds, m.counted_seconds, m.rule_set,
       CASE WHEN NOT (SELECT tenancy.of_practice()) OR EXISTS (SELECT FROM invoice_state o
           WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open') THEN coalesce(i.number, '') ELSE '' END AS invoice_number, coalesce(i.total_cents, 0)::bigint AS billable_cents
FROM client_month m
JOIN client c ON c.vendor_id = m.vendor_id AND c.client_id = m.client_id
LEFT JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.client_month_id = m.id AND i.kind = 'invoice'
WHERE m.vendor_id = :vendor_id AND m.client_id = :client_id AND m.month = :month AND m.status = 'closed'
