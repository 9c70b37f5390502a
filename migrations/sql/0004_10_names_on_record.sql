-- Names with credentials of those whom the record of one patient calls by a code of the staff or by an NPI: who worked, who approved time, who took a
-- consent, and the providers of the patient's client. A practice may know whom its own patients' records name (an auditor: in the period) and nobody
-- else of the vendor's people, so it reads no row of `staff`. Allow-listed SECURITY DEFINER; RLS is forced, so only its own vendor's are met.
CREATE OR REPLACE FUNCTION tenancy.named_on_record(of_patient uuid, asked text[]) RETURNS TABLE (called text, name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
#variable_conflict use_column
DECLARE
    clients text := (tenancy.verified_context())[3];
    everybody boolean := clients IN ('*', '*read');
    named uuid[] := CASE WHEN NOT everybody THEN string_to_array(nullif(split_part(clients, '@', 1), ''), ',')::uuid[] END;
BEGIN
    RETURN QUERY SELECT DISTINCT ON (x.called) x.called, x.given_name || ' ' || x.family_name || coalesce(', ' || nullif(x.credential, ''), '')
    FROM patient p CROSS JOIN LATERAL (
        SELECT s.code AS called, s.given_name, s.family_name, s.credential, 1 AS place FROM staff s
        WHERE s.vendor_id = p.vendor_id AND s.code = ANY (asked) AND (everybody
            OR EXISTS (SELECT FROM time_entry e WHERE e.vendor_id = p.vendor_id AND e.client_id = p.client_id AND e.patient_id = p.id
                AND (e.staff_id = s.id OR e.approved_by = s.code)
                AND e.started_at >= (SELECT tenancy.period_starts_at()) AND e.started_at < (SELECT tenancy.period_ends_at()))
            OR EXISTS (SELECT FROM consent k WHERE k.vendor_id = p.vendor_id AND k.client_id = p.client_id AND k.patient_id = p.id AND k.obtained_by = s.code
                AND k.obtained_on <= (SELECT tenancy.period_last())))
        UNION ALL
        SELECT r.npi, r.given_name, r.family_name, r.credential, 2 FROM provider r
        WHERE r.vendor_id = p.vendor_id AND r.client_id = p.client_id AND r.npi = ANY (asked)
    ) x
    WHERE p.vendor_id = (SELECT tenancy.current_vendor()) AND p.id = of_patient AND (everybody OR p.client_id = ANY (named))
    ORDER BY x.called, x.place;
END $$;
REVOKE EXECUTE ON FUNCTION tenancy.named_on_record(uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.named_on_record(uuid, text[]) TO {{vendor}}, {{practice}};
