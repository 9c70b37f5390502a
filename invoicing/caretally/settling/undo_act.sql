-- Put the work back as it was before an act, where nobody has changed it since. Its version grows as with any change; the act that had left it so before
-- is told the new version, so that it can be undone next.
WITH restored AS (
    UPDATE exception_work w
    SET assignee_id = r.assignee_id, due_on = r.due_on, note = r.note, state = r.state, version = w.version + 1, changed_by = (SELECT tenancy.current_actor()), changed_at = now()
    FROM exception_act_row r
    WHERE r.vendor_id = :vendor_id AND r.act_id = :act_id AND w.vendor_id = r.vendor_id AND w.client_id = r.client_id AND w.id = r.work_id AND w.version = r.version
    RETURNING w.vendor_id, w.client_id, w.id, w.version, r.version AS left_by_act
),
earlier AS (
    UPDATE exception_act_row e SET version = o.version
    FROM restored o
    WHERE e.vendor_id = o.vendor_id AND e.client_id = o.client_id AND e.work_id = o.id AND e.version = o.left_by_act - 1
)
SELECT count(*)::int FROM restored
