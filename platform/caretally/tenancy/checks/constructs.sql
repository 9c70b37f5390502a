-- Ways around row level security: materialised views, views that run as their owner, rules, large objects, foreign tables, publications. Of what
-- strangers keep in the same database, that counts which reads our tables or which one of our roles owns or may use.
WITH people AS (SELECT oid FROM pg_roles WHERE rolname = ANY (:roles)), views AS (
    SELECT c.oid, c.relkind, c.reloptions
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('m', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT starts_with(n.nspname, 'pg_temp_')
      AND (n.nspname = ANY (:schemas)
          OR EXISTS (SELECT FROM people p WHERE p.oid = c.relowner OR has_schema_privilege(p.oid, n.oid, 'USAGE')
                     AND (has_table_privilege(p.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE') OR has_any_column_privilege(p.oid, c.oid, 'SELECT, INSERT, UPDATE')))
          OR EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
                     JOIN pg_class used ON used.oid = d.refobjid JOIN pg_namespace h ON h.oid = used.relnamespace
                     WHERE r.ev_class = c.oid AND h.nspname = ANY (:schemas)))
)
SELECT oid::regclass || ': is a materialised view, which keeps rows of every vendor' FROM views WHERE relkind = 'm'
UNION ALL
SELECT oid::regclass || ': is a view without security_invoker' FROM views
WHERE relkind = 'v' AND NOT coalesce(reloptions, '{}') && ARRAY['security_invoker=true', 'security_invoker=on']
UNION ALL
SELECT r.ev_class::regclass || ': has the rule ' || r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relnamespace = 'caretally'::regnamespace AND r.rulename <> '_RETURN'
UNION ALL SELECT 'large object ' || oid || ': is outside every policy' FROM pg_largeobject_metadata
WHERE lomowner IN (SELECT oid FROM people) OR EXISTS (SELECT FROM aclexplode(lomacl) WHERE grantee = 0 OR grantee IN (SELECT oid FROM people))
UNION ALL SELECT 'foreign server ' || srvname || ': leads out of the database' FROM pg_foreign_server s
WHERE EXISTS (SELECT FROM people p WHERE has_server_privilege(p.oid, s.oid, 'USAGE'))
UNION ALL SELECT DISTINCT 'publication ' || pubname || ': sends rows past every policy' FROM pg_publication_tables WHERE schemaname = ANY (:schemas)
UNION ALL SELECT 'extension ' || extname || ': is not declared' FROM pg_extension WHERE extname NOT IN ('plpgsql', 'btree_gist')
