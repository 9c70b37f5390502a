-- After how many days each gate's exceptions of a month are due: by the vendor's rule for the gate, else by that for its owner, else as the table of gates
-- has it. The 60 days of an overpayment review are CMS's and nobody's to change. Allow-listed SECURITY DEFINER: a practice reads the days that its report
-- is made with, and no row of the rules. RLS is forced, so only the vendor's own are met.
CREATE FUNCTION tenancy.due_days(of_month date) RETURNS TABLE (code text, days int)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 70 SET search_path = pg_catalog, caretally, pg_temp AS $$
    SELECT g.code, coalesce(r.days, g.due_days)::int FROM gate g
    LEFT JOIN LATERAL (
        SELECT d.days FROM due_rule d
        WHERE d.vendor_id = (SELECT tenancy.current_vendor()) AND d.subject IN (g.code, g.owner_role)
          AND d.valid_from <= of_month AND coalesce(d.valid_to, 'infinity') >= of_month
        ORDER BY d.subject <> g.code LIMIT 1
    ) r ON g.code <> 'OVERPAYMENT_REVIEW'
$$;
REVOKE EXECUTE ON FUNCTION tenancy.due_days(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.due_days(date) TO {{vendor}}, {{practice}};
