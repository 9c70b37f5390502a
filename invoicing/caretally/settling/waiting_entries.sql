-- The entries to approve as a file of time would have them, their approval filled in.
SELECT t.external_id, c.code AS client, p.mrn, s.code AS staff, to_char(t.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || 'Z' AS started_at,
       to_char(t.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || 'Z' AS ended_at, t.source, t.program, t.activity, t.description,
       coalesce(to_char(t.entered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || 'Z', '') AS entered_at, CAST(:approved_by AS text) AS approved_by,
       CASE WHEN t.within_em THEN 'yes' ELSE 'no' END AS within_em, t.contact, coalesce(t.country, '') AS country
FROM time_entry t
JOIN client c ON c.vendor_id = t.vendor_id AND c.client_id = t.client_id
JOIN patient p ON p.vendor_id = t.vendor_id AND p.client_id = t.client_id AND p.id = t.patient_id
JOIN staff s ON s.vendor_id = t.vendor_id AND s.id = t.staff_id
WHERE t.vendor_id = :vendor_id AND t.client_id = :client_id AND t.patient_id = :patient_id AND t.id = ANY (:entries) AND t.source = 'manual' AND t.approved_by = ''
ORDER BY t.started_at, t.external_id
