-- What no grant on a table shows: the key of the context, TRUNCATE, schemas, the database, defaults for tables to come.
WITH logins AS (SELECT oid, rolname FROM pg_roles WHERE rolname = ANY (:logins) AND rolname <> :migrate),
places AS (SELECT oid, nspname FROM pg_namespace WHERE NOT starts_with(nspname, 'pg_'))
SELECT l.rolname || ': can read or change the key that signs contexts' FROM logins l
WHERE has_any_column_privilege(l.oid, 'tenancy.context_key', 'SELECT, INSERT, UPDATE, REFERENCES') OR has_table_privilege(l.oid, 'tenancy.context_key', 'DELETE, TRUNCATE, TRIGGER')
UNION ALL SELECT l.rolname || ': may truncate or put triggers or references on ' || c.relname FROM logins l, pg_class c
WHERE c.relnamespace = 'caretally'::regnamespace AND c.relkind = 'r' AND has_table_privilege(l.oid, c.oid, 'TRUNCATE, TRIGGER, REFERENCES')
UNION ALL SELECT l.rolname || ': may create in the schema ' || n.nspname FROM logins l, places n WHERE has_schema_privilege(l.oid, n.oid, 'CREATE')
UNION ALL SELECT l.rolname || ': may create schemas in the database' FROM logins l WHERE has_database_privilege(l.oid, current_database(), 'CREATE')
UNION ALL SELECT pg_get_userbyid(d.defaclrole) || ': gives rights on tables to come' FROM pg_default_acl d
WHERE pg_get_userbyid(d.defaclrole) = ANY (:roles) OR d.defaclnamespace IN (SELECT oid FROM pg_namespace WHERE nspname = ANY (:schemas))
UNION ALL SELECT c.oid::regclass || ': the sequence is open to ' || l.rolname FROM logins l, pg_class c
WHERE c.relkind = 'S' AND c.relnamespace = 'caretally'::regnamespace AND has_sequence_privilege(l.oid, c.oid, 'USAGE, SELECT, UPDATE')
