-- Other entries that share seconds with these hours: of the same person anywhere at this vendor, or of the same patient.
SELECT e.staff_id = :staff_id AS same_staff, e.patient_id = :patient_id AS same_patient,
       greatest(e.started_at, h.started_at) AS first_at, least(e.ended_at, h.ended_at) AS last_at,
       s.given_name || ' ' || s.family_name AS staff
FROM unnest(CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[])) AS h (started_at, ended_at)
JOIN time_entry e ON e.vendor_id = (SELECT tenancy.current_vendor()) AND e.started_at < h.ended_at AND e.ended_at > h.started_at
    AND e.started_at > h.started_at - interval '24 hours' AND e.id <> ALL (:ids)
    AND ((e.staff_id = :staff_id AND e.started_second < extract(epoch FROM h.ended_at)::bigint
          AND e.started_second > extract(epoch FROM h.started_at)::bigint - 86400)
         OR (e.client_id = :client_id AND e.patient_id = :patient_id))
JOIN staff s ON (s.vendor_id, s.id) = (e.vendor_id, e.staff_id)
ORDER BY first_at LIMIT 20
