-- Cents are conserved: lines add up to the invoice and to the ledger; a billable patient-month has its lines, no other has one, and they bill its claim.
SELECT i.number || ': lines ' || l.cents || ', ledger ' || g.cents || ', invoice ' || i.total_cents || ' cents; ' || l.lines || ' of ' || i.line_count || ' lines' AS breach
FROM invoice i
CROSS JOIN LATERAL (SELECT coalesce(sum(amount_cents), 0) AS cents, count(*) AS lines FROM invoice_line x
                    WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id) l
CROSS JOIN LATERAL (SELECT coalesce(sum(amount_cents) FILTER (WHERE kind = 'invoiced'), 0) AS cents FROM ledger_entry x
                    WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id) g
WHERE (CAST(:month AS date) IS NULL OR i.month = :month) AND (l.cents <> i.total_cents OR g.cents <> i.total_cents OR l.lines <> i.line_count)
UNION ALL
-- An invoice is born a draft and its states count up; it is void exactly when its month was reopened, and then the ledger takes it back.
SELECT i.number || ': ' || CASE
           WHEN s.state IS NULL OR s.first_state <> 'draft' OR s.states <> s.seq THEN 'a state of it is missing'
           WHEN (s.state = 'void') <> (m.status = 'reopened') THEN 'it is ' || s.state || ' and its month is ' || m.status
           WHEN g.voided <> CASE s.state WHEN 'void' THEN -i.total_cents ELSE 0 END THEN 'it is ' || s.state || ' and the ledger takes back ' || -g.voided || ' of ' || i.total_cents || ' cents'
           ELSE 'the ledger has ' || g.others || ' entries that no payment or credit explains' END
FROM invoice i
JOIN client_month m ON m.vendor_id = i.vendor_id AND m.client_id = i.client_id AND m.id = i.client_month_id
CROSS JOIN LATERAL (SELECT count(*) AS states, max(seq) AS seq, (array_agg(state ORDER BY seq))[1] AS first_state, (array_agg(state ORDER BY seq DESC))[1] AS state FROM invoice_state x
                    WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id) s
CROSS JOIN LATERAL (SELECT coalesce(sum(amount_cents) FILTER (WHERE kind = 'voided'), 0) AS voided, count(*) FILTER (WHERE kind NOT IN ('invoiced', 'voided')) AS others FROM ledger_entry x
                    WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id) g
WHERE i.kind = 'invoice' AND (CAST(:month AS date) IS NULL OR i.month = :month)
  AND (s.state IS NULL OR s.first_state <> 'draft' OR s.states <> s.seq OR (s.state = 'void') <> (m.status = 'reopened')
       OR g.voided <> CASE s.state WHEN 'void' THEN -i.total_cents ELSE 0 END OR g.others > 0)
UNION ALL
SELECT c.code || ' ' || to_char(p.month, 'YYYY-MM') || ' patient ' || p.mrn || ' is ' || p.outcome || ' with ' || p.amount_cents || ' cents, and ' || coalesce('lines of ' || l.cents, 'no line')
FROM patient_month p
JOIN client c USING (vendor_id, client_id)
LEFT JOIN (SELECT vendor_id, client_id, patient_month_id AS id, sum(amount_cents) AS cents FROM invoice_line GROUP BY 1, 2, 3) l USING (vendor_id, client_id, id)
WHERE (CAST(:month AS date) IS NULL OR p.month = :month)
  AND (coalesce(l.cents, 0) <> p.amount_cents OR (l.id IS NOT NULL) <> (p.outcome = 'billable'))
UNION ALL
SELECT c.code || ' ' || to_char(p.month, 'YYYY-MM') || ' patient ' || p.mrn || ': its lines bill ' || l.units || ' of ' || l.code || ', and its claim is '
       || coalesce((SELECT string_agg(claim.code || 'x' || claim.units, '+' ORDER BY claim.o) FROM unnest(p.codes, p.units) WITH ORDINALITY AS claim (code, units, o)), 'none')
FROM (SELECT vendor_id, client_id, patient_month_id AS id, code, sum(units) AS units FROM invoice_line WHERE kind = 'code' GROUP BY 1, 2, 3, 4) l
JOIN patient_month p USING (vendor_id, client_id, id)
JOIN client c USING (vendor_id, client_id)
WHERE (CAST(:month AS date) IS NULL OR p.month = :month) AND l.units IS DISTINCT FROM p.units[array_position(p.codes, l.code)]
ORDER BY 1 LIMIT 20
