-- What all the matches come to (after counted.sql, matched.sql), and of the rows of one page what is the same for all of a kind. In the order of the page the
-- kinds stand in steps; a page needs the steps that its places are in, or all of them where few exceptions match.
, totals AS (
    SELECT coalesce(sum(patients), 0)::int AS exceptions, coalesce(sum(patients * held_cents), 0)::bigint AS held_total,
           coalesce(sum(patients) FILTER (WHERE due_on < CAST(:today AS date) AND state = 'open'), 0)::int AS overdue,
           coalesce(sum(patients) FILTER (WHERE assignee_id IS NULL AND state = 'open'), 0)::int AS unassigned
    FROM matched
),
-- A patient is one client's, and may match in several of its months.
patient_of_client AS (
    SELECT client_id, max(patients) AS least, sum(patients) AS most
    FROM (SELECT client_id, month, sum(patients) AS patients FROM (SELECT DISTINCT client_id, month, id, patients FROM matched) alike GROUP BY 1, 2) each_month
    GROUP BY 1
),
class AS (
    SELECT client_id, client_month_id, month, status, code, outcome, due_on, state, assignee_id, held_cents, sum(patients) AS exceptions
    FROM matched GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 HAVING sum(patients) > 0
),
placed AS (
    SELECT k.*, dense_rank() OVER (ORDER BY {steps}) AS step
    FROM (SELECT k.*, g.ordinal, c.code AS client_code, c.name AS client, a.name AS assignee
          FROM class k
          JOIN gate_told g ON g.code = k.code
          JOIN client c ON c.vendor_id = :vendor_id AND c.client_id = k.client_id
          LEFT JOIN membership a ON a.vendor_id = :vendor_id AND a.id = k.assignee_id) k
),
shown AS (
    SELECT s.step, s.upto - s.exceptions AS before
    FROM (SELECT step, sum(exceptions) AS exceptions, sum(sum(exceptions)) OVER (ORDER BY step) AS upto FROM placed GROUP BY step) s, totals
    WHERE totals.exceptions <= :few OR (s.upto > :start AND s.upto - s.exceptions < :start + :size)
),
kind AS MATERIALIZED (SELECT placed.* FROM placed WHERE step IN (SELECT step FROM shown))
SELECT totals.*, (SELECT coalesce(sum(least), 0) FROM patient_of_client)::int AS patients, (SELECT coalesce(sum(most), 0) FROM patient_of_client)::int AS patients_at_most,
       (SELECT coalesce(min(before), 0) FROM shown)::int AS before, (SELECT count(*) FROM shown)::int AS steps,
       -- how many patients the clients of one step have, more or less, and so how many of them are looked at for the rows of a page
       CASE WHEN (SELECT count(*) FROM shown) = 1 THEN (
           SELECT coalesce(sum(patients), 0) FROM (SELECT max(coalesce(m.enrolled, (m.summary ->> 'enrolled')::int)) AS patients FROM client_month m
               WHERE m.vendor_id = :vendor_id AND (m.client_id, m.id) IN (SELECT client_id, client_month_id FROM kind) GROUP BY m.client_id) e) END::int AS enrolled,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('client_month_id', client_month_id, 'client_id', client_id, 'month', month, 'status', status, 'code', code, 'outcome', outcome,
            'due_on', due_on, 'state', state, 'assignee_id', assignee_id, 'held_cents', held_cents, 'exceptions', exceptions)), '[]') FROM kind) AS classes
FROM totals
