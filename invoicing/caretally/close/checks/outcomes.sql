-- Every enrolled patient has one outcome, and the month's figures are the sums of its rows.
SELECT c.code || ' ' || to_char(m.month, 'YYYY-MM') || ': the month says ' || m.enrolled || ' enrolled = ' || m.billable || ' + ' || m.held || ' + ' || m.not_billable
       || ' and its rows say ' || r.enrolled || ' = ' || r.billable || ' + ' || r.held || ' + ' || r.not_billable AS breach
FROM client_month m
JOIN client c USING (vendor_id, client_id)
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE enrolled) AS enrolled, count(*) FILTER (WHERE enrolled AND outcome = 'billable') AS billable,
           count(*) FILTER (WHERE enrolled AND outcome = 'held') AS held, count(*) FILTER (WHERE enrolled AND outcome = 'not_billable') AS not_billable,
           coalesce(sum(held_cents) FILTER (WHERE enrolled), 0) AS held_cents, coalesce(sum(raw_seconds), 0) AS raw_seconds, coalesce(sum(clinical_seconds + qhp_seconds), 0) AS counted_seconds
    FROM patient_month p WHERE p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.client_month_id = m.id) r
WHERE m.status IN ('closed', 'reopened') AND (CAST(:month AS date) IS NULL OR m.month = :month)
  AND ((m.enrolled, m.billable, m.held, m.not_billable, m.raw_seconds, m.counted_seconds)
      IS DISTINCT FROM (r.enrolled::int, r.billable::int, r.held::int, r.not_billable::int, r.raw_seconds::bigint, r.counted_seconds::bigint)
       OR (m.summary ->> 'held_cents')::bigint IS DISTINCT FROM r.held_cents::bigint)
ORDER BY 1 LIMIT 20
