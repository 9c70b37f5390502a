-- A page of what waits, with the first other entry of the same person or patient that each shares seconds with.
WITH waiting_time AS (
    {waiting_time}
), shown AS MATERIALIZED (
    SELECT e.*, c.timezone, s.given_name || ' ' || s.family_name AS staff, p.given_name || ' ' || p.family_name AS patient, c.name AS client,
           count(*) OVER () AS found
    FROM waiting_time e
    JOIN patient p ON (p.vendor_id, p.client_id, p.id) = (e.vendor_id, e.client_id, e.patient_id)
    JOIN client c ON (c.vendor_id, c.client_id) = (e.vendor_id, e.client_id)
    JOIN staff s ON (s.vendor_id, s.id) = (e.vendor_id, e.staff_id)
    WHERE (CAST(:staff_id AS uuid) IS NULL OR e.staff_id = :staff_id) AND (CAST(:client_id AS uuid) IS NULL OR e.client_id = :client_id)
      AND (CAST(:month AS date) IS NULL OR date_trunc('month', e.started_at AT TIME ZONE c.timezone)::date = :month)
      AND (CAST(:ids AS uuid[]) IS NULL OR e.id = ANY (:ids))
    ORDER BY CASE WHEN :oldest_first THEN e.started_at END, e.started_at DESC, e.id LIMIT :most OFFSET :skipped
), late AS MATERIALIZED (
    SELECT o.id, o.patient_id, o.staff_id, o.started_at, o.ended_at FROM late_entry o
    WHERE o.vendor_id = (SELECT tenancy.current_vendor()) AND o.kind = 'new' AND NOT o.taken_in
), other AS (
    SELECT e.id, o.id AS other_id, o.patient_id, o.staff_id, o.started_at, o.ended_at
    FROM shown e
    JOIN time_entry o ON o.vendor_id = e.vendor_id AND o.staff_id = e.staff_id AND o.id <> e.id AND o.started_second < extract(epoch FROM e.ended_at)::bigint
        AND o.started_second > extract(epoch FROM e.started_at)::bigint - 86400 AND o.started_at < e.ended_at AND o.ended_at > e.started_at
    UNION
    SELECT e.id, o.id, o.patient_id, o.staff_id, o.started_at, o.ended_at
    FROM shown e
    JOIN time_entry o ON o.vendor_id = e.vendor_id AND o.client_id = e.client_id AND o.patient_id = e.patient_id AND o.id <> e.id
        AND o.started_at < e.ended_at AND o.started_at > e.started_at - interval '24 hours' AND o.ended_at > e.started_at
    UNION
    SELECT e.id, o.id, o.patient_id, o.staff_id, o.started_at, o.ended_at
    FROM shown e JOIN late o ON o.staff_id = e.staff_id AND o.id <> e.id AND o.started_at < e.ended_at AND o.ended_at > e.started_at
    UNION
    SELECT e.id, o.id, o.patient_id, o.staff_id, o.started_at, o.ended_at
    FROM shown e JOIN late o ON o.patient_id = e.patient_id AND o.id <> e.id AND o.started_at < e.ended_at AND o.ended_at > e.started_at
), shared AS (
    SELECT e.id, (jsonb_agg(jsonb_build_object(
               'starts', to_char(greatest(o.started_at, e.started_at) AT TIME ZONE e.timezone, 'HH24:MI'),
               'ends', to_char(least(o.ended_at, e.ended_at) AT TIME ZONE e.timezone, 'HH24:MI'),
               'staff', s.given_name || ' ' || s.family_name, 'patient_id', p.id, 'patient', p.given_name || ' ' || p.family_name)
               ORDER BY o.started_at, o.other_id)) -> 0 || jsonb_build_object('more', count(*) - 1) AS overlap
    FROM shown e
    JOIN other o ON o.id = e.id
    JOIN staff s ON (s.vendor_id, s.id) = (e.vendor_id, o.staff_id)
    JOIN patient p ON p.vendor_id = e.vendor_id AND p.id = o.patient_id
    GROUP BY e.id
)
SELECT e.kept, e.id, e.version, e.client_id, e.patient_id, e.staff_id, e.activity, e.description, e.staff, e.patient, e.client,
       e.started_at AT TIME ZONE e.timezone AS starts, e.ended_at AT TIME ZONE e.timezone AS ends,
       extract(epoch FROM e.ended_at - e.started_at)::int AS seconds, e.entered_at AT TIME ZONE e.timezone AS entered, e.reason, e.logged_id,
       coalesce(mine.staff_id = e.staff_id, false) AS own,
       (SELECT min(m.month) FROM client_month m WHERE (m.vendor_id, m.client_id) = (e.vendor_id, e.client_id) AND m.status = 'closed'
          AND m.starts_at < e.ended_at AND m.ends_at > e.started_at) AS closed_month,
       e.found, shared.overlap
FROM shown e
LEFT JOIN shared ON shared.id = e.id
LEFT JOIN staff_account mine ON mine.vendor_id = e.vendor_id AND 'person:' || mine.account_id = (SELECT tenancy.current_actor())
ORDER BY CASE WHEN :oldest_first THEN e.started_at END, e.started_at DESC, e.id
