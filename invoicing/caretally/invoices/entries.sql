-- Each entry behind the billed patient-months: local time, who, and the seconds that counted of it, in the order of the close. A practice may
-- not read `staff`; it learns the names of those who worked for it.
WITH entry AS MATERIALIZED (
    SELECT p.id AS patient_month_id, p.mrn, e.activity, e.staff_id, e.started_at AT TIME ZONE :timezone AS starts,
           e.ended_at AT TIME ZONE :timezone AS ends, piece.seconds, piece.o
    FROM patient_month p
    CROSS JOIN LATERAL (
        SELECT u.id, sum(u.seconds)::int AS seconds, min(u.o) AS o FROM unnest(p.entry_ids, p.entry_seconds) WITH ORDINALITY AS u (id, seconds, o) GROUP BY u.id
    ) piece
    JOIN time_entry e ON e.vendor_id = p.vendor_id AND e.client_id = p.client_id AND e.id = piece.id
    WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.client_month_id = :client_month_id AND p.outcome = 'billable'
)
SELECT entry.patient_month_id, entry.activity, who.staff, who.credential, entry.starts, entry.ends, entry.seconds
FROM entry JOIN tenancy.staff_at_work((SELECT array_agg(DISTINCT staff_id) FROM entry)) who USING (staff_id)
ORDER BY entry.mrn, entry.o
