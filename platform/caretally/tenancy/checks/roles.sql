-- The owner is no superuser and cannot log in; login roles own nothing, have no power, and are members of nothing (but migrate of the owner).
WITH ours AS (SELECT * FROM pg_roles WHERE rolname = :owner OR rolname = ANY (:logins)),
logins AS (SELECT * FROM ours WHERE rolname <> :owner)
SELECT wanted || ': the role is absent' FROM unnest(CAST(:logins AS text[]) || CAST(:owner AS text)) wanted WHERE wanted NOT IN (SELECT rolname FROM ours)
UNION ALL SELECT rolname || ': may do more than its own (SUPERUSER, BYPASSRLS, CREATEDB, CREATEROLE or REPLICATION)' FROM ours
WHERE rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication
UNION ALL SELECT rolname || ': the owner can log in' FROM ours WHERE rolname = :owner AND rolcanlogin
UNION ALL SELECT l.rolname || ': is a member of ' || g.rolname FROM logins l JOIN pg_auth_members m ON m.member = l.oid JOIN pg_roles g ON g.oid = m.roleid
WHERE NOT (l.rolname = :migrate AND g.rolname = :owner)
UNION ALL SELECT g.rolname || ': the owner is a member of it' FROM ours o JOIN pg_auth_members m ON m.member = o.oid JOIN pg_roles g ON g.oid = m.roleid WHERE o.rolname = :owner
UNION ALL SELECT l.rolname || ': owns ' || c.oid::regclass FROM logins l JOIN pg_class c ON c.relowner = l.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT starts_with(n.nspname, 'pg_temp_') AND NOT starts_with(n.nspname, 'pg_toast')
UNION ALL SELECT l.rolname || ': owns the schema ' || n.nspname FROM logins l JOIN pg_namespace n ON n.nspowner = l.oid
UNION ALL SELECT l.rolname || ': has settings of its own that are not ours: ' || setting
FROM logins l JOIN pg_db_role_setting s ON s.setrole = l.oid CROSS JOIN unnest(s.setconfig) setting
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND split_part(setting, '=', 1) NOT IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'timezone', 'TimeZone')
  AND setting NOT IN ('search_path=caretally', 'search_path=caretally, pg_temp')
