-- The audit log is written by these functions alone: no login may insert an event or move the head of a chain.
-- Canonical JSON as Python's json.dumps writes it with sorted keys, no spaces and no escapes beyond those JSON asks for. Whole numbers only.
CREATE FUNCTION tenancy.canonical(value jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE jsonb_typeof(value)
        WHEN 'object' THEN '{' || coalesce((SELECT string_agg(to_json(e.key)::text || ':' || tenancy.canonical(e.value), ',' ORDER BY e.key COLLATE "C")
                                            FROM jsonb_each(value) e), '') || '}'
        WHEN 'array' THEN '[' || coalesce((SELECT string_agg(tenancy.canonical(e.value), ',' ORDER BY e.place)
                                           FROM jsonb_array_elements(value) WITH ORDINALITY e (value, place)), '') || ']'
        ELSE value::text END;
END $$;
REVOKE EXECUTE ON FUNCTION tenancy.canonical(jsonb) FROM PUBLIC;

-- Adds an event to the chain of the current vendor and returns its number: SHA-256 over the hash before it and the canonical JSON of the event.
-- The head is the last lock of a transaction (vendor, clients by id, number counter, chain head). Allow-listed SECURITY DEFINER: whoever has a
-- context may add an event in the name it carries, and nobody may write one otherwise. RLS is forced, so only its own vendor's chain is met.
CREATE FUNCTION tenancy.append_event(action text, detail jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
DECLARE
    head audit_head;
    actor text := tenancy.current_actor();
    at timestamptz;
    next_hash bytea;
BEGIN
    IF action !~ '^[a-z]+([._-][a-z]+)*$' OR length(action) > 60 OR jsonb_typeof(detail) <> 'object' OR detail @? 'strict $.** ? (@.type() == "number" && @ != @.floor())' THEN
        RAISE EXCEPTION 'an audit event is an action in plain words and an object of whole numbers and texts' USING ERRCODE = '22023';
    END IF;
    SELECT * INTO STRICT head FROM audit_head WHERE vendor_id = (SELECT tenancy.current_vendor()) FOR UPDATE;
    at := clock_timestamp();
    next_hash := sha256(head.hash || convert_to('{"action":' || to_json(action) || ',"actor":' || to_json(actor) || ',"at":"'
        || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00","detail":' || tenancy.canonical(detail)
        || ',"seq":' || head.seq + 1 || ',"vendor":"' || head.vendor_id || '"}', 'UTF8'));
    INSERT INTO audit_event (vendor_id, seq, at, actor, action, detail, previous_hash, hash)
    VALUES (head.vendor_id, head.seq + 1, at, actor, action, detail, head.hash, next_hash);
    UPDATE audit_head SET seq = head.seq + 1, hash = next_hash WHERE vendor_id = head.vendor_id;
    RETURN head.seq + 1;
END $$;
REVOKE EXECUTE ON FUNCTION tenancy.append_event(text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.append_event(text, jsonb) TO {{vendor}}, {{practice}}, {{operator}};
