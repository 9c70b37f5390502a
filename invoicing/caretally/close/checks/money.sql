-- Cents are conserved: lines add up to the invoice and to the ledger; a billable patient-month has its lines, no other has one.
SELECT i.number || ': lines ' || l.cents || ', ledger ' || g.cents || ', invoice ' || i.total_cents || ' cents; ' || l.lines || ' of ' || i.line_count || ' lines' AS breach
FROM invoice i
CROSS JOIN LATERAL (SELECT coalesce(sum(amount_cents), 0) AS cents, count(*) AS lines FROM invoice_line x
                    WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id) l
CROSS JOIN LATERAL (SELECT coalesce(sum(amount_cents) FILTER (WHERE kind = 'invoiced'), 0) AS cents,
                           coalesce(sum(amount_cents) FILTER (WHERE kind = 'voided'), 0) AS voided FROM ledger_entry x
                    WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id) g
WHERE (CAST(:month AS date) IS NULL OR i.month = :month)
  AND (l.cents <> i.total_cents OR g.cents <> i.total_cents OR l.lines <> i.line_count OR g.voided NOT IN (0, -i.total_cents))
UNION ALL
SELECT c.code || ' ' || to_char(p.month, 'YYYY-MM') || ' patient ' || p.mrn || ' is ' || p.outcome || ' with ' || p.amount_cents || ' cents and lines of ' || l.cents
FROM patient_month p
JOIN client c USING (vendor_id, client_id)
LEFT JOIN (SELECT vendor_id, client_id, patient_month_id AS id, sum(amount_cents) AS cents FROM invoice_line GROUP BY 1, 2, 3) l USING (vendor_id, client_id, id)
WHERE (CAST(:month AS date) IS NULL OR p.month = :month)
  AND (coalesce(l.cents, 0) <> p.amount_cents OR (l.id IS NOT NULL) <> (p.outcome = 'billable'))
ORDER BY 1 LIMIT 20
