-- One act on all the matches: what each piece of work was is kept beside the act, so that it can be undone; what did not exist is made.
, touched AS (SELECT * FROM matched WHERE CAST(:kind AS text) <> 'waive' OR (waivable AND outcome = 'held')),
made AS (
    SELECT * FROM jsonb_to_recordset(CAST(:waivers AS jsonb)) AS w (waiver_id uuid, client_id uuid, patient_id uuid, gate_code text, first_month date)
),
worked AS (
    INSERT INTO exception_work (vendor_id, client_id, patient_id, month, code, assignee_id, due_on, note, state, changed_by)
    SELECT :vendor_id, t.client_id, t.patient_id, t.month, t.code,
           CASE WHEN :kind = 'assign' THEN CAST(:to AS uuid) ELSE t.assignee_id END,
           CASE WHEN :kind = 'due' THEN CAST(:on AS date) ELSE t.own_due_on END,
           CASE WHEN :note <> '' THEN CAST(:note AS text) ELSE t.note END,
           CASE WHEN :kind = 'settle' THEN 'settled' WHEN :kind = 'open' THEN 'open'
                WHEN :kind = 'waive' AND EXISTS (SELECT FROM made w WHERE w.client_id = t.client_id AND w.patient_id = t.patient_id AND w.gate_code = t.code AND w.first_month <= t.month)
                    THEN 'waived' ELSE t.own_state END,
           (SELECT tenancy.current_actor())
    FROM touched t
    ON CONFLICT (vendor_id, client_id, month, patient_id, code) DO UPDATE
    SET assignee_id = EXCLUDED.assignee_id, due_on = EXCLUDED.due_on, note = EXCLUDED.note, state = EXCLUDED.state,
        version = exception_work.version + 1, changed_by = EXCLUDED.changed_by, changed_at = now()
    RETURNING client_id, id, patient_id, month, code, version
)
INSERT INTO exception_act_row (vendor_id, client_id, act_id, work_id, version, assignee_id, due_on, note, state, waiver_id)
SELECT :vendor_id, t.client_id, :act_id, w.id, w.version, t.assignee_id, t.own_due_on, t.note, t.own_state, m.waiver_id
FROM worked w
-- each has its other, so a full join is an inner one that is never made in loops, whatever the planner expects
FULL JOIN touched t USING (client_id, patient_id, month, code)
LEFT JOIN made m ON m.client_id = t.client_id AND m.patient_id = t.patient_id AND m.gate_code = t.code
