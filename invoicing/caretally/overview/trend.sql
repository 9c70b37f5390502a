-- The last twelve months that have figures, each client once with its newest revision; a preview counts only for the vendor's own people.
SELECT m.month, count(*)::int AS clients, count(*) FILTER (WHERE m.status = 'closed')::int AS closed,
       coalesce(sum((m.summary ->> 'enrolled')::int), 0)::int AS enrolled, coalesce(sum((m.summary ->> 'billable')::int), 0)::int AS billable,
       coalesce(sum((m.summary ->> 'held')::int), 0)::int AS held, coalesce(sum((m.summary ->> 'not_billable')::int), 0)::int AS not_billable,
       coalesce(sum((m.summary ->> 'near')::int), 0)::int AS near,
       coalesce(sum((m.summary ->> 'total_cents')::bigint), 0)::bigint AS total_cents, coalesce(sum((m.summary ->> 'held_cents')::bigint), 0)::bigint AS held_cents,
       count(*) FILTER (WHERE CAST(:of_practice AS boolean) AND EXISTS (SELECT FROM invoice i WHERE i.vendor_id = m.vendor_id AND i.client_id = m.client_id
           AND i.client_month_id = m.id AND i.kind = 'invoice' AND NOT EXISTS (SELECT FROM invoice_state o
               WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open')))::int AS unsent
FROM client_month m
WHERE m.vendor_id = :vendor_id AND m.summary IS NOT NULL AND (m.status = 'closed' OR (m.status = 'previewed' AND NOT CAST(:of_practice AS boolean)))
  AND NOT EXISTS (SELECT FROM client_month x WHERE x.vendor_id = m.vendor_id AND x.client_id = m.client_id AND x.month = m.month AND x.revision > m.revision)
GROUP BY m.month
ORDER BY m.month DESC
LIMIT 12
