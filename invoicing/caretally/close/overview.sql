-- Every client with the newest revision of its month, the close before it and its invoice. A reopened month counts no more; a preview is no invoice.
-- The figures of a month are long: `figures` and `before` name the rows that hold them, with their versions (figures.sql reads them).
SELECT c.client_id, c.code, c.name, coalesce(m.status, 'open') AS status,
       CASE WHEN m.status IN ('closed', 'previewed') THEN m.id END AS figures, CASE WHEN m.status IN ('closed', 'previewed') THEN m.version END AS version, b.id AS before,
       i.id AS invoice_id, i.number, i.due_on, i.total_cents, s.state,
       i.total_cents = (SELECT sum(l.amount_cents) FROM ledger_entry l
           WHERE l.vendor_id = i.vendor_id AND l.client_id = i.client_id AND l.invoice_id = i.id AND l.kind = 'invoiced') AS with_ledger,
       (SELECT code || ' ' || loaded_at FROM rule_set ORDER BY effective_from DESC, loaded_at DESC LIMIT 1) AS rule_tables_now
FROM client c
LEFT JOIN LATERAL (
    SELECT x.*, x.xmin::text AS version FROM client_month x WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = :month ORDER BY x.revision DESC LIMIT 1
) m ON true
LEFT JOIN client_month b ON b.vendor_id = c.vendor_id AND b.client_id = c.client_id AND b.month = :before AND b.status = 'closed'
LEFT JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.month = m.month AND i.revision = m.revision AND i.kind = 'invoice' AND m.status = 'closed'
    AND (NOT (SELECT tenancy.of_practice()) OR EXISTS (SELECT FROM invoice_state o
        WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open'))
LEFT JOIN LATERAL (
    SELECT state FROM invoice_state x WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id ORDER BY x.seq DESC LIMIT 1
) s ON true
WHERE c.vendor_id = :vendor_id AND {of_month}
ORDER BY c.name, c.code
