-- The closed months, newest first, with what their closes counted and the money held in each.
SELECT m.client_id, c.name AS client, m.month, m.closed_at, m.enrolled, m.billable, m.held, m.not_billable, coalesce(h.held_cents, 0)::bigint AS held_cents,
       (count(*) OVER ())::int AS found
FROM client_month m
JOIN client c ON c.vendor_id = m.vendor_id AND c.client_id = m.client_id
LEFT JOIN LATERAL (
    SELECT sum(p.held_cents) AS held_cents FROM patient_month p
    WHERE p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.client_month_id = m.id AND p.outcome = 'held'
) h ON true
WHERE m.vendor_id = :vendor_id AND m.status = 'closed'
ORDER BY m.month DESC, lower(c.name), c.code
LIMIT :size OFFSET :start
