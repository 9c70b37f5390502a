-- Whose time the signed actor logs, now by the database's clock, and the one timer of theirs that was not stopped yet, in its client's local time.
SELECT s.id AS staff_id, s.given_name || ' ' || s.family_name AS staff, v.timezone, v.session_idle_minutes * 60 AS idle_seconds, moment.now,
       (moment.now AT TIME ZONE v.timezone)::date AS today,
       t.id, t.client_id, t.patient_id, t.program, t.activity, t.started_at, t.running_since, t.seen_at,
       p.given_name || ' ' || p.family_name AS patient, p.mrn, c.name AS client, coalesce(c.timezone, v.timezone) AS zone,
       coalesce((SELECT sum(extract(epoch FROM i.ended_at - i.started_at))::int FROM timer_piece i WHERE (i.vendor_id, i.timer_id) = (t.vendor_id, t.id)), 0) AS earlier_seconds
FROM vendor v
CROSS JOIN (SELECT date_trunc('second', clock_timestamp()) AS now) moment
LEFT JOIN staff_account a ON a.vendor_id = v.vendor_id AND 'person:' || a.account_id = (SELECT tenancy.current_actor())
LEFT JOIN staff s ON (s.vendor_id, s.id) = (a.vendor_id, a.staff_id)
LEFT JOIN timer t ON (t.vendor_id, t.staff_id) = (s.vendor_id, s.id) AND t.ended_at IS NULL
LEFT JOIN patient p ON (p.vendor_id, p.client_id, p.id) = (t.vendor_id, t.client_id, t.patient_id)
LEFT JOIN client c ON (c.vendor_id, c.client_id) = (t.vendor_id, t.client_id)
WHERE v.vendor_id = (SELECT tenancy.current_vendor())
