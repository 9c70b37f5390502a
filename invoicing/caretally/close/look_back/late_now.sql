-- Time that came in after its month closed and that no standing close has reported as it is now. Names may change without making it news.
INSERT INTO close_late
SELECT id, patient_id, month, started_at, ended_at, printed
FROM (
    SELECT l.id, l.patient_id, l.month, l.started_at, l.ended_at, jsonb_build_object(
               'external_id', l.external_id, 'mrn', p.mrn, 'patient', p.family_name || ', ' || p.given_name, 'starts', l.started_at AT TIME ZONE c.timezone,
               'ends', l.ended_at AT TIME ZONE c.timezone, 'staff', s.given_name || ' ' || s.family_name,
               'seconds', extract(epoch FROM l.ended_at - l.started_at)::int, 'month', l.month, 'kind', l.kind, 'fields', l.fields) AS printed
    FROM late_entry l
    JOIN patient p ON p.vendor_id = l.vendor_id AND p.client_id = l.client_id AND p.id = l.patient_id
    JOIN client c ON c.vendor_id = l.vendor_id AND c.client_id = l.client_id
    JOIN staff s ON s.vendor_id = l.vendor_id AND s.id = l.staff_id
    WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.month < :month_first AND NOT l.taken_in
) l
WHERE NOT EXISTS (SELECT FROM exception e JOIN client_month m ON m.vendor_id = e.vendor_id AND m.client_id = e.client_id AND m.id = e.client_month_id
                  WHERE e.vendor_id = :vendor_id AND e.client_id = :client_id AND e.late_entry_id = l.id AND m.status = 'closed'
                    AND e.printed - '{mrn,patient,staff}'::text[] = l.printed - '{mrn,patient,staff}'::text[])
