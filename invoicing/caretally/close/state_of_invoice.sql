SELECT i.id, i.number, i.total_cents, s.state, s.seq
FROM invoice i JOIN invoice_state s ON s.vendor_id = i.vendor_id AND s.client_id = i.client_id AND s.invoice_id = i.id
WHERE i.vendor_id = :vendor_id AND i.client_id = :client_id AND i.client_month_id = :client_month_id
ORDER BY s.seq DESC LIMIT 1
