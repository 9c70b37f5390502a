-- SECURITY DEFINER only where allow-listed, with a fixed search path that ends in pg_temp, and never callable by everybody unless it only
-- verifies the context. A stranger's function in the same database counts when one of our roles may call it and it would run as somebody else.
WITH people AS (SELECT oid FROM pg_roles WHERE rolname = ANY (:roles)), ours AS (
    SELECT p.oid, n.nspname || '.' || p.proname AS name, p.prosecdef, p.proleakproof, p.proconfig, pg_get_userbyid(p.proowner) AS owner,
           has_function_privilege('public', p.oid, 'EXECUTE') AS open_to_all
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT starts_with(n.nspname, 'pg_temp_')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
      AND (n.nspname = ANY (:schemas) OR EXISTS (
          SELECT FROM people o WHERE o.oid = p.proowner OR (p.prosecdef OR p.proleakproof)
              AND has_schema_privilege(o.oid, n.oid, 'USAGE') AND has_function_privilege(o.oid, p.oid, 'EXECUTE')))
)
SELECT name || ': is SECURITY DEFINER but not on the list' FROM ours WHERE prosecdef AND name <> ALL (:definers)
UNION ALL SELECT allowed || ': is on the list of SECURITY DEFINER functions but is none' FROM unnest(CAST(:definers AS text[])) allowed
WHERE NOT EXISTS (SELECT FROM ours WHERE name = allowed AND prosecdef)
UNION ALL SELECT name || ': is SECURITY DEFINER without a search_path that begins with pg_catalog and ends with pg_temp' FROM ours
WHERE prosecdef AND NOT EXISTS (SELECT FROM unnest(proconfig) setting WHERE setting ~ '^search_path=pg_catalog(, caretally)?, pg_temp$')
UNION ALL SELECT name || ': is SECURITY DEFINER and everybody may call it' FROM ours
WHERE prosecdef AND open_to_all AND name <> 'tenancy.verified_context'
UNION ALL SELECT name || ': the context is read under a search path of the caller''s' FROM ours
WHERE name IN ('tenancy.current_vendor', 'tenancy.current_clients', 'tenancy.current_actor')
  AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)
UNION ALL SELECT name || ': is LEAKPROOF, so it may be called before a policy' FROM ours WHERE proleakproof
UNION ALL SELECT name || ': belongs to ' || owner FROM ours WHERE owner <> :owner
