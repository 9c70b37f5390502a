-- The entries of one patient that touch the month, and the late ones that wait beside it, in local time.
WITH month AS (
    SELECT CAST(:first AS date)::timestamp AT TIME ZONE :timezone AS starts_at, (CAST(:last AS date) + 1)::timestamp AT TIME ZONE :timezone AS ends_at
), entry AS (
    SELECT e.id, e.vendor_id, e.client_id, e.staff_id, e.started_at, e.ended_at, e.program, e.activity, e.description, e.source, e.external_id,
           e.approved_by, false AS late
    FROM time_entry e, month
    WHERE e.vendor_id = (SELECT tenancy.current_vendor()) AND e.client_id = :client_id AND e.patient_id = :patient_id
      AND e.started_at < month.ends_at AND e.started_at > month.starts_at - interval '24 hours' AND e.ended_at > month.starts_at
    UNION ALL
    SELECT e.id, e.vendor_id, e.client_id, e.staff_id, e.started_at, e.ended_at, e.fields ->> 'program', e.fields ->> 'activity', e.fields ->> 'description',
           e.source, e.external_id, coalesce(e.fields ->> 'approved_by', ''), true
    FROM late_entry e
    WHERE e.vendor_id = (SELECT tenancy.current_vendor()) AND e.client_id = :client_id AND e.patient_id = :patient_id AND e.month = :first
      AND e.kind = 'new' AND NOT e.taken_in
)
SELECT e.id, e.started_at AT TIME ZONE :timezone AS starts, e.ended_at AT TIME ZONE :timezone AS ends, extract(epoch FROM e.ended_at - e.started_at)::int AS seconds,
       s.given_name || ' ' || s.family_name AS staff, s.credential, e.program, e.activity, e.description, e.source, e.approved_by, e.late,
       l.id AS logged_id, l.state
FROM entry e
JOIN staff s ON (s.vendor_id, s.id) = (e.vendor_id, e.staff_id)
LEFT JOIN logged_time l ON (l.vendor_id, l.client_id, l.source) = (e.vendor_id, e.client_id, e.source) AND l.external_id = split_part(e.external_id, ':', 1)
ORDER BY e.started_at, e.id
