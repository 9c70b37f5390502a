-- Names and credentials of the staff who worked for the clients of the context (an auditor's: in its period): a practice may know who cared
-- for its patients and nobody else of the vendor's people, so it reads no row of `staff`. Allow-listed SECURITY DEFINER; RLS is forced, so only
-- its own vendor's are met.
CREATE FUNCTION tenancy.staff_at_work(ids uuid[]) RETURNS TABLE (staff_id uuid, staff text, credential text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
DECLARE
    clients text := (tenancy.verified_context())[3];
    everybody boolean := clients IN ('*', '*read');
    named uuid[] := CASE WHEN NOT everybody THEN string_to_array(nullif(split_part(clients, '@', 1), ''), ',')::uuid[] END;
BEGIN
    RETURN QUERY SELECT s.id, s.given_name || ' ' || s.family_name, s.credential FROM staff s
    WHERE s.vendor_id = (SELECT tenancy.current_vendor()) AND s.id = ANY (ids) AND (everybody OR EXISTS (
        SELECT FROM time_entry e WHERE e.vendor_id = s.vendor_id AND e.staff_id = s.id AND e.client_id = ANY (named)
            AND e.started_at >= (SELECT tenancy.period_starts_at()) AND e.started_at < (SELECT tenancy.period_ends_at())));
END $$;
REVOKE EXECUTE ON FUNCTION tenancy.staff_at_work(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.staff_at_work(uuid[]) TO {{vendor}}, {{practice}};
