-- The patients for whom a person logged time in the last 60 days, most entries first, with what anybody logged for them since the month of
-- the patient's client began, as it was logged: what of it counts is the evaluation's to say.
SELECT own.patient_id, own.client_id, p.given_name || ' ' || p.family_name AS patient, p.mrn, c.name AS client, programs.at_work AS programs, so_far.seconds
FROM (
    SELECT t.client_id, t.patient_id, count(*) AS entries FROM time_entry t
    WHERE t.vendor_id = (SELECT tenancy.current_vendor()) AND t.staff_id = :staff_id AND t.started_second >= :since
    GROUP BY t.client_id, t.patient_id ORDER BY count(*) DESC, t.patient_id LIMIT :looked_at
) own
JOIN client c ON (c.vendor_id, c.client_id) = ((SELECT tenancy.current_vendor()), own.client_id)
JOIN patient p ON (p.vendor_id, p.client_id, p.id) = ((SELECT tenancy.current_vendor()), own.client_id, own.patient_id)
CROSS JOIN LATERAL (SELECT (clock_timestamp() AT TIME ZONE c.timezone)::date AS day) today
CROSS JOIN LATERAL (
    SELECT array_agg(g.program ORDER BY g.ordinal) AS at_work FROM program g WHERE g.kind = 'timed' AND EXISTS (
        SELECT FROM enrolment n WHERE (n.vendor_id, n.client_id, n.patient_id) = (p.vendor_id, p.client_id, p.id) AND n.program = g.program
          AND n.status = 'enrolled' AND n.valid_from <= today.day AND coalesce(n.valid_to >= today.day, true))
) programs
CROSS JOIN LATERAL (
    SELECT coalesce(sum(extract(epoch FROM t.ended_at - t.started_at)), 0)::int AS seconds FROM time_entry t
    WHERE (t.vendor_id, t.client_id, t.patient_id) = (p.vendor_id, p.client_id, p.id)
      AND t.started_at >= date_trunc('month', today.day::timestamp) AT TIME ZONE c.timezone
) so_far
WHERE programs.at_work IS NOT NULL
ORDER BY so_far.seconds, own.entries DESC, p.family_name, p.given_name, p.mrn
LIMIT :most
