-- A foreign key between two tenant tables pairs vendor_id with vendor_id, and client_id with client_id where both carry it: no row can
-- refer to another vendor's or client's. Global tables may be referred to and refer to no tenant's row.
WITH level AS (
    SELECT c.oid, c.relname::text AS name,
           CASE WHEN c.relname = ANY (:client_tables) THEN 2 WHEN c.relname = ANY (:vendor_tables) THEN 1 ELSE 0 END AS depth
    FROM pg_class c WHERE c.relnamespace = 'caretally'::regnamespace AND c.relkind = 'r'
), pairs AS (
    SELECT child.name, r.conname, child.depth AS child_depth, parent.depth AS parent_depth,
           ARRAY(SELECT a.attname || '=' || b.attname FROM unnest(r.conkey, r.confkey) WITH ORDINALITY k (child_number, parent_number, place)
                 JOIN pg_attribute a ON a.attrelid = r.conrelid AND a.attnum = k.child_number
                 JOIN pg_attribute b ON b.attrelid = r.confrelid AND b.attnum = k.parent_number ORDER BY k.place) AS columns,
           (ARRAY['vendor_id=vendor_id', 'client_id=client_id'])[1:least(child.depth, parent.depth)] AS wanted
    FROM pg_constraint r JOIN level child ON child.oid = r.conrelid JOIN level parent ON parent.oid = r.confrelid WHERE r.contype = 'f'
)
SELECT format('%s: foreign key %s pairs %s, not %s first', name, conname, array_to_string(columns, ', '), array_to_string(wanted, ', '))
FROM pairs WHERE columns[1:cardinality(wanted)] <> wanted
UNION ALL SELECT format('%s: foreign key %s leads from common data to a tenant''s', name, conname) FROM pairs WHERE child_depth = 0 AND parent_depth > 0
UNION ALL SELECT format('%s: constraint %s is not validated', c.conrelid::regclass, c.conname) FROM pg_constraint c
WHERE c.connamespace = 'caretally'::regnamespace AND NOT c.convalidated
