SELECT c.relname::text, regexp_replace(regexp_replace(pg_get_triggerdef(t.oid), '^CREATE TRIGGER (\w+) (.*?) ON caretally\."?\w+"? ', '\1 \2 '), 'EXECUTE FUNCTION ', '')
    || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' (not enabled)' END
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'caretally'::regnamespace AND NOT t.tgisinternal
