-- How many records bear each of these names, as a family or as a given name.
SELECT name, count(*) AS bearers FROM (
    SELECT family AS name FROM person_record WHERE family = ANY (CAST(:names AS text[]))
    UNION ALL SELECT given FROM person_record WHERE given = ANY (CAST(:names AS text[]))
) n GROUP BY name
