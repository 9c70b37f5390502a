-- Of each client whose month is not closed: which sources that sent time in each of the months before have sent none for this one. The names are
-- walked along the key of the entries, one look-up each.
SELECT jsonb_object_agg(c.client_id, s.missing)::text AS silent
FROM client c
CROSS JOIN LATERAL (
    WITH RECURSIVE named AS (
        SELECT (SELECT min(t.source) FROM time_entry t WHERE t.vendor_id = c.vendor_id AND t.client_id = c.client_id) AS source
        UNION ALL
        SELECT (SELECT min(t.source) FROM time_entry t WHERE t.vendor_id = c.vendor_id AND t.client_id = c.client_id AND t.source > n.source) FROM named n WHERE n.source IS NOT NULL
    )
    SELECT array_agg(n.source ORDER BY n.source) AS missing
    FROM named n
    -- what people put down themselves comes from no system
    WHERE n.source NOT IN ('manual', 'timer')
      AND NOT EXISTS (
          SELECT FROM time_entry t WHERE t.vendor_id = c.vendor_id AND t.client_id = c.client_id AND t.source = n.source
            AND t.started_at >= CAST(:month AS date)::timestamp AT TIME ZONE c.timezone AND t.started_at < CAST(:after AS date)::timestamp AT TIME ZONE c.timezone)
      AND (SELECT bool_and(EXISTS (
              SELECT FROM time_entry t WHERE t.vendor_id = c.vendor_id AND t.client_id = c.client_id AND t.source = n.source
                AND t.started_at >= (CAST(:month AS date) - make_interval(months => b.ago)) AT TIME ZONE c.timezone
                AND t.started_at < (CAST(:month AS date) - make_interval(months => b.ago - 1)) AT TIME ZONE c.timezone))
           FROM program_limit u CROSS JOIN LATERAL generate_series(1, u.amount) AS b (ago)
           WHERE u.name = 'source_usual_months' AND u.valid_from <= :month AND coalesce(u.valid_to >= :month, true))
) s
WHERE c.vendor_id = :vendor_id AND c.client_id = ANY (CAST(:open AS uuid[])) AND s.missing IS NOT NULL
