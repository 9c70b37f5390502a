-- The last twelve months that have figures, each client once with its newest revision; a preview counts only for the vendor's own people, and a
-- reopened month has no figures and is not closed.
SELECT m.month, count(*)::int AS clients, count(*) FILTER (WHERE m.status = 'closed')::int AS closed, sum(f.enrolled)::int AS enrolled, sum(f.billable)::int AS billable,
       sum(f.held)::int AS held, sum(f.not_billable)::int AS not_billable, sum(f.near)::int AS near, sum(f.total_cents)::bigint AS total_cents, sum(f.held_cents)::bigint AS held_cents,
       count(*) FILTER (WHERE CAST(:of_practice AS boolean) AND EXISTS (SELECT FROM invoice i WHERE i.vendor_id = m.vendor_id AND i.client_id = m.client_id
           AND i.client_month_id = m.id AND i.kind = 'invoice' AND NOT EXISTS (SELECT FROM invoice_state o
               WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open')))::int AS unsent
FROM client_month m
CROSS JOIN LATERAL (
    SELECT coalesce((s.summary ->> 'enrolled')::int, 0) AS enrolled, coalesce((s.summary ->> 'billable')::int, 0) AS billable, coalesce((s.summary ->> 'held')::int, 0) AS held,
           coalesce((s.summary ->> 'not_billable')::int, 0) AS not_billable, coalesce((s.summary ->> 'near')::int, 0) AS near,
           coalesce((s.summary ->> 'total_cents')::bigint, 0) AS total_cents, coalesce((s.summary ->> 'held_cents')::bigint, 0) AS held_cents
    FROM (SELECT CASE WHEN m.status <> 'reopened' THEN m.summary END AS summary) s
) f
WHERE m.vendor_id = :vendor_id AND m.summary IS NOT NULL AND (m.status = 'closed' OR (m.status IN ('previewed', 'reopened') AND NOT CAST(:of_practice AS boolean)))
  AND NOT EXISTS (SELECT FROM client_month x WHERE x.vendor_id = m.vendor_id AND x.client_id = m.client_id AND x.month = m.month AND x.revision > m.revision)
GROUP BY m.month
HAVING bool_or(m.status <> 'reopened')
ORDER BY m.month DESC
LIMIT 12
