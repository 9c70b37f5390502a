-- Invoices with their newest state, newest month first; the words are looked for in the number and in the name printed on it.
SELECT i.id, i.number, i.month, i.bill #>> '{client,name}' AS client, i.issued_on, i.due_on, i.total_cents, i.patient_month_count AS patients,
       s.state, count(*) OVER ()::int AS found
FROM invoice i
CROSS JOIN LATERAL (
    SELECT state FROM invoice_state x WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id ORDER BY x.seq DESC LIMIT 1
) s
WHERE i.vendor_id = :vendor_id AND i.kind = 'invoice' AND (i.number ILIKE :pattern OR i.bill #>> '{client,name}' ILIKE :pattern)
ORDER BY i.month DESC, i.number DESC
LIMIT :size OFFSET :start
