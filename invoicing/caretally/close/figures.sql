-- The figures that the rows of overview.sql name: of a month all of them, of the month before what was invoiced.
SELECT m.id, CASE WHEN m.id = ANY (CAST(:figures AS uuid[])) THEN m.summary END AS summary, (m.summary ->> 'total_cents')::bigint AS total_cents
FROM client_month m WHERE m.vendor_id = :vendor_id AND (m.id = ANY (CAST(:figures AS uuid[])) OR m.id = ANY (CAST(:before AS uuid[])))
