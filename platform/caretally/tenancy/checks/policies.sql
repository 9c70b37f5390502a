SELECT c.relname::text, concat_ws(' ', p.polname, CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, p.polcmd, 'TO',
    (SELECT string_agg(CASE role WHEN 0 THEN 'public' ELSE pg_get_userbyid(role) END, ', ' ORDER BY role) FROM unnest(p.polroles) role),
    'USING', coalesce(pg_get_expr(p.polqual, p.polrelid), 'none'), 'CHECK', coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'none'))
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = 'caretally'::regnamespace
