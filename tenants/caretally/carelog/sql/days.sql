-- One person's own time over some local days, work on patients and other work: the day is where the patient's client is.
WITH own AS (
    SELECT e.started_at, e.ended_at, e.client_id, e.patient_id, e.source, e.external_id, e.activity, e.description, e.program, e.approved_by, NULL::date AS late_month
    FROM time_entry e
    WHERE e.vendor_id = (SELECT tenancy.current_vendor()) AND e.staff_id = :staff_id
      AND e.started_second >= extract(epoch FROM CAST(:first AS date)::timestamptz)::bigint - 86400
      AND e.started_second < extract(epoch FROM CAST(:last AS date)::timestamptz)::bigint + 2 * 86400
    UNION ALL
    SELECT e.started_at, e.ended_at, e.client_id, e.patient_id, e.source, e.external_id, e.fields ->> 'activity', e.fields ->> 'description',
           e.fields ->> 'program', e.fields ->> 'approved_by', e.month
    FROM late_entry e
    WHERE e.vendor_id = (SELECT tenancy.current_vendor()) AND e.staff_id = :staff_id AND e.kind = 'new' AND NOT e.taken_in
      AND e.started_at >= CAST(:first AS date) - 1 AND e.started_at < CAST(:last AS date) + 2
), local AS (
    SELECT own.*, c.timezone AS zone, c.name AS client FROM own JOIN client c ON c.vendor_id = (SELECT tenancy.current_vendor()) AND c.client_id = own.client_id
)
SELECT (o.started_at AT TIME ZONE o.zone)::date AS day, o.started_at AT TIME ZONE o.zone AS starts, o.ended_at AT TIME ZONE o.zone AS ends,
       extract(epoch FROM o.ended_at - o.started_at)::int AS seconds, o.patient_id, p.given_name || ' ' || p.family_name AS patient, o.client,
       o.activity, o.description, o.source, o.approved_by, o.late_month, l.id AS logged_id, l.state, l.returned_because,
       (SELECT min(m.month) FROM client_month m WHERE m.vendor_id = p.vendor_id AND m.client_id = o.client_id AND m.status = 'closed'
          AND m.starts_at < o.ended_at AND m.ends_at > o.started_at) AS closed_month
FROM local o
JOIN patient p ON p.vendor_id = (SELECT tenancy.current_vendor()) AND p.client_id = o.client_id AND p.id = o.patient_id
LEFT JOIN logged_time l ON l.vendor_id = p.vendor_id AND l.client_id = o.client_id AND l.source = o.source AND l.external_id = split_part(o.external_id, ':', 1)
WHERE (o.started_at AT TIME ZONE o.zone)::date BETWEEN :first AND :last
UNION ALL
SELECT (t.started_at AT TIME ZONE v.timezone)::date, t.started_at AT TIME ZONE v.timezone, t.ended_at AT TIME ZONE v.timezone,
       extract(epoch FROM t.ended_at - t.started_at)::int, NULL, NULL, NULL, t.kind, t.note, '', '', NULL, t.id, 'other', '', NULL
FROM other_time t JOIN vendor v USING (vendor_id)
WHERE t.vendor_id = (SELECT tenancy.current_vendor()) AND t.staff_id = :staff_id
  AND t.started_at >= CAST(:first AS date) - 1 AND t.started_at < CAST(:last AS date) + 2 AND (t.started_at AT TIME ZONE v.timezone)::date BETWEEN :first AND :last
ORDER BY day, starts
