-- By what the list of what waits can be narrowed, with how much waits there: months of the client's time, clients and staff.
WITH waiting_time AS (
    {waiting_time}
), found AS MATERIALIZED (
    SELECT date_trunc('month', e.started_at AT TIME ZONE c.timezone)::date AS month, e.client_id, c.name AS client, e.staff_id,
           s.given_name || ' ' || s.family_name AS staff
    FROM waiting_time e
    JOIN client c ON (c.vendor_id, c.client_id) = (e.vendor_id, e.client_id)
    JOIN staff s ON (s.vendor_id, s.id) = (e.vendor_id, e.staff_id)
)
SELECT 'month' AS kind, month::text AS value, '' AS name, count(*)::int AS entries FROM found GROUP BY month
UNION ALL SELECT 'client', client_id::text, client, count(*)::int FROM found GROUP BY client_id, client
UNION ALL SELECT 'staff', staff_id::text, staff, count(*)::int FROM found GROUP BY staff_id, staff
ORDER BY 1, 3, 2 DESC
