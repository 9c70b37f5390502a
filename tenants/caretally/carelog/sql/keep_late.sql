-- Hours that touch a closed month wait beside it as late entries, as an import keeps them (import_time.py).
INSERT INTO late_entry (vendor_id, client_id, patient_id, staff_id, kind, month, started_at, ended_at, source, external_id, fields)
SELECT (SELECT tenancy.current_vendor()), :client_id, :patient_id, :staff_id, 'new', closed.month, h.started_at, h.ended_at, :source, h.external_id,
       jsonb_build_object('program', CAST(:program AS text), 'activity', CAST(:activity AS text), 'description', CAST(:description AS text),
           'entered_at', clock_timestamp(), 'approved_by', '', 'within_em', CAST(:within_em AS boolean), 'contact', CAST(:contact AS text), 'country', NULL)
FROM unnest(CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]), CAST(:external_ids AS text[])) AS h (started_at, ended_at, external_id)
JOIN LATERAL (
    SELECT min(m.month) AS month FROM client_month m WHERE m.vendor_id = (SELECT tenancy.current_vendor()) AND m.client_id = :client_id
      AND m.status = 'closed' AND m.starts_at < h.ended_at AND m.ends_at > h.started_at) closed ON closed.month IS NOT NULL
ON CONFLICT (vendor_id, client_id, source, external_id) DO NOTHING
