-- Every table has a level, row level security is on and forced, the owner owns it, and its tenant columns are never null. Outside our schemas
-- there is no table of ours, and none that one of our logins may use: no policy guards it.
WITH people AS (SELECT oid FROM pg_roles WHERE rolname = ANY (:roles)), ours AS (
    SELECT c.oid, c.relname::text AS name, n.nspname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner) AS owner,
           c.relname = ANY (:client_tables) AS of_client, c.relname = ANY (:client_tables) OR c.relname = ANY (:vendor_tables) AS of_tenant,
           c.relname = ANY (:account_tables) AS of_account
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND NOT starts_with(n.nspname, 'pg_temp_')
      AND (n.nspname = ANY (:schemas) OR EXISTS (
          SELECT FROM people p WHERE p.oid = c.relowner OR has_schema_privilege(p.oid, n.oid, 'USAGE') AND (
              has_table_privilege(p.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
              OR has_any_column_privilege(p.oid, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))))
)
SELECT name || ': is not registered with a level' FROM ours WHERE nspname = 'caretally' AND name <> ALL (:tables)
UNION ALL SELECT expected || ': is registered but does not exist' FROM unnest(CAST(:tables AS text[])) expected WHERE to_regclass(format('caretally.%I', expected)) IS NULL
UNION ALL SELECT nspname || '.' || name || ': lies outside the schema caretally' FROM ours WHERE nspname <> 'caretally' AND (nspname, name) <> ('tenancy', 'context_key')
UNION ALL SELECT name || ': row level security is off' FROM ours WHERE nspname = 'caretally' AND (of_tenant OR of_account) AND NOT relrowsecurity
UNION ALL SELECT name || ': row level security is not forced on the owner' FROM ours WHERE nspname = 'caretally' AND (of_tenant OR of_account) AND NOT relforcerowsecurity
UNION ALL SELECT name || ': belongs to ' || owner FROM ours WHERE owner <> :owner
UNION ALL
SELECT name || ': ' || wanted || ' is absent or may be null' FROM ours, unnest(CASE WHEN of_client THEN ARRAY['vendor_id', 'client_id'] ELSE ARRAY['vendor_id'] END) wanted
WHERE nspname = 'caretally' AND of_tenant AND NOT EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = ours.oid AND a.attname = wanted AND a.attnotnull AND a.atttypid = 'uuid'::regtype)
UNION ALL SELECT i.inhrelid::regclass || ': inherits, and a parent shows rows past a child''s policies' FROM pg_inherits i
WHERE EXISTS (SELECT FROM ours WHERE ours.oid IN (i.inhrelid, i.inhparent))
