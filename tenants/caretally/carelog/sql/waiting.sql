-- Time by hand that nobody approved yet: entries, whether their month is open or closed, and late entries. An entry that was sent back waits for its
-- person, not for the supervisor.
WITH entry AS (
    SELECT 'entry' AS kept, e.id, e.client_id, e.patient_id, e.staff_id, e.started_at, e.ended_at, e.entered_at, e.external_id, e.source, e.activity,
           e.description, left(encode(e.content_hash, 'hex'), 16) AS version
    FROM time_entry e WHERE e.vendor_id = (SELECT tenancy.current_vendor()) AND e.source = 'manual' AND e.approved_by = ''
      AND NOT EXISTS (SELECT FROM late_entry a WHERE a.vendor_id = e.vendor_id AND a.client_id = e.client_id AND a.source = e.source
                      AND a.external_id = e.external_id AND NOT a.taken_in)
    UNION ALL
    SELECT 'late', e.id, e.client_id, e.patient_id, e.staff_id, e.started_at, e.ended_at, (e.fields ->> 'entered_at')::timestamptz, e.external_id, e.source,
           e.fields ->> 'activity', e.fields ->> 'description', left(encode(sha256(convert_to(e.fields::text, 'UTF8')), 'hex'), 16)
    FROM late_entry e WHERE e.vendor_id = (SELECT tenancy.current_vendor()) AND e.source = 'manual' AND coalesce(e.fields ->> 'approved_by', '') = ''
      AND NOT e.taken_in
)
SELECT e.kept, e.id, e.version, e.client_id, e.patient_id, e.staff_id, e.activity, e.description, s.given_name || ' ' || s.family_name AS staff,
       p.given_name || ' ' || p.family_name AS patient, c.name AS client, e.started_at AT TIME ZONE c.timezone AS starts, e.ended_at AT TIME ZONE c.timezone AS ends,
       extract(epoch FROM e.ended_at - e.started_at)::int AS seconds, e.entered_at AT TIME ZONE c.timezone AS entered,
       coalesce(l.reason, '') AS reason, l.id AS logged_id, coalesce(mine.staff_id = e.staff_id, false) AS own,
       (SELECT min(m.month) FROM client_month m WHERE (m.vendor_id, m.client_id) = (p.vendor_id, p.client_id) AND m.status = 'closed'
          AND m.starts_at < e.ended_at AND m.ends_at > e.started_at) AS closed_month,
       count(*) OVER () AS found
FROM entry e
JOIN patient p ON p.vendor_id = (SELECT tenancy.current_vendor()) AND p.client_id = e.client_id AND p.id = e.patient_id
JOIN client c ON (c.vendor_id, c.client_id) = (p.vendor_id, p.client_id)
JOIN staff s ON s.vendor_id = p.vendor_id AND s.id = e.staff_id
LEFT JOIN logged_time l ON l.vendor_id = p.vendor_id AND l.client_id = e.client_id AND l.source = e.source AND l.external_id = e.external_id
LEFT JOIN staff_account mine ON mine.vendor_id = p.vendor_id AND 'person:' || mine.account_id = (SELECT tenancy.current_actor())
WHERE coalesce(l.state, 'waiting') <> 'returned' AND (CAST(:staff_id AS uuid) IS NULL OR e.staff_id = :staff_id)
  AND (CAST(:ids AS uuid[]) IS NULL OR e.id = ANY (:ids))
ORDER BY e.started_at, e.id LIMIT :most OFFSET :skipped
