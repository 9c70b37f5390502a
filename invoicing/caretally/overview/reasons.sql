-- Why patients are held in the newest month that has figures, each under the reason that decides, with who can cure it.
WITH newest AS (
    SELECT max(month) AS month FROM client_month
    WHERE vendor_id = :vendor_id AND summary IS NOT NULL AND (status = 'closed' OR (status = 'previewed' AND NOT CAST(:of_practice AS boolean)))
)
SELECT g.code, g.label, g.owner_role AS owner, sum((r ->> 'patients')::int)::int AS patients, sum((r ->> 'cents')::bigint)::bigint AS held_cents
FROM client_month m
JOIN newest n ON n.month = m.month
CROSS JOIN LATERAL jsonb_array_elements(m.summary -> 'reasons') AS r
JOIN gate g ON g.code = r ->> 'code'
WHERE m.vendor_id = :vendor_id AND r ->> 'outcome' = 'held' AND (m.status = 'closed' OR (m.status = 'previewed' AND NOT CAST(:of_practice AS boolean)))
GROUP BY 1, 2, 3
ORDER BY held_cents DESC, patients DESC, g.code
