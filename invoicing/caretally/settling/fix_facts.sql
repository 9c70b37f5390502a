-- What the forms of one exception are filled with, in one row: providers of the client, the program and practitioner of the patient-month, the consents,
-- the plan versions, and the entries that wait for an approval: not those that were sent back or are approved beside a closed month already. Their token
-- is that of the list of what waits, so that nothing is approved that changed since.
WITH asked AS (
    SELECT c.client_id, c.timezone, CAST(:patient_id AS uuid) AS patient_id, CAST(:month AS date) AS month,
           CAST(:month AS timestamp) AT TIME ZONE c.timezone AS starts_at, (CAST(:month AS timestamp) + interval '1 month') AT TIME ZONE c.timezone AS ends_at
    FROM client c WHERE c.vendor_id = :vendor_id AND c.client_id = :client_id
)
SELECT (SELECT coalesce(json_agg(json_build_array(p.npi, p.given_name || ' ' || p.family_name || coalesce(', ' || nullif(p.credential, ''), '')) ORDER BY p.family_name), '[]')
        FROM provider p WHERE p.vendor_id = :vendor_id AND p.client_id = k.client_id) AS providers,
       (SELECT json_build_array(a.program, p.npi) FROM assignment a JOIN provider p ON p.vendor_id = a.vendor_id AND p.client_id = a.client_id AND p.id = a.provider_id
        WHERE a.vendor_id = :vendor_id AND a.client_id = k.client_id AND a.patient_id = k.patient_id AND a.valid_from < k.month + interval '1 month'
        ORDER BY coalesce(a.valid_to, 'infinity') >= k.month DESC, a.valid_from DESC LIMIT 1) AS assigned,
       (SELECT coalesce(json_agg(json_build_array(n.program, p.npi, n.method, n.obtained_on, n.scope, n.cost_sharing, n.one_practitioner, n.stop, n.obtained_by, n.revoked_on)
            ORDER BY n.obtained_on DESC), '[]')
        FROM consent n JOIN provider p ON p.vendor_id = n.vendor_id AND p.client_id = n.client_id AND p.id = n.provider_id
        WHERE n.vendor_id = :vendor_id AND n.client_id = k.client_id AND n.patient_id = k.patient_id) AS consents,
       (SELECT coalesce(json_agg(json_build_array(v.version, v.effective_on, (SELECT max(r.reviewed_on) FROM review r WHERE r.vendor_id = v.vendor_id AND r.client_id = v.client_id
            AND r.patient_id = v.patient_id AND r.plan_version = v.version), v.id) ORDER BY v.version DESC), '[]')
        FROM care_plan v WHERE v.vendor_id = :vendor_id AND v.client_id = k.client_id AND v.patient_id = k.patient_id) AS plans,
       (SELECT coalesce(json_agg(json_build_array(t.id || '.' || left(encode(t.content_hash, 'hex'), 16), to_char(t.started_at AT TIME ZONE k.timezone, 'YYYY-MM-DD HH24:MI'), to_char(t.ended_at AT TIME ZONE k.timezone, 'HH24:MI'),
            extract(epoch FROM t.ended_at - t.started_at)::int, s.given_name || ' ' || s.family_name, t.activity, t.description,
            EXISTS (SELECT FROM staff_account a WHERE a.vendor_id = t.vendor_id AND a.staff_id = t.staff_id AND 'person:' || a.account_id = (SELECT tenancy.current_actor())))
            ORDER BY t.started_at), '[]')
        FROM time_entry t JOIN staff s ON s.vendor_id = t.vendor_id AND s.id = t.staff_id
        LEFT JOIN logged_time g ON g.vendor_id = t.vendor_id AND g.client_id = t.client_id AND g.source = t.source AND g.external_id = t.external_id
        WHERE t.vendor_id = :vendor_id AND t.client_id = k.client_id AND t.patient_id = k.patient_id AND t.started_at < k.ends_at AND t.ended_at > k.starts_at
          AND t.source = 'manual' AND t.approved_by = '' AND coalesce(g.state, 'waiting') <> 'returned'
          AND NOT EXISTS (SELECT FROM late_entry l WHERE l.vendor_id = t.vendor_id AND l.client_id = t.client_id AND l.source = t.source AND l.external_id = t.external_id)) AS waiting,
       (SELECT coalesce(json_agg(json_build_array(m.id, m.name, m.role) ORDER BY lower(m.name), m.role), '[]') FROM membership m
        WHERE m.vendor_id = :vendor_id AND m.ended_at IS NULL AND m.role = ANY (:roles)) AS people,
       (SELECT to_jsonb(g) || jsonb_build_object('due_days', d.days) FROM gate g JOIN tenancy.due_days(:month) d USING (code) WHERE g.code = :code) AS gate
FROM asked k
