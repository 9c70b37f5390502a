-- Each entry behind the billed patient-months: local time, who, and the seconds that counted of it, in the order of the close.
SELECT p.id AS patient_month_id, e.activity, s.given_name || ' ' || s.family_name AS staff, s.credential,
       e.started_at AT TIME ZONE :timezone AS starts, e.ended_at AT TIME ZONE :timezone AS ends, piece.seconds
FROM patient_month p
CROSS JOIN LATERAL (
    SELECT u.id, sum(u.seconds)::int AS seconds, min(u.o) AS o FROM unnest(p.entry_ids, p.entry_seconds) WITH ORDINALITY AS u (id, seconds, o) GROUP BY u.id
) piece
JOIN time_entry e ON e.vendor_id = p.vendor_id AND e.client_id = p.client_id AND e.id = piece.id
JOIN staff s ON s.vendor_id = e.vendor_id AND s.id = e.staff_id
WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.client_month_id = :client_month_id AND p.outcome = 'billable'
ORDER BY p.mrn, piece.o
