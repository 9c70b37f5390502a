-- A policy asks the context once a statement, in a sub-select. An OR costs up to 30x, a sub-query on a table 5x, a function called
-- for each row 22-1350x, and each is a place for a leak. What is left after taking the known sub-selects out must be bare.
WITH bare AS (
    SELECT c.relname::text AS name, p.polname, regexp_replace(e.expression, '\( SELECT tenancy\.(current_(vendor|clients)|period_(first|last|starts_at|ends_at))\(\) AS \w+\)', '?', 'g') AS rest
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid CROSS JOIN LATERAL (VALUES (pg_get_expr(p.polqual, p.polrelid)), (pg_get_expr(p.polwithcheck, p.polrelid))) e (expression)
    WHERE c.relnamespace = 'caretally'::regnamespace AND e.expression IS NOT NULL
)
SELECT DISTINCT format('%s: policy %s holds %s', name, polname, what)
FROM bare, (VALUES ('an OR', '\mOR\M'), ('a sub-query', '\mSELECT\M'), ('a function called for each row', '(?!(ANY|AND|ALL)\M)\m\w+ ?\(')) forbidden (what, pattern)
WHERE rest ~* pattern
