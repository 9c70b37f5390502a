-- Hours that touch no closed month become entries; an entry that is there already stays as it is.
INSERT INTO time_entry (vendor_id, client_id, patient_id, staff_id, started_at, ended_at, entered_at, within_em, program, source, external_id,
                        activity, description, contact, approved_by)
SELECT (SELECT tenancy.current_vendor()), :client_id, :patient_id, :staff_id, h.started_at, h.ended_at, clock_timestamp(), :within_em, :program, :source,
       h.external_id, :activity, :description, :contact, ''
FROM unnest(CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]), CAST(:external_ids AS text[])) AS h (started_at, ended_at, external_id)
WHERE NOT EXISTS (
    SELECT FROM client_month m WHERE m.vendor_id = (SELECT tenancy.current_vendor()) AND m.client_id = :client_id AND m.status = 'closed'
      AND m.starts_at < h.ended_at AND m.ends_at > h.started_at)
ON CONFLICT (vendor_id, client_id, source, external_id) DO NOTHING
