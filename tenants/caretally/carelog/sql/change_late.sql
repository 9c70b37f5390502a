-- What changes of an entry whose month is closed waits beside it: the whole entry as it would be. :kind tells whether it was approved or corrected.
INSERT INTO late_entry (vendor_id, client_id, patient_id, staff_id, kind, month, started_at, ended_at, source, external_id, fields)
SELECT e.vendor_id, e.client_id, e.patient_id, e.staff_id, :kind, closed.month, e.started_at, e.ended_at, e.source, e.external_id,
       jsonb_build_object('program', e.program, 'activity', e.activity, 'description', e.description, 'entered_at', e.entered_at,
           'approved_by', e.approved_by, 'within_em', e.within_em, 'contact', e.contact, 'country', e.country) || CAST(:changes AS jsonb)
FROM time_entry e
JOIN LATERAL (
    SELECT min(m.month) AS month FROM client_month m WHERE (m.vendor_id, m.client_id) = (e.vendor_id, e.client_id)
      AND m.status = 'closed' AND m.starts_at < e.ended_at AND m.ends_at > e.started_at) closed ON closed.month IS NOT NULL
WHERE e.vendor_id = (SELECT tenancy.current_vendor()) AND e.id = ANY (:ids)
ON CONFLICT (vendor_id, client_id, source, external_id) DO UPDATE
SET fields = late_entry.fields || CAST(:changes AS jsonb), kind = CASE WHEN late_entry.kind = 'approved' THEN EXCLUDED.kind ELSE late_entry.kind END
WHERE NOT late_entry.taken_in
