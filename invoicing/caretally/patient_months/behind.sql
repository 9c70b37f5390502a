-- What stands behind one patient-month: each entry of the month with the seconds logged in it and those that counted, in the order of their start;
-- of a closed one the program lines of a month of several, and the waivers it went by. A practice learns the names of those who worked for it.
WITH counted AS (
    SELECT u.id, sum(u.seconds)::int AS seconds FROM unnest(CAST(:entry_ids AS uuid[]), CAST(:entry_seconds AS int[])) AS u (id, seconds) GROUP BY u.id
),
entry AS MATERIALIZED (
    SELECT e.id, e.staff_id, e.activity, e.description, e.source, e.approved_by, c.seconds,
           greatest(e.started_at, :starts_at) AS starts_at, least(e.ended_at, :ends_at) AS ends_at
    FROM time_entry e LEFT JOIN counted c USING (id)
    WHERE e.vendor_id = :vendor_id AND e.client_id = :client_id AND e.patient_id = :patient_id AND e.started_at < :ends_at AND e.ended_at > :starts_at
)
SELECT
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'starts', to_char(e.starts_at AT TIME ZONE :timezone, 'YYYY-MM-DD"T"HH24:MI:SS'), 'ends', to_char(e.ends_at AT TIME ZONE :timezone, 'YYYY-MM-DD"T"HH24:MI:SS'),
        'activity', e.activity, 'description', e.description, 'source', e.source, 'approved_by', coalesce(approver.name, e.approved_by),
        'staff', coalesce(who.staff, 'not on record'), 'credential', coalesce(who.credential, ''),
        'logged', extract(epoch FROM e.ends_at - e.starts_at)::int, 'seconds', coalesce(e.seconds, 0)) ORDER BY e.starts_at, e.id), '[]')
     FROM entry e LEFT JOIN tenancy.staff_at_work((SELECT array_agg(DISTINCT staff_id) FROM entry)) who ON who.staff_id = e.staff_id
     LEFT JOIN tenancy.named_on_record(:patient_id, (SELECT array_agg(DISTINCT approved_by) FROM entry)) approver ON approver.called = e.approved_by) AS entries,
    (SELECT coalesce(jsonb_agg(to_jsonb(l) ORDER BY g.ordinal), '[]') FROM program_line l JOIN program g USING (program)
     WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.patient_month_id = :patient_month_id) AS program_lines,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', x.waiver_id, 'gate_code', x.code, 'printed', x.printed)), '[]') FROM exception x
     WHERE x.vendor_id = :vendor_id AND x.client_id = :client_id AND x.patient_month_id = :patient_month_id AND x.waiver_id IS NOT NULL) AS waived,
    -- whom the papers of a closed month name: who took the consent, which version the newest review was of, who documented the decision-making
    (SELECT jsonb_build_object(
        'consent', (SELECT jsonb_build_object('method', k.method, 'taken_by', coalesce((SELECT n.name FROM tenancy.named_on_record(k.patient_id, ARRAY[k.obtained_by]) n), k.obtained_by))
                    FROM consent k WHERE k.vendor_id = p.vendor_id AND k.client_id = p.client_id AND k.patient_id = p.patient_id AND k.obtained_on = p.consent_on
                    ORDER BY k.provider_id <> p.provider_id, k.id LIMIT 1),
        'reviewed_version', (SELECT max(k.plan_version) FROM review k WHERE k.vendor_id = p.vendor_id AND k.client_id = p.client_id AND k.patient_id = p.patient_id AND k.reviewed_on = p.reviewed_on),
        'mdm', (SELECT jsonb_build_object('documented_on', k.documented_on, 'by', coalesce((SELECT n.name FROM tenancy.named_on_record(k.patient_id, ARRAY[k.npi]) n), 'NPI ' || k.npi))
                FROM mdm k WHERE k.vendor_id = p.vendor_id AND k.client_id = p.client_id AND k.patient_id = p.patient_id AND k.month = p.month AND k.level = p.mdm_level))
     FROM patient_month p WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = :patient_month_id) AS papers
