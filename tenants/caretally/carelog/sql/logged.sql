-- One piece of work that was logged here, with the entries and late entries that hold its hours; local times of the client.
SELECT l.*, p.given_name || ' ' || p.family_name AS patient, p.mrn, c.name AS client, c.timezone AS zone, c.code AS client_code,
       s.given_name || ' ' || s.family_name AS staff,
       coalesce(mine.staff_id = l.staff_id, false) AS own, h.hours,
       (SELECT e.fields ->> 'description' FROM late_entry e WHERE e.vendor_id = l.vendor_id AND e.client_id = l.client_id AND e.source = l.source
          AND e.kind = 'corrected' AND NOT e.taken_in AND (e.external_id = l.external_id OR e.external_id ^@ (l.external_id || ':')) LIMIT 1) AS correction
FROM logged_time l
JOIN patient p ON (p.vendor_id, p.client_id, p.id) = (l.vendor_id, l.client_id, l.patient_id)
JOIN client c ON (c.vendor_id, c.client_id) = (l.vendor_id, l.client_id)
JOIN staff s ON (s.vendor_id, s.id) = (l.vendor_id, l.staff_id)
LEFT JOIN staff_account mine ON mine.vendor_id = l.vendor_id AND 'person:' || mine.account_id = (SELECT tenancy.current_actor())
CROSS JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(piece) ORDER BY piece.started_at) AS hours FROM (
        SELECT e.id, false AS late, e.started_at, e.ended_at, e.program, e.activity, e.description, e.contact, e.within_em, e.approved_by,
               encode(e.content_hash, 'hex') AS version, closed.month, closed.closed_at
        FROM time_entry e
        LEFT JOIN LATERAL (
            SELECT m.month, m.closed_at FROM client_month m WHERE (m.vendor_id, m.client_id) = (e.vendor_id, e.client_id) AND m.status = 'closed'
              AND m.starts_at < e.ended_at AND m.ends_at > e.started_at ORDER BY m.month LIMIT 1) closed ON true
        WHERE e.vendor_id = l.vendor_id AND e.client_id = l.client_id AND e.source = l.source
          AND (e.external_id = l.external_id OR e.external_id ^@ (l.external_id || ':'))
        UNION ALL
        SELECT e.id, true, e.started_at, e.ended_at, e.fields ->> 'program', e.fields ->> 'activity', e.fields ->> 'description', e.fields ->> 'contact',
               (e.fields ->> 'within_em')::boolean, e.fields ->> 'approved_by', encode(sha256(convert_to(e.fields::text, 'UTF8')), 'hex'), e.month, NULL
        FROM late_entry e
        WHERE e.vendor_id = l.vendor_id AND e.client_id = l.client_id AND e.source = l.source AND e.kind = 'new' AND NOT e.taken_in
          AND (e.external_id = l.external_id OR e.external_id ^@ (l.external_id || ':'))
    ) piece) h
WHERE l.vendor_id = (SELECT tenancy.current_vendor()) AND l.id = :id
