-- The gates, the newest revision of each client's month (what its close wrote, or what its last preview showed; a reopened month has none), and the days that no close has written.
gate_told AS MATERIALIZED (
    SELECT g.code, g.ordinal, g.owner_role AS owner, v.gate_code IS NOT NULL AS waivable, g.code = ANY (:about_client) AS about_client
    FROM gate g LEFT JOIN waivable_gate v ON v.gate_code = g.code
),
month_now AS MATERIALIZED (
    SELECT client_id, id, month, revision, status FROM (
        SELECT DISTINCT ON (client_id, month) client_id, id, month, revision, status FROM client_month
        WHERE vendor_id = :vendor_id
          AND month = :month -- asked
          AND client_id = :client_id -- asked
        ORDER BY client_id, month, revision DESC
    ) newest WHERE status IN ('closed', 'previewed')
      AND id = ANY (:month_ids) -- asked
),
due AS MATERIALIZED (
    -- what a close has not written is due by the vendor's rule for its month; one value, looked up by month and code, as a join would be of unknown size
    SELECT jsonb_object_agg(m.month || ' ' || d.code, (m.month + interval '1 month')::date - 1 + d.days) AS on_days
    FROM (SELECT DISTINCT month FROM month_now) m CROSS JOIN LATERAL tenancy.due_days(m.month) d
)
