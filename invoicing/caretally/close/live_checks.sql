-- What can be checked of a month at every look: imports, numbers, money and the end of the audit log; `caretally verify` checks the rest.
-- Of each client: whether an agreement covers the month, time nobody approved, why the newest act for it stopped, and until its close which sources
-- that sent time in each of the months before have sent none for this one: the names are walked along the key of the entries, one look-up each.
WITH waits AS MATERIALIZED (
    SELECT c.client_id, a.id IS NOT NULL AS has_agreement, coalesce(u.entries, 0)::int AS unapproved, coalesce(r.reason, '') AS parked,
           coalesce(s.missing, '{}') AS missing_sources
    FROM client c
    LEFT JOIN LATERAL (
        SELECT id FROM agreement x WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.valid_from <= :month AND coalesce(x.valid_to >= :month, true) LIMIT 1
    ) a ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS entries FROM time_entry t WHERE t.vendor_id = c.vendor_id AND t.client_id = c.client_id AND t.source = 'manual' AND t.approved_by = ''
          AND t.started_at >= CAST(:month AS date)::timestamp AT TIME ZONE c.timezone AND t.started_at < CAST(:after AS date)::timestamp AT TIME ZONE c.timezone
    ) u ON true
    LEFT JOIN LATERAL (
        SELECT status, revision, coalesce(reopened_at, closed_at, previewed_at) AS at FROM client_month x
        WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = :month ORDER BY x.revision DESC LIMIT 1
    ) m ON true
    LEFT JOIN LATERAL (
        SELECT reason FROM closing_result x WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = :month AND x.ended_at >= coalesce(m.at, x.ended_at)
        ORDER BY x.ended_at DESC LIMIT 1
    ) r ON true
    LEFT JOIN LATERAL (
        WITH RECURSIVE named AS (
            SELECT (SELECT min(t.source) FROM time_entry t WHERE t.vendor_id = c.vendor_id AND t.client_id = c.client_id) AS source
            UNION ALL
            SELECT (SELECT min(t.source) FROM time_entry t WHERE t.vendor_id = c.vendor_id AND t.client_id = c.client_id AND t.source > n.source) FROM named n WHERE n.source IS NOT NULL
        )
        SELECT array_agg(n.source ORDER BY n.source) AS missing
        FROM named n
        -- what people put down themselves comes from no system
        WHERE n.source NOT IN ('manual', 'timer') AND m.status IS DISTINCT FROM 'closed'
          AND NOT EXISTS (
              SELECT FROM time_entry t WHERE t.vendor_id = c.vendor_id AND t.client_id = c.client_id AND t.source = n.source
                AND t.started_at >= CAST(:month AS date)::timestamp AT TIME ZONE c.timezone AND t.started_at < CAST(:after AS date)::timestamp AT TIME ZONE c.timezone)
          AND (SELECT bool_and(EXISTS (
                  SELECT FROM time_entry t WHERE t.vendor_id = c.vendor_id AND t.client_id = c.client_id AND t.source = n.source
                    AND t.started_at >= (CAST(:month AS date) - make_interval(months => b.ago)) AT TIME ZONE c.timezone
                    AND t.started_at < (CAST(:month AS date) - make_interval(months => b.ago - 1)) AT TIME ZONE c.timezone))
               FROM program_limit u CROSS JOIN LATERAL generate_series(1, u.amount) AS b (ago)
               WHERE u.name = 'source_usual_months' AND u.valid_from <= :month AND coalesce(u.valid_to >= :month, true))
    ) s ON true
    WHERE c.vendor_id = :vendor_id
)
SELECT clock_timestamp() AS at,
       (SELECT jsonb_object_agg(client_id, jsonb_build_object('has_agreement', has_agreement, 'unapproved', unapproved, 'parked', parked, 'missing_sources', missing_sources)) FROM waits) AS waits,
       (SELECT count(*) FROM import_batch WHERE vendor_id = :vendor_id AND rows_refused > 0 AND undone_at IS NULL AND at >= :month AND at < CAST(:after AS date) + 31)::int AS refused_batches,
       (SELECT coalesce(sum(rows_refused), 0) FROM import_batch WHERE vendor_id = :vendor_id AND rows_refused > 0 AND undone_at IS NULL AND at >= :month AND at < CAST(:after AS date) + 31)::int AS refused_rows,
       coalesce((SELECT last_number FROM number_counter WHERE vendor_id = :vendor_id AND series = :series), 0) AS last_number,
       (SELECT count(DISTINCT sequence) FROM invoice WHERE vendor_id = :vendor_id AND series = :series)::int AS numbers,
       (SELECT count(*) FROM client_month m JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.month = m.month AND i.revision = m.revision AND i.kind = 'invoice'
        WHERE m.vendor_id = :vendor_id AND m.month = :month AND m.status = 'closed')::int AS invoices,
       (SELECT count(*) FROM client_month m JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.month = m.month AND i.revision = m.revision AND i.kind = 'invoice'
        WHERE m.vendor_id = :vendor_id AND m.month = :month AND m.status = 'closed' AND i.total_cents = (m.summary ->> 'total_cents')::bigint
          AND i.total_cents = (SELECT sum(l.amount_cents) FROM ledger_entry l WHERE l.vendor_id = i.vendor_id AND l.client_id = i.client_id AND l.invoice_id = i.id AND l.kind = 'invoiced'))::int AS agreeing,
       (SELECT (h.seq, h.hash) IS NOT DISTINCT FROM (e.seq, e.hash) OR h.seq = 0 FROM audit_head h LEFT JOIN audit_event e ON e.vendor_id = h.vendor_id AND e.seq = h.seq
        WHERE h.vendor_id = :vendor_id) AS audit_holds,
       (SELECT timezone FROM vendor WHERE vendor_id = :vendor_id) AS timezone,
       (SELECT (CAST(:month AS date) + make_interval(months => f.amount))::date FROM program_limit f
        WHERE f.name = 'filing_months' AND f.valid_from <= :month AND coalesce(f.valid_to >= :month, true)) AS filing_ends_on,
       (SELECT w.amount FROM program_limit w WHERE w.name = 'filing_warning_days' AND w.valid_from <= :month AND coalesce(w.valid_to >= :month, true)) AS filing_warning_days
