-- What stands behind one patient-month: each entry of the month with the seconds logged in it and those that counted, in the order of their start;
-- of a closed one the program lines of a month of several, and the waivers it went by. A practice learns the names of those who worked for it.
WITH counted AS (
    SELECT u.id, sum(u.seconds)::int AS seconds FROM unnest(CAST(:entry_ids AS uuid[]), CAST(:entry_seconds AS int[])) AS u (id, seconds) GROUP BY u.id
),
entry AS MATERIALIZED (
    SELECT e.id, e.staff_id, e.activity, e.description, e.source, e.approved_by, c.seconds,
           greatest(e.started_at, :starts_at) AS starts_at, least(e.ended_at, :ends_at) AS ends_at
    FROM time_entry e LEFT JOIN counted c USING (id)
    WHERE e.vendor_id = :vendor_id AND e.client_id = :client_id AND e.patient_id = :patient_id AND e.started_at < :ends_at AND e.ended_at > :starts_at
)
SELECT
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'starts', to_char(e.starts_at AT TIME ZONE :timezone, 'YYYY-MM-DD"T"HH24:MI:SS'), 'ends', to_char(e.ends_at AT TIME ZONE :timezone, 'YYYY-MM-DD"T"HH24:MI:SS'),
        'activity', e.activity, 'description', e.description, 'source', e.source, 'approved_by', e.approved_by,
        'staff', coalesce(who.staff, 'not on record'), 'credential', coalesce(who.credential, ''),
        'logged', extract(epoch FROM e.ends_at - e.starts_at)::int, 'seconds', coalesce(e.seconds, 0)) ORDER BY e.starts_at, e.id), '[]')
     FROM entry e LEFT JOIN tenancy.staff_at_work((SELECT array_agg(DISTINCT staff_id) FROM entry)) who ON who.staff_id = e.staff_id) AS entries,
    (SELECT coalesce(jsonb_agg(to_jsonb(l) ORDER BY g.ordinal), '[]') FROM program_line l JOIN program g USING (program)
     WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.patient_month_id = :patient_month_id) AS program_lines,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', x.waiver_id, 'gate_code', x.code, 'printed', x.printed)), '[]') FROM exception x
     WHERE x.vendor_id = :vendor_id AND x.client_id = :client_id AND x.patient_month_id = :patient_month_id AND x.waiver_id IS NOT NULL) AS waived
