-- Put the work back as it was before an act, where nobody has changed it since; its version goes back too, so that the act before can be undone next.
UPDATE exception_work w
SET assignee_id = r.assignee_id, due_on = r.due_on, note = r.note, state = r.state, version = w.version - 1, changed_by = (SELECT tenancy.current_actor()), changed_at = now()
FROM exception_act_row r
WHERE r.vendor_id = :vendor_id AND r.act_id = :act_id AND w.vendor_id = r.vendor_id AND w.client_id = r.client_id AND w.id = r.work_id AND w.version = r.version
