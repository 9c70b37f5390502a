-- The audit log is written by these functions alone: no login may insert an event or move the head of a chain.
-- Canonical JSON as Python's json.dumps writes it with sorted keys, no spaces and no escapes beyond those JSON asks for. Whole numbers only.
-- A value without parts is written where it stands: a call for each would be a fifth of what an event costs (docs/performance.md).
CREATE FUNCTION tenancy.canonical(value jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    said text;
BEGIN
    IF jsonb_typeof(value) = 'object' THEN
        SELECT string_agg(to_json(e.key)::text || ':' || CASE WHEN jsonb_typeof(e.value) IN ('object', 'array')
            THEN tenancy.canonical(e.value) ELSE e.value::text END, ',' ORDER BY e.key COLLATE "C") INTO said FROM jsonb_each(value) e;
        RETURN '{' || coalesce(said, '') || '}';
    ELSIF jsonb_typeof(value) = 'array' THEN
        SELECT string_agg(CASE WHEN jsonb_typeof(e.value) IN ('object', 'array') THEN tenancy.canonical(e.value) ELSE e.value::text END,
            ',' ORDER BY e.place) INTO said FROM jsonb_array_elements(value) WITH ORDINALITY e (value, place);
        RETURN '[' || coalesce(said, '') || ']';
    END IF;
    RETURN value::text;
END $$;
REVOKE EXECUTE ON FUNCTION tenancy.canonical(jsonb) FROM PUBLIC;

-- Adds an event to the chain of the current vendor and returns its number: SHA-256 over the hash before it and the canonical JSON of the event.
-- The head is the last lock of a transaction (vendor, clients by id, number counter, chain head). Allow-listed SECURITY DEFINER: whoever has a
-- context may add an event in the name it carries, and nobody may write one otherwise. RLS is forced, so only its own vendor's chain is met.
CREATE FUNCTION tenancy.append_event(action text, detail jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
DECLARE
    head audit_head;
    context text[] := tenancy.verified_context();
    actor text := context[4];
    at timestamptz;
    next_hash bytea;
BEGIN
    IF action !~ '^[a-z]+([._-][a-z]+)*$' OR length(action) > 60 OR jsonb_typeof(detail) <> 'object' OR detail @? 'strict $.** ? (@.type() == "number" && @ != @.floor())' THEN
        RAISE EXCEPTION 'an audit event is an action in plain words and an object of whole numbers and texts' USING ERRCODE = '22023';
    END IF;
    SELECT * INTO STRICT head FROM audit_head WHERE vendor_id = context[2]::uuid FOR UPDATE;
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
