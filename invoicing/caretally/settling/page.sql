-- What all the matches come to, and one page of them; a page beyond the last has the totals alone.
, totals AS (
    SELECT count(*)::int AS exceptions, count(DISTINCT patient_id)::int AS patients, coalesce(sum(held_cents), 0)::bigint AS held_total,
           count(*) FILTER (WHERE due_on < CAST(:today AS date) AND state = 'open')::int AS overdue,
           count(*) FILTER (WHERE assignee_id IS NULL AND state = 'open')::int AS unassigned
    FROM matched
)
SELECT t.*, r.* FROM totals t LEFT JOIN (
    SELECT * FROM matched ORDER BY
        CASE :sort WHEN 'money' THEN -held_cents WHEN 'due' THEN due_on - date '2000-01-01' WHEN 'code' THEN ordinal END,
        CASE :sort WHEN 'client' THEN client WHEN 'patient' THEN patient WHEN 'assignee' THEN assignee END,
        outcome <> 'held', outcome = 'warning', due_on, client_code, patient, mrn, ordinal, month DESC
    LIMIT :size OFFSET :start
) r ON true
ORDER BY
    CASE :sort WHEN 'money' THEN -r.held_cents WHEN 'due' THEN r.due_on - date '2000-01-01' WHEN 'code' THEN r.ordinal END,
    CASE :sort WHEN 'client' THEN r.client WHEN 'patient' THEN r.patient WHEN 'assignee' THEN r.assignee END,
    r.outcome <> 'held', r.outcome = 'warning', r.due_on, r.client_code, r.patient, r.mrn, r.ordinal, r.month DESC
