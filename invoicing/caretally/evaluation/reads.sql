-- All that an evaluation is told of a client's month before it begins, in one look: the month's bounds, the client's own facts, the vendor's
-- policies and waivers, which programs are at work, and of every program its rows of the dated rule tables. None of it is by patient.
WITH midnight AS (
    SELECT i, (CAST(:month_first AS date) + i)::timestamp AT TIME ZONE :timezone AS at
    FROM generate_series(0, CAST(:month_last AS date) - CAST(:month_first AS date) + 1) AS i
),
month AS (SELECT min(at) AS starts_at, max(at) AS ends_at, array_agg(extract(epoch FROM at)::bigint ORDER BY i) AS bounds FROM midnight),
here AS MATERIALIZED (
    SELECT program FROM enrolment
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND (CAST(:only AS uuid[]) IS NULL OR patient_id = ANY (CAST(:only AS uuid[])))
      AND status = 'enrolled' AND valid_from <= :month_last AND coalesce(valid_to >= :month_first, true)
    GROUP BY program
    UNION
    SELECT program FROM time_entry
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND (CAST(:only AS uuid[]) IS NULL OR patient_id = ANY (CAST(:only AS uuid[])))
      -- the bounds of `month` once more, as values that the planner reads: taken from there it expects a hundredth of the month's entries, and fetches
      -- each through the index
      AND started_at < (CAST(:month_last AS date) + 1)::timestamp AT TIME ZONE :timezone
      AND started_at > CAST(:month_first AS date)::timestamp AT TIME ZONE :timezone - interval '24 hours'
      AND ended_at > CAST(:month_first AS date)::timestamp AT TIME ZONE :timezone
    GROUP BY program
),
-- Thirty days after a discharge belong to the service that was billed for it.
period AS (SELECT max(amount) AS days FROM program_limit WHERE name = 'period_days')
SELECT month.*, c.access_24_7_from, c.supervision_from, c.ehr_certified_from, c.baa_on, c.contact_name <> '' OR c.contact_email <> '' AS contact,
       (SELECT code FROM rule_set ORDER BY effective_from DESC, loaded_at DESC LIMIT 1) AS rule_set,
       (SELECT days FROM period) AS longest_period_days,
       EXISTS (SELECT FROM billed_service b WHERE b.vendor_id = c.vendor_id AND b.client_id = c.client_id
               AND (CAST(:only AS uuid[]) IS NULL OR b.patient_id = ANY (CAST(:only AS uuid[])))
               AND b.served_on BETWEEN :month_first - (SELECT days FROM period) + 1 AND :month_last) AS has_services,
       ARRAY(SELECT code FROM gate WHERE kind = 'unsupported') AS unsupporting,
       (SELECT jsonb_object_agg(g.code, coalesce(p.effect, g.default_effect))
        FROM gate g LEFT JOIN vendor_policy p ON p.gate_code = g.code AND p.valid_from <= :month_last AND (p.valid_to IS NULL OR p.valid_to >= :month_last)
        WHERE g.kind = 'policy') AS effects,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(code, curable) ORDER BY ordinal), '[]') FROM exclusion_reason
        WHERE valid_from <= :month_first AND (valid_to IS NULL OR valid_to >= :month_first)) AS reasons,
       (SELECT jsonb_agg(to_jsonb(p) || jsonb_build_object(
            'at_work', p.enrolled_as IN (SELECT program FROM here),
            'gates_asked', (SELECT coalesce(jsonb_agg(g.gate_code), '[]') FROM program_gate g WHERE g.program = p.program),
            'has_visit_addon', EXISTS (SELECT FROM visit_addon v WHERE v.program = p.program),
            'thresholds', (SELECT coalesce(jsonb_object_agg(l.path, coalesce(b.min_reportable_seconds, b.first_threshold_seconds)), '{}')
                           FROM time_ladder l JOIN billing_code b ON b.code = l.base_code WHERE l.program = p.program),
            'limits', (SELECT coalesce(jsonb_object_agg(n.name, n.amount), '{}') FROM program_limit n
                       WHERE n.program = p.enrolled_as AND n.valid_from <= :month_last AND (n.valid_to IS NULL OR n.valid_to >= :month_last)),
            'barred_programs', (SELECT coalesce(jsonb_agg(d.other_program ORDER BY d.other_program), '[]') FROM duplicate_program d
                                WHERE d.program = p.enrolled_as AND d.valid_from <= :month_last),
            'substitution', (SELECT jsonb_build_object('substitute_code', s.code, 'substitute_from', s.valid_from,
                                                       'substitute_mandatory_to', s.mandatory_to, 'substitute_valid_to', s.valid_to)
                             FROM code_substitution s
                             WHERE s.setting = c.setting AND s.program = p.program AND s.valid_from <= :month_last AND s.valid_to >= :month_first)
        ) ORDER BY p.ordinal) FROM program p) AS programs,
       -- A waiver bears on a month that it lasts through: its expiry is compared with the month's last day and never with a clock, so that a month
       -- is decided alike whenever it is decided. One for the patient goes before one for all of the client's, an earlier before a later.
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'patient_id', w.patient_id, 'gate_code', w.gate_code, 'waived_by', w.waived_by,
                                                     'reason', w.reason, 'expires_on', w.expires_on) ORDER BY w.patient_id IS NULL, w.recorded_at, w.id), '[]')
        FROM waiver w JOIN waivable_gate USING (gate_code)
        WHERE w.vendor_id = c.vendor_id AND w.client_id = c.client_id AND w.first_month <= :month_first AND w.expires_on >= :month_last
          AND (w.withdrawn_at IS NULL OR w.id IN (SELECT e.waiver_id FROM exception e WHERE e.vendor_id = c.vendor_id AND e.client_id = c.client_id
                                                  AND e.client_month_id = :as_closed))) AS waivers
FROM client c CROSS JOIN month
WHERE c.vendor_id = :vendor_id AND c.client_id = :client_id
