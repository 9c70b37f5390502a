-- Draft invoices of closed months, of one month or all, or among some invoices.
SELECT i.id, i.client_id, i.bill #>> '{client,name}' AS client, i.number, i.month, i.patient_month_count AS patients, i.total_cents, i.due_on,
       i.due_on < (now() AT TIME ZONE c.timezone)::date AS past_due, s.seq
FROM invoice i
JOIN client c ON c.vendor_id = i.vendor_id AND c.client_id = i.client_id
CROSS JOIN LATERAL (
    SELECT state, seq FROM invoice_state x WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id ORDER BY x.seq DESC LIMIT 1
) s
WHERE i.vendor_id = (SELECT tenancy.current_vendor()) AND i.kind = 'invoice' AND s.state = 'draft'
  AND (CAST(:month AS date) IS NULL OR i.month = :month)
  AND (cardinality(CAST(:invoices AS uuid[])) = 0 OR i.id = ANY (CAST(:invoices AS uuid[])))
ORDER BY i.number
