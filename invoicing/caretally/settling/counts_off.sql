-- Where the patients that the queue counts as alike are not those whom reading each exception finds, at most twenty of them (after newest_months.sql).
, read_alike AS (
    SELECT client_id, month, codes, said, count(*) AS patients
    FROM (SELECT client_id, month, patient_id, string_agg(code, ', ' ORDER BY code COLLATE "C") AS codes,
                 array_agg(ROW(code, outcome, due_on, state, assignee_id, held_cents)::text ORDER BY code COLLATE "C") AS said
          FROM ({reasons} SELECT * FROM told) r GROUP BY 1, 2, 3) each_patient
    GROUP BY 1, 2, 3, 4
),
counted_alike AS (
    SELECT client_id, month, codes, said, sum(patients) AS patients
    FROM (SELECT client_id, month, id, patients, string_agg(code, ', ' ORDER BY code COLLATE "C") AS codes,
                 array_agg(ROW(code, outcome, due_on, state, assignee_id, held_cents)::text ORDER BY code COLLATE "C") AS said
          FROM ({counted} SELECT * FROM told) c GROUP BY 1, 2, 3, 4) each_row
    GROUP BY 1, 2, 3, 4
)
SELECT c.code || ' ' || to_char(month, 'YYYY-MM') || ': the queue counts ' || coalesce(k.patients, 0) || ' patients of ' || codes || ', and there are ' || coalesce(r.patients, 0) AS breach
FROM read_alike r
FULL JOIN counted_alike k USING (client_id, month, codes, said)
JOIN client c ON c.vendor_id = :vendor_id AND c.client_id = coalesce(r.client_id, k.client_id)
WHERE coalesce(k.patients, 0) <> coalesce(r.patients, 0)
ORDER BY 1 LIMIT 20
