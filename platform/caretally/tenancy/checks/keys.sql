-- Every primary key, unique key, exclusion constraint and unique index leads with vendor_id (client-level: vendor_id, client_id), so that no
-- key answers "exists" across vendors, and every other index with vendor_id, so that none is asked before the policy.
-- :common_keys are the exceptions, each declared with its reason.
WITH keys AS (
    SELECT t.relname::text AS name, i.relname::text AS key,
           CASE WHEN t.relname = ANY (:client_tables) AND (x.indisunique OR x.indisexclusion) THEN ARRAY['vendor_id', 'client_id'] ELSE ARRAY['vendor_id'] END AS wanted,
           ARRAY(SELECT coalesce(a.attname::text, '(expression)') FROM unnest(x.indkey::int2[]) WITH ORDINALITY k (number, place)
                 LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number AND k.number > 0
                 WHERE k.place <= x.indnkeyatts ORDER BY k.place) AS columns
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = 'caretally' AND (t.relname = ANY (:client_tables) OR t.relname = ANY (:vendor_tables))
)
SELECT format('%s: key %s leads with (%s), not with (%s)', name, key, array_to_string(columns, ', '), array_to_string(wanted, ', '))
FROM keys WHERE columns[1:cardinality(wanted)] <> wanted AND key <> ALL (:common_keys)
UNION ALL
SELECT t.relname || ': has no primary key' FROM pg_class t
WHERE t.relnamespace = 'caretally'::regnamespace AND t.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = t.oid AND x.indisprimary)
