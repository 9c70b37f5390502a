-- Late time as if it had been imported in time: new entries beside the others, corrected and approved ones over what they correct.
INSERT INTO time_entry (vendor_id, client_id, patient_id, staff_id, started_at, ended_at, source, external_id, program, activity, description, entered_at,
    approved_by, within_em, contact, country)
SELECT l.vendor_id, l.client_id, l.patient_id, l.staff_id, l.started_at, l.ended_at, l.source, l.external_id, f.program, f.activity, f.description, f.entered_at,
       f.approved_by, f.within_em, f.contact, f.country
FROM late_entry l
CROSS JOIN LATERAL jsonb_to_record(l.fields)
    AS f (program text, activity text, description text, entered_at timestamptz, approved_by text, within_em boolean, contact text, country text)
WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND NOT l.taken_in AND l.month = ANY (:months)
ON CONFLICT (vendor_id, client_id, source, external_id) DO UPDATE SET
    patient_id = EXCLUDED.patient_id, staff_id = EXCLUDED.staff_id, started_at = EXCLUDED.started_at, ended_at = EXCLUDED.ended_at, program = EXCLUDED.program,
    activity = EXCLUDED.activity, description = EXCLUDED.description, entered_at = EXCLUDED.entered_at, approved_by = EXCLUDED.approved_by,
    within_em = EXCLUDED.within_em, contact = EXCLUDED.contact, country = EXCLUDED.country
