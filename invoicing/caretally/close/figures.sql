-- The figures that the rows of overview.sql name: of a month all of them, of the month before what was invoiced. Of a closed month also how many of its
-- entries nobody approved, for the vendor's own people: its entries and its client's time zone stay as they are.
SELECT m.id, CASE WHEN m.id = ANY (CAST(:figures AS uuid[])) THEN m.summary END AS summary, (m.summary ->> 'total_cents')::bigint AS total_cents,
       CASE WHEN m.status = 'closed' AND m.id = ANY (CAST(:figures AS uuid[])) AND NOT (SELECT tenancy.of_practice()) THEN (
           SELECT count(*)::int FROM time_entry t WHERE t.vendor_id = m.vendor_id AND t.client_id = m.client_id AND t.source = 'manual' AND t.approved_by = ''
             AND t.started_at >= m.starts_at AND t.started_at < m.ends_at) END AS unapproved
FROM client_month m WHERE m.vendor_id = :vendor_id AND (m.id = ANY (CAST(:figures AS uuid[])) OR m.id = ANY (CAST(:before AS uuid[])))
