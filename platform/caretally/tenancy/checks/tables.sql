-- Every table has a level, row level security is on and forced, the owner owns it, and its tenant columns are never null.
WITH ours AS (
    SELECT c.oid, c.relname::text AS name, n.nspname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner) AS owner,
           c.relname = ANY (:client_tables) AS of_client, c.relname = ANY (:client_tables) OR c.relname = ANY (:vendor_tables) AS of_tenant
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND NOT starts_with(n.nspname, 'pg_temp_')
)
SELECT name || ': is not registered with a level' FROM ours WHERE nspname = 'public' AND name <> ALL (:tables)
UNION ALL SELECT expected || ': is registered but does not exist' FROM unnest(CAST(:tables AS text[])) expected WHERE to_regclass(format('public.%I', expected)) IS NULL
UNION ALL SELECT nspname || '.' || name || ': lies outside the schema public' FROM ours WHERE nspname <> 'public' AND (nspname, name) <> ('tenancy', 'context_key')
UNION ALL SELECT name || ': row level security is off' FROM ours WHERE nspname = 'public' AND of_tenant AND NOT relrowsecurity
UNION ALL SELECT name || ': row level security is not forced on the owner' FROM ours WHERE nspname = 'public' AND of_tenant AND NOT relforcerowsecurity
UNION ALL SELECT name || ': belongs to ' || owner FROM ours WHERE owner <> :owner
UNION ALL
SELECT name || ': ' || wanted || ' is absent or may be null' FROM ours, unnest(CASE WHEN of_client THEN ARRAY['vendor_id', 'client_id'] ELSE ARRAY['vendor_id'] END) wanted
WHERE nspname = 'public' AND of_tenant AND NOT EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = ours.oid AND a.attname = wanted AND a.attnotnull AND a.atttypid = 'uuid'::regtype)
UNION ALL SELECT name || ': inherits, and a parent shows rows past a child''s policies' FROM ours JOIN pg_inherits i ON i.inhrelid = ours.oid
