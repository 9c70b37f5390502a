-- Time by hand that nobody approved yet, which is what the list shows and the first page counts: entries, whether their month is open or closed, and
-- late entries. An entry that was sent back waits for its person, not for the supervisor.
SELECT e.*, l.id AS logged_id, coalesce(l.reason, '') AS reason
FROM (
    SELECT 'entry' AS kept, e.vendor_id, e.id, e.client_id, e.patient_id, e.staff_id, e.started_at, e.ended_at, e.entered_at, e.external_id, e.source,
           e.activity, e.description, left(encode(e.content_hash, 'hex'), 16) AS version
    FROM time_entry e WHERE e.vendor_id = (SELECT tenancy.current_vendor()) AND e.source = 'manual' AND e.approved_by = ''
      AND NOT EXISTS (SELECT FROM late_entry a WHERE a.vendor_id = e.vendor_id AND a.client_id = e.client_id AND a.source = e.source
                      AND a.external_id = e.external_id AND NOT a.taken_in)
    UNION ALL
    SELECT 'late', e.vendor_id, e.id, e.client_id, e.patient_id, e.staff_id, e.started_at, e.ended_at, (e.fields ->> 'entered_at')::timestamptz,
           e.external_id, e.source, e.fields ->> 'activity', e.fields ->> 'description', left(encode(sha256(convert_to(e.fields::text, 'UTF8')), 'hex'), 16)
    FROM late_entry e WHERE e.vendor_id = (SELECT tenancy.current_vendor()) AND e.source = 'manual' AND coalesce(e.fields ->> 'approved_by', '') = ''
      AND NOT e.taken_in
) e
LEFT JOIN logged_time l ON l.vendor_id = e.vendor_id AND l.client_id = e.client_id AND l.source = e.source AND l.external_id = e.external_id
WHERE coalesce(l.state, 'waiting') <> 'returned'
