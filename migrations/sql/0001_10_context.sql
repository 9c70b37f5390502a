-- The signed transaction context: who is asking, for which vendor and which clients. Decision 0004.
-- A login role can set the setting to any text, but cannot make the signature: the key table is readable by its owner only.
GRANT USAGE ON SCHEMA caretally, tenancy TO {{vendor}}, {{practice}}, {{operator}}, {{auth}};

-- HMAC-SHA256 (RFC 2104) needs the key padded to one block and xor-ed with 0x36 and 0x5c; both blocks are stored ready made.
CREATE TABLE tenancy.context_key (
    key_id smallint PRIMARY KEY,
    inner_block bytea NOT NULL CHECK (length(inner_block) = 64),
    outer_block bytea NOT NULL CHECK (length(outer_block) = 64)
);
REVOKE ALL ON tenancy.context_key FROM PUBLIC;

-- The context is `key_id|vendor|clients|actor|expiry|mac`: clients are uuids joined by commas, an auditor's end with `@first/last`; `*` stands for
-- a vendor's own people, `*read` for who may only read, and is accepted in a transaction that the database keeps read-only; the expiry is in seconds since 1970 UTC; the mac is hex. Raises 42501 when absent, forged or expired: never "zero rows".
CREATE FUNCTION tenancy.verified_context() RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    context text := current_setting('caretally.context', true);
    part text[];
    key tenancy.context_key;
BEGIN
    IF context IS NULL OR context = '' THEN
        RAISE EXCEPTION 'no tenant context is set for this transaction' USING ERRCODE = '42501';
    END IF;
    part := string_to_array(context, '|');
    IF array_length(part, 1) IS DISTINCT FROM 6 OR part[1] !~ '^[0-9]{1,4}$' OR part[5] !~ '^[0-9]{1,12}$' THEN
        RAISE EXCEPTION 'the tenant context is malformed' USING ERRCODE = '42501';
    END IF;
    SELECT * INTO key FROM tenancy.context_key WHERE key_id = part[1]::int;
    IF NOT FOUND OR part[6] IS DISTINCT FROM encode(sha256(key.outer_block || sha256(key.inner_block
            || convert_to(array_to_string(part[1:5], '|'), 'UTF8'))), 'hex') THEN
        RAISE EXCEPTION 'the tenant context is forged' USING ERRCODE = '42501';
    END IF;
    IF part[5]::bigint < extract(epoch FROM clock_timestamp()) THEN
        RAISE EXCEPTION 'the tenant context has expired' USING ERRCODE = '42501';
    END IF;
    -- a practice user's context on the vendor's login would open all the vendor's clients, a vendor's on the practice's login likewise
    IF (part[3] IN ('*', '*read')) = (session_user = '{{practice:name}}') THEN
        RAISE EXCEPTION 'the tenant context is for another login' USING ERRCODE = '42501';
    END IF;
    -- a transaction that has read cannot become a writing one, so what opened as read-only stays so
    IF part[3] = '*read' AND current_setting('transaction_read_only') <> 'on' THEN
        RAISE EXCEPTION 'the tenant context only reads' USING ERRCODE = '42501';
    END IF;
    RETURN part;
END $$;

CREATE FUNCTION tenancy.current_vendor() RETURNS uuid
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$ SELECT (tenancy.verified_context())[2]::uuid $$;

-- A practice user's context names its clients; `*` is refused here too, should the check of the login above ever be lost.
CREATE FUNCTION tenancy.current_clients() RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    clients text := (tenancy.verified_context())[3];
BEGIN
    IF clients LIKE '*%' THEN
        RAISE EXCEPTION 'this login needs a context that names its clients' USING ERRCODE = '42501';
    END IF;
    RETURN string_to_array(nullif(split_part(clients, '@', 1), ''), ',')::uuid[];
END $$;

-- Whether the context is a practice's, which knows an invoice from the day it was sent: a draft, and a void, which was one, is the vendor's own.
CREATE FUNCTION tenancy.of_practice() RETURNS boolean
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$ SELECT (tenancy.verified_context())[3] NOT LIKE '*%' $$;

-- An auditor's context ends its clients with `@first/last`, the days of a period; everybody else's period is unbounded.
CREATE FUNCTION tenancy.period_first() RETURNS date
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(nullif(split_part(split_part((tenancy.verified_context())[3], '@', 2), '/', 1), '')::date, '-infinity')
$$;
CREATE FUNCTION tenancy.period_last() RETURNS date
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(nullif(split_part((tenancy.verified_context())[3], '/', 2), '')::date, 'infinity')
$$;
-- Entries are kept in UTC and their days are the client's: the period's moments are those of its days anywhere on earth.
CREATE FUNCTION tenancy.period_starts_at() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$ SELECT tenancy.period_first()::timestamp AT TIME ZONE 'UTC' - interval '14 hours' $$;
CREATE FUNCTION tenancy.period_ends_at() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
    SELECT (tenancy.period_last() + 1)::timestamp AT TIME ZONE 'UTC' + interval '12 hours'
$$;

CREATE FUNCTION tenancy.current_actor() RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$ SELECT (tenancy.verified_context())[4] $$;

-- UUIDv7 (RFC 9562): 48 bits of milliseconds, then random. PostgreSQL has its own from 18 on; the floor is 15.
DO $$
BEGIN
    IF current_setting('server_version_num')::int >= 180000 THEN
        CREATE FUNCTION tenancy.new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT pg_catalog.uuidv7()';
    ELSE
        CREATE FUNCTION tenancy.new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $f$
            SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
                PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
        $f$;
    END IF;
END $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenancy TO {{vendor}}, {{practice}}, {{operator}}, {{auth}};
