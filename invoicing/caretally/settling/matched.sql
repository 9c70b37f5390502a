-- Those that filters let through. A line that ends with `-- asked`, here and in the files before, is left out where nothing is asked of it (statements.py): the
-- plan that a connection keeps would have to do for every filter at once, and took seconds where each of them takes milliseconds.
matched AS MATERIALIZED (
    SELECT * FROM told
    WHERE true
      AND code = :code -- asked
      AND outcome = :outcome -- asked
      AND owner = :owner -- asked
      AND state = :state -- asked
      AND due_on < CAST(:due_before AS date) -- asked
      AND assignee_id IS NULL AND :unassigned -- asked
      AND assignee_id = :assignee -- asked
      AND assignee_id IN (SELECT id FROM membership WHERE vendor_id = :vendor_id AND ended_at IS NULL AND 'person:' || account_id = (SELECT tenancy.current_actor())) AND :mine -- asked
      AND patient_id = :patient_id -- asked
      AND patient_id = ANY (:patients) -- asked
      -- of the kinds that the places of a page are in
      AND (client_id, month, code, outcome, due_on, state, coalesce(CAST(assignee_id AS text), ''), held_cents) IN (SELECT h.client_id, h.month, h.code, h.outcome, h.due_on, h.state, coalesce(h.assignee_id, ''), h.held_cents FROM jsonb_to_recordset(CAST(:classes AS jsonb)) AS h (client_id uuid, month date, code text, outcome text, due_on date, state text, assignee_id text, held_cents bigint)) -- asked
      AND patient_id || '/' || to_char(month, 'YYYY-MM') || '/' || code = ANY (:picked) -- asked
      AND EXISTS (SELECT FROM patient p WHERE p.vendor_id = :vendor_id AND p.client_id = told.client_id AND p.id = told.patient_id AND (p.mrn ILIKE :pattern OR p.family_name || ', ' || p.given_name ILIKE :pattern)) -- asked
)
