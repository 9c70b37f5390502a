-- What all the matches come to, and one page of them; a page beyond the last has the totals alone. Names are looked up for `candidate` alone: where the
-- order begins with what `matched` has (see statements.py), the rows up to the page's last and those that tie with it.
, totals AS (
    SELECT count(*)::int AS exceptions, count(DISTINCT patient_id)::int AS patients, coalesce(sum(held_cents), 0)::bigint AS held_total,
           count(*) FILTER (WHERE due_on < CAST(:today AS date) AND state = 'open')::int AS overdue,
           count(*) FILTER (WHERE assignee_id IS NULL AND state = 'open')::int AS unassigned
    FROM matched
),
candidate AS (SELECT * FROM matched{candidates}),
named AS (
    SELECT k.*, c.code AS client_code, c.name AS client, p.mrn, p.family_name || ', ' || p.given_name AS patient, g.label, g.fix, a.name AS assignee
    FROM candidate k
    JOIN gate g ON g.code = k.code
    JOIN client c ON c.vendor_id = :vendor_id AND c.client_id = k.client_id
    JOIN patient p ON p.vendor_id = :vendor_id AND p.client_id = k.client_id AND p.id = k.patient_id
    LEFT JOIN membership a ON a.vendor_id = :vendor_id AND a.id = k.assignee_id
),
placed AS (
    SELECT *, row_number() OVER (ORDER BY {order}, outcome <> 'held', outcome = 'warning', due_on, client_code, patient, mrn, ordinal, month DESC) AS place FROM named
)
SELECT t.*, r.* FROM totals t LEFT JOIN (SELECT * FROM placed ORDER BY place LIMIT :size OFFSET :start) r ON true
ORDER BY r.place
