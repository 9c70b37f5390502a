SELECT l.external_id, p.mrn, p.family_name || ', ' || p.given_name AS patient, l.started_at AT TIME ZONE c.timezone AS starts, l.ended_at AT TIME ZONE c.timezone AS ends,
       s.given_name || ' ' || s.family_name AS staff, extract(epoch FROM l.ended_at - l.started_at)::int AS seconds, l.month, l.kind
FROM exception e
JOIN late_entry l ON l.vendor_id = e.vendor_id AND l.client_id = e.client_id AND l.id = e.late_entry_id
JOIN patient p ON p.vendor_id = l.vendor_id AND p.client_id = l.client_id AND p.id = l.patient_id
JOIN client c ON c.vendor_id = l.vendor_id AND c.client_id = l.client_id
JOIN staff s ON s.vendor_id = l.vendor_id AND s.id = l.staff_id
WHERE e.vendor_id = :vendor_id AND e.client_id = :client_id AND e.client_month_id = :client_month_id
ORDER BY l.started_at, l.external_id
