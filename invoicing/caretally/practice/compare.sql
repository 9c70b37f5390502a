-- Compares a practice's own list with who was enrolled in a closed month: by record number, else by Medicare number, else by name and birth date; each
-- patient answers for one line, a second line about the same one is refused. The result is kept at once with its counts; of a Medicare number
-- that does not stand on the list only the end is.
WITH given AS (
    SELECT g.line, g.name, CAST(nullif(g.born, '') AS date) AS born, g.mrn, g.mbi, g.refused,
           regexp_replace(upper(g.mbi), '[^0-9A-Z]', '', 'g') AS mbi_key, key.words
    FROM unnest(CAST(:lines AS int[]), CAST(:names AS text[]), CAST(:born AS text[]), CAST(:mrns AS text[]), CAST(:mbis AS text[]), CAST(:refused AS text[]))
        AS g (line, name, born, mrn, mbi, refused)
    CROSS JOIN LATERAL (SELECT string_agg(w, ' ' ORDER BY w) AS words FROM regexp_split_to_table(lower(g.name), '[^[:alpha:]]+') w WHERE w <> '') key
),
enrolled AS MATERIALIZED (
    SELECT p.patient_id, p.mrn, p.patient_name, p.outcome, a.birth_date, coalesce(a.mbi, '') AS mbi, regexp_replace(upper(coalesce(a.mbi, '')), '[^0-9A-Z]', '', 'g') AS mbi_key, key.words
    FROM client_month m
    JOIN patient_month p ON p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.client_month_id = m.id AND p.enrolled
    JOIN patient a ON a.vendor_id = p.vendor_id AND a.client_id = p.client_id AND a.id = p.patient_id
    CROSS JOIN LATERAL (SELECT string_agg(w, ' ' ORDER BY w) AS words FROM regexp_split_to_table(lower(p.patient_name), '[^[:alpha:]]+') w WHERE w <> '') key
    WHERE m.vendor_id = :vendor_id AND m.client_id = :client_id AND m.month = :month AND m.status = 'closed'
),
alike AS (
    SELECT g.line, e.patient_id, 1 AS rank FROM given g JOIN enrolled e ON upper(g.mrn) = upper(e.mrn) WHERE g.mrn <> '' AND g.refused = ''
    UNION ALL
    SELECT g.line, e.patient_id, 2 FROM given g JOIN enrolled e ON g.mbi_key = e.mbi_key WHERE g.mbi_key <> '' AND g.refused = ''
    UNION ALL
    SELECT g.line, e.patient_id, 3 FROM given g JOIN enrolled e ON g.words = e.words AND g.born = e.birth_date WHERE g.refused = ''
),
best AS (SELECT DISTINCT ON (line) line, patient_id FROM alike ORDER BY line, rank, patient_id),
answered AS (SELECT line, patient_id, min(line) OVER (PARTITION BY patient_id) AS first_line FROM best),
result AS MATERIALIZED (
    SELECT CASE WHEN g.refused <> '' OR a.first_line < g.line THEN 'refused' WHEN a.line IS NULL THEN 'missing' ELSE 'matched' END AS result,
           g.line, g.name, g.born, g.mrn, g.mbi, CASE WHEN a.first_line = g.line THEN a.patient_id END AS patient_id,
           CASE WHEN g.refused <> '' THEN g.refused
                WHEN a.first_line < g.line THEN 'The same patient as on line ' || a.first_line || '.'
                WHEN a.line IS NULL AND k.id IS NOT NULL THEN 'On your vendor''s list, but not enrolled in this month.'
                WHEN a.line IS NULL THEN 'Not on your vendor''s list under this number.'
                ELSE concat_ws(' ', CASE WHEN g.born <> e.birth_date THEN 'Your vendor has the birth date ' || e.birth_date || '.' END,
                    CASE WHEN g.words <> e.words THEN 'Your vendor has the name ' || e.patient_name || '.' END,
                    CASE WHEN g.mrn <> '' AND upper(g.mrn) <> upper(e.mrn) THEN 'Your vendor has the record number ' || e.mrn || '.' END,
                    CASE WHEN g.mbi_key <> '' AND e.mbi_key <> '' AND g.mbi_key <> e.mbi_key THEN 'Your vendor has another Medicare number.' END) END AS remark
    FROM given g LEFT JOIN answered a USING (line) LEFT JOIN enrolled e USING (patient_id)
    LEFT JOIN LATERAL (SELECT p.id FROM patient p WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND g.mrn <> '' AND p.mrn = g.mrn LIMIT 1) k ON true
    UNION ALL
    SELECT 'extra', NULL, e.patient_name, e.birth_date, e.mrn, right(e.mbi, 4), e.patient_id,
           CASE WHEN e.outcome = 'billable' THEN 'Enrolled and billed in this month.' ELSE 'Enrolled in this month, not billed.' END
    FROM enrolled e WHERE NOT EXISTS (SELECT FROM best b WHERE b.patient_id = e.patient_id)
),
kept AS (
    INSERT INTO practice_roster (vendor_id, client_id, id, month, file_sha256, file_name, rows_read, matched, missing, extra, refused, compared_name)
    SELECT :vendor_id, :client_id, :id, :month, :file_sha256, :file_name, (SELECT count(*) FROM given), count(*) FILTER (WHERE result = 'matched'),
           count(*) FILTER (WHERE result = 'missing'), count(*) FILTER (WHERE result = 'extra'), count(*) FILTER (WHERE result = 'refused'), :name
    FROM result
    ON CONFLICT DO NOTHING
    RETURNING vendor_id, client_id, id
)
INSERT INTO practice_roster_row (vendor_id, client_id, roster_id, result, line, name, birth_date, mrn, mbi, patient_id, remark)
SELECT k.vendor_id, k.client_id, k.id, r.result, r.line, r.name, r.born, r.mrn, r.mbi, r.patient_id, r.remark FROM kept k CROSS JOIN result r
