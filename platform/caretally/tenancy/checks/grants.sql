SELECT c.relname::text, CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee) END || ' ' || privilege_type || CASE WHEN is_grantable THEN ' with grant option' ELSE '' END
FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) WHERE c.relnamespace = 'caretally'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND grantee <> c.relowner
UNION ALL
SELECT c.relname, CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee) END || ' ' || privilege_type || '(' || a.attname || ')'
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid CROSS JOIN LATERAL aclexplode(a.attacl) WHERE c.relnamespace = 'caretally'::regnamespace AND grantee <> c.relowner
