-- Ways around row level security: materialised views, views that run as their owner, rules, large objects, foreign tables, event triggers.
SELECT c.oid::regclass || ': is a materialised view, which keeps rows of every vendor' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND n.nspname <> 'pg_catalog'
UNION ALL
SELECT c.oid::regclass || ': is a view without security_invoker' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT starts_with(n.nspname, 'pg_temp_')
  AND NOT coalesce(c.reloptions, '{}') && ARRAY['security_invoker=true', 'security_invoker=on']
UNION ALL
SELECT r.ev_class::regclass || ': has the rule ' || r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relnamespace = 'public'::regnamespace AND r.rulename <> '_RETURN'
UNION ALL SELECT 'large object ' || oid || ': is outside every policy' FROM pg_largeobject_metadata
UNION ALL SELECT 'foreign server ' || srvname || ': leads out of the database' FROM pg_foreign_server
UNION ALL SELECT 'publication ' || pubname || ': sends rows past every policy' FROM pg_publication
UNION ALL SELECT 'extension ' || extname || ': is not declared' FROM pg_extension WHERE extname NOT IN ('plpgsql', 'btree_gist')
