-- What a vendor's people have before them, in figures that each cost an index or a few rows. The month to close is the one before today's, of the
-- clients that it has (close/of_month.sql).
WITH day AS MATERIALIZED (
    SELECT (now() AT TIME ZONE timezone)::date AS today FROM vendor WHERE vendor_id = :vendor_id
),
month AS MATERIALIZED (
    SELECT today, date_trunc('month', today::timestamp)::date AS open_month, (date_trunc('month', today::timestamp) - interval '1 month')::date AS month FROM day
),
state AS MATERIALIZED (
    SELECT c.client_id, coalesce(m.status, 'open') AS status, coalesce(r.parked, false) AS parked
    FROM month
    CROSS JOIN client c
    LEFT JOIN LATERAL (
        SELECT status, coalesce(reopened_at, closed_at, previewed_at) AS at FROM client_month x
        WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = month.month ORDER BY x.revision DESC LIMIT 1
    ) m ON true
    LEFT JOIN LATERAL (
        SELECT status = 'parked' AS parked FROM closing_result x
        WHERE x.vendor_id = c.vendor_id AND x.client_id = c.client_id AND x.month = month.month AND x.ended_at >= coalesce(m.at, x.ended_at)
        ORDER BY x.ended_at DESC LIMIT 1
    ) r ON true
    WHERE c.vendor_id = :vendor_id AND {of_month}
),
owed AS MATERIALIZED (
    SELECT s.state, i.total_cents, i.due_on < (now() AT TIME ZONE c.timezone)::date AS past_due
    FROM invoice i
    JOIN client c ON c.vendor_id = i.vendor_id AND c.client_id = i.client_id
    CROSS JOIN LATERAL (
        SELECT state FROM invoice_state x WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id ORDER BY x.seq DESC LIMIT 1
    ) s
    WHERE i.vendor_id = :vendor_id AND i.kind = 'invoice' AND s.state IN ('draft', 'open')
),
-- The days of service whose time to file ends soon and has not ended: a claim is filed within so many months, and so many days before it is told.
filing AS MATERIALIZED (
    SELECT (today - make_interval(months => f.amount))::date AS from_day, (today + w.amount - make_interval(months => f.amount))::date AS to_day
    FROM day
    JOIN program_limit f ON f.name = 'filing_months' AND f.valid_from <= today AND coalesce(f.valid_to >= today, true)
    JOIN program_limit w ON w.name = 'filing_warning_days' AND w.valid_from <= today AND coalesce(w.valid_to >= today, true)
),
-- Held patients whose claim can still be filed for so long, and the oldest month of theirs. A month without a claim has no day of service; it counts
-- from its first day, so that nothing is told too late.
unfiled AS MATERIALIZED (
    SELECT count(*)::int AS patients, min(p.month) AS month
    FROM filing
    JOIN patient_month p ON p.vendor_id = :vendor_id AND p.outcome = 'held' AND p.month BETWEEN date_trunc('month', filing.from_day::timestamp)::date AND filing.to_day
    JOIN client_month m ON m.vendor_id = p.vendor_id AND m.client_id = p.client_id AND m.id = p.client_month_id AND m.status = 'closed'
    WHERE coalesce(p.date_of_service, p.month) BETWEEN filing.from_day AND filing.to_day
      AND NOT EXISTS (SELECT FROM exception_work w WHERE w.vendor_id = p.vendor_id AND w.client_id = p.client_id AND w.month = p.month AND w.patient_id = p.patient_id
                        AND w.code = p.primary_reason AND w.state = 'settled')
),
me AS MATERIALIZED (
    SELECT (SELECT s.staff_id FROM staff_account s WHERE s.vendor_id = :vendor_id AND 'person:' || s.account_id = (SELECT tenancy.current_actor())) AS staff_id,
           (SELECT m.id FROM membership m WHERE m.vendor_id = :vendor_id AND m.ended_at IS NULL AND 'person:' || m.account_id = (SELECT tenancy.current_actor())) AS membership_id
),
-- Time that the visitor logged on pages and has to look at again: sent back, or by the timer in the last two months without a confirmed note; the oldest is named.
own_time AS MATERIALIZED (
    SELECT count(*) FILTER (WHERE l.state = 'returned')::int AS returned,
           (array_agg(l.id ORDER BY l.id) FILTER (WHERE l.state = 'returned'))[1] AS returned_id,
           count(*) FILTER (WHERE l.state = 'clocked' AND l.note_confirmed_at IS NULL AND e.started_at >= month.month)::int AS unconfirmed,
           (array_agg(l.id ORDER BY l.id) FILTER (WHERE l.state = 'clocked' AND l.note_confirmed_at IS NULL AND e.started_at >= month.month))[1] AS unconfirmed_id
    FROM month CROSS JOIN me
    JOIN logged_time l ON l.vendor_id = :vendor_id AND l.staff_id = me.staff_id AND (l.state = 'returned' OR (l.state = 'clocked' AND l.note_confirmed_at IS NULL))
    -- a timer's stretches are numbered from 1
    LEFT JOIN time_entry e ON e.vendor_id = l.vendor_id AND e.client_id = l.client_id AND e.source = l.source AND e.external_id = l.external_id || '\:1'
),
-- Threads of practices that wait for the vendor's answer.
asked AS MATERIALIZED (
    SELECT count(*)::int AS questions, min(q.answer_by) AS answer_by, coalesce(sum(q.disputed_cents), 0)::bigint AS disputed_cents
    FROM line_question q
    CROSS JOIN LATERAL (
        SELECT m.state FROM line_message m WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id ORDER BY m.seq DESC LIMIT 1
    ) newest
    WHERE q.vendor_id = :vendor_id AND newest.state = 'open'
)
SELECT month.today, month.month, month.open_month, own_time.*, asked.*,
       (SELECT count(*) FROM timer t WHERE t.vendor_id = :vendor_id AND t.staff_id = me.staff_id AND t.ended_at IS NULL)::int AS timers,
       (SELECT count(*) FROM exception_work w WHERE w.vendor_id = :vendor_id AND w.assignee_id = me.membership_id AND w.state = 'open')::int AS assigned,
       (SELECT count(*) FROM client c WHERE c.vendor_id = :vendor_id)::int AS all_clients, (SELECT count(*) FROM state)::int AS clients, (SELECT count(*) FROM state WHERE status = 'closed')::int AS closed,
       (SELECT count(*) FROM state WHERE status = 'previewed' AND NOT parked)::int AS previewed,
       (SELECT count(*) FROM state WHERE status IN ('open', 'reopened') AND NOT parked)::int AS to_preview, (SELECT count(*) FROM state WHERE parked)::int AS parked,
       (SELECT count(*) FROM owed WHERE state = 'draft')::int AS drafts, (SELECT coalesce(sum(total_cents), 0) FROM owed WHERE state = 'draft')::bigint AS draft_cents,
       (SELECT count(*) FROM owed WHERE state = 'open')::int AS open, (SELECT coalesce(sum(total_cents), 0) FROM owed WHERE state = 'open')::bigint AS open_cents,
       (SELECT count(*) FROM owed WHERE state = 'open' AND past_due)::int AS overdue,
       (SELECT coalesce(sum(total_cents), 0) FROM owed WHERE state = 'open' AND past_due)::bigint AS overdue_cents,
       (SELECT coalesce(sum(rows_refused), 0) FROM import_batch WHERE vendor_id = :vendor_id AND rows_refused > 0 AND undone_at IS NULL AND at >= month.month)::int AS refused_rows,
       (SELECT count(*) FROM client c WHERE c.vendor_id = :vendor_id AND NOT EXISTS (
            SELECT FROM agreement a WHERE a.vendor_id = c.vendor_id AND a.client_id = c.client_id AND a.valid_from <= month.today AND coalesce(a.valid_to >= month.today, true)))::int AS without_agreement,
       (SELECT count(*) FROM waiver WHERE vendor_id = :vendor_id AND withdrawn_at IS NULL AND expires_on BETWEEN month.today AND month.today + 30)::int AS waivers_ending,
       (SELECT count(*) FROM overpayment_review WHERE vendor_id = :vendor_id AND due_on >= month.today)::int AS overpayments,
       unfiled.patients AS filing_held, unfiled.month AS filing_month,
       (SELECT count(*) FROM filing JOIN client_month m ON m.vendor_id = :vendor_id AND m.status IN ('previewed', 'reopened') AND m.month BETWEEN filing.from_day AND filing.to_day
        WHERE NOT EXISTS (SELECT FROM client_month x WHERE x.vendor_id = m.vendor_id AND x.client_id = m.client_id AND x.month = m.month AND x.revision > m.revision))::int AS filing_open
FROM month CROSS JOIN me CROSS JOIN own_time CROSS JOIN asked CROSS JOIN unfiled
