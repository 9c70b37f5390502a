-- What can be checked of a month at every look: imports, numbers, money and the end of the audit log; `caretally verify` checks the rest.
-- Of each client: whether an agreement covers the month, time nobody approved where the month is not closed (figures.sql has it otherwise), and why the
-- newest act for it stopped (silent_sources.sql tells the rest).
WITH waits AS MATERIALIZED (
    SELECT c.client_id, a.id IS NOT NULL AS has_agreement, coalesce(u.entries, 0)::int AS unapproved, coalesce(r.reason, '') AS parked
    FROM client c
    LEFT JOIN LATERAL (
        SELECT id FROM agreement x WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.valid_from <= :month AND coalesce(x.valid_to >= :month, true) LIMIT 1
    ) a ON true
    LEFT JOIN LATERAL (
        SELECT status, revision, coalesce(reopened_at, closed_at, previewed_at) AS at FROM client_month x
        WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = :month ORDER BY x.revision DESC LIMIT 1
    ) m ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS entries FROM time_entry t WHERE t.vendor_id = c.vendor_id AND t.client_id = c.client_id AND t.source = 'manual' AND t.approved_by = ''
          AND m.status IS DISTINCT FROM 'closed' AND t.started_at >= CAST(:month AS date)::timestamp AT TIME ZONE c.timezone AND t.started_at < CAST(:after AS date)::timestamp AT TIME ZONE c.timezone
    ) u ON true
    LEFT JOIN LATERAL (
        SELECT reason FROM closing_result x WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = :month AND x.ended_at >= coalesce(m.at, x.ended_at)
        ORDER BY x.ended_at DESC LIMIT 1
    ) r ON true
    WHERE c.vendor_id = :vendor_id
)
SELECT clock_timestamp() AS at, v.timezone,
       (SELECT jsonb_object_agg(client_id, jsonb_build_object('has_agreement', has_agreement, 'unapproved', unapproved, 'parked', parked)) FROM waits)::text AS waits,
       '' AS silent, refused.batches AS refused_batches, refused.rows AS refused_rows,
       coalesce((SELECT last_number FROM number_counter WHERE vendor_id = :vendor_id AND series = :series), 0) AS last_number,
       (SELECT count(DISTINCT sequence) FROM invoice WHERE vendor_id = :vendor_id AND series = :series)::int AS numbers,
       (SELECT (h.seq, h.hash) IS NOT DISTINCT FROM (e.seq, e.hash) OR h.seq = 0 FROM audit_head h LEFT JOIN audit_event e ON e.vendor_id = h.vendor_id AND e.seq = h.seq
        WHERE h.vendor_id = :vendor_id) AS audit_holds,
       (SELECT (CAST(:month AS date) + make_interval(months => f.amount))::date FROM program_limit f
        WHERE f.name = 'filing_months' AND f.valid_from <= :month AND coalesce(f.valid_to >= :month, true)) AS filing_ends_on,
       (SELECT w.amount FROM program_limit w WHERE w.name = 'filing_warning_days' AND w.valid_from <= :month AND coalesce(w.valid_to >= :month, true)) AS filing_warning_days
FROM vendor v
CROSS JOIN (
    SELECT count(*)::int AS batches, coalesce(sum(rows_refused), 0)::int AS rows FROM import_batch
    WHERE vendor_id = :vendor_id AND rows_refused > 0 AND undone_at IS NULL AND at >= :month AND at < CAST(:after AS date) + 31
) refused
WHERE v.vendor_id = :vendor_id
