-- Closed months stay closed: writers share the client's lock row, a close takes it alone. Decision 0005; order: vendor, clients by id.
GRANT USAGE ON SCHEMA guard TO {{vendor}}, {{practice}}, {{operator}};

-- Allow-listed SECURITY DEFINER: a writer may lock the rows without the right to change them. RLS is forced, so only its own vendor's.
CREATE FUNCTION guard.share_client_locks(vendors uuid[], clients uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM 1 FROM client_lock WHERE vendor_id = ANY (vendors) AND client_id = ANY (clients) ORDER BY client_id FOR SHARE;
END $$;
CREATE FUNCTION guard.take_vendor_lock(vendors uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    -- Nothing is ever committed in the vendor of `decide`, so two decides need not wait for each other.
    PERFORM 1 FROM vendor_lock WHERE vendor_id = ANY (vendors) AND vendor_id <> '00000000-0000-7000-8000-000000000001' ORDER BY vendor_id FOR UPDATE;
END $$;

-- Every client-level source: the statement's clients, old and new, are locked once.
CREATE FUNCTION guard.lock_new() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM guard.share_client_locks(array_agg(DISTINCT vendor_id), array_agg(DISTINCT client_id)) FROM new_rows;
    RETURN NULL;
END $$;
CREATE FUNCTION guard.lock_old() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM guard.share_client_locks(array_agg(DISTINCT vendor_id), array_agg(DISTINCT client_id)) FROM old_rows;
    RETURN NULL;
END $$;
CREATE FUNCTION guard.lock_vendor_new() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM guard.take_vendor_lock(array_agg(DISTINCT vendor_id)) FROM new_rows;
    RETURN NULL;
END $$;
CREATE FUNCTION guard.lock_vendor_old() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM guard.take_vendor_lock(array_agg(DISTINCT vendor_id)) FROM old_rows;
    RETURN NULL;
END $$;

CREATE FUNCTION guard.refuse_closed(table_name text, client_code text, month date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is closed for client %: nothing in % may change; record it as a late entry or an adjustment',
        to_char(month, 'YYYY-MM'), client_code, table_name USING ERRCODE = 'CT001';
END $$;

-- Time: an entry touches every month that its hours touch. One aggregate per client first, so a bulk load compares few rows.
CREATE FUNCTION guard.time_new() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM guard.share_client_locks(array_agg(DISTINCT vendor_id), array_agg(DISTINCT client_id)) FROM new_rows;
    PERFORM guard.refuse_closed(TG_TABLE_NAME, c.code, m.month)
    FROM (SELECT vendor_id, client_id, min(started_at) AS first_at, max(ended_at) AS last_at FROM new_rows GROUP BY 1, 2) touched
    JOIN client_month m USING (vendor_id, client_id) JOIN client c USING (vendor_id, client_id)
    WHERE m.status = 'closed' AND m.starts_at < touched.last_at AND m.ends_at > touched.first_at
      AND EXISTS (SELECT FROM new_rows n WHERE n.vendor_id = m.vendor_id AND n.client_id = m.client_id
                  AND n.started_at < m.ends_at AND n.ended_at > m.starts_at);
    RETURN NULL;
END $$;
CREATE FUNCTION guard.time_old() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM guard.share_client_locks(array_agg(DISTINCT vendor_id), array_agg(DISTINCT client_id)) FROM old_rows;
    PERFORM guard.refuse_closed(TG_TABLE_NAME, c.code, m.month)
    FROM (SELECT vendor_id, client_id, min(started_at) AS first_at, max(ended_at) AS last_at FROM old_rows GROUP BY 1, 2) touched
    JOIN client_month m USING (vendor_id, client_id) JOIN client c USING (vendor_id, client_id)
    WHERE m.status = 'closed' AND m.starts_at < touched.last_at AND m.ends_at > touched.first_at
      AND EXISTS (SELECT FROM old_rows o WHERE o.vendor_id = m.vendor_id AND o.client_id = m.client_id
                  AND o.started_at < m.ends_at AND o.ended_at > m.starts_at);
    RETURN NULL;
END $$;
-- Rows that belong to a month: documented MDM and billed services. MDM that a closed month used stays; where it used none, one may still be recorded,
-- and the next close looks at the month again.
CREATE FUNCTION guard.mdm_new() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM guard.share_client_locks(array_agg(DISTINCT vendor_id), array_agg(DISTINCT client_id)) FROM new_rows;
    PERFORM guard.refuse_closed(TG_TABLE_NAME, c.code, m.month) FROM new_rows n JOIN client_month m USING (vendor_id, client_id, month)
    JOIN client c USING (vendor_id, client_id)
    JOIN patient_month p ON p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.month = m.month AND p.revision = m.revision AND p.patient_id = n.patient_id
    WHERE m.status = 'closed' AND p.mdm_level IS NOT NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION guard.mdm_old() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM guard.share_client_locks(array_agg(DISTINCT vendor_id), array_agg(DISTINCT client_id)) FROM old_rows;
    PERFORM guard.refuse_closed(TG_TABLE_NAME, c.code, m.month) FROM old_rows o JOIN client_month m USING (vendor_id, client_id, month)
    JOIN client c USING (vendor_id, client_id)
    JOIN patient_month p ON p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.month = m.month AND p.revision = m.revision AND p.patient_id = o.patient_id
    WHERE m.status = 'closed' AND p.mdm_level IS NOT NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION guard.service_new() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM guard.share_client_locks(array_agg(DISTINCT vendor_id), array_agg(DISTINCT client_id)) FROM new_rows;
    PERFORM guard.refuse_closed(TG_TABLE_NAME, c.code, m.month) FROM new_rows n JOIN client_month m USING (vendor_id, client_id)
    JOIN client c USING (vendor_id, client_id) WHERE m.status = 'closed' AND m.month = date_trunc('month', n.served_on::timestamp)::date;
    RETURN NULL;
END $$;
CREATE FUNCTION guard.service_old() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    PERFORM guard.share_client_locks(array_agg(DISTINCT vendor_id), array_agg(DISTINCT client_id)) FROM old_rows;
    PERFORM guard.refuse_closed(TG_TABLE_NAME, c.code, m.month) FROM old_rows o JOIN client_month m USING (vendor_id, client_id)
    JOIN client c USING (vendor_id, client_id) WHERE m.status = 'closed' AND m.month = date_trunc('month', o.served_on::timestamp)::date;
    RETURN NULL;
END $$;

-- One trigger per event, as transition tables ask.
DO $$
DECLARE
    source text;
    kind text;
BEGIN
    FOREACH source IN ARRAY ARRAY['time_entry', 'mdm', 'billed_service', 'client', 'provider', 'patient', 'enrolment', 'assignment', 'condition',
            'consent', 'visit', 'care_plan', 'review', 'attestation', 'stay', 'device_period', 'discharge', 'agreement', 'agreement_price', 'late_entry',
            'exclusion_choice', 'waiver'] LOOP
        kind := CASE source WHEN 'time_entry' THEN 'time' WHEN 'mdm' THEN 'mdm' WHEN 'billed_service' THEN 'service' ELSE 'lock' END;
        EXECUTE format('CREATE TRIGGER guard_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.%s_new()', source, kind);
        EXECUTE format('CREATE TRIGGER guard_update_old AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.%s_old()', source, kind);
        EXECUTE format('CREATE TRIGGER guard_update_new AFTER UPDATE ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.%s_new()', source, kind);
        EXECUTE format('CREATE TRIGGER guard_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.%s_old()', source, kind);
    END LOOP;
    FOREACH source IN ARRAY ARRAY['staff', 'vendor_policy', 'due_rule'] LOOP
        EXECUTE format('CREATE TRIGGER guard_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.lock_vendor_new()', source);
        EXECUTE format('CREATE TRIGGER guard_update AFTER UPDATE ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.lock_vendor_new()', source);
        EXECUTE format('CREATE TRIGGER guard_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.lock_vendor_old()', source);
    END LOOP;
END $$;

-- A client gets its lock row when it is born; its time zone is fixed by its first closed month.
CREATE FUNCTION guard.client_born() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    INSERT INTO client_lock (vendor_id, client_id) SELECT vendor_id, client_id FROM new_rows;
    RETURN NULL;
END $$;
CREATE TRIGGER born AFTER INSERT ON client REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.client_born();
CREATE FUNCTION guard.client_timezone() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    IF NEW.timezone <> OLD.timezone AND EXISTS (SELECT FROM client_month m WHERE m.vendor_id = NEW.vendor_id AND m.client_id = NEW.client_id AND m.status = 'closed') THEN
        RAISE EXCEPTION 'client % has closed months, so its time zone stays %', OLD.code, OLD.timezone USING ERRCODE = 'CT001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER timezone_fixed BEFORE UPDATE OF timezone ON client FOR EACH ROW EXECUTE FUNCTION guard.client_timezone();
-- A new vendor gets its lock, the key of its persons (random, 244 bits from two version-4 uuids), its counters and the head of its audit chain.
CREATE FUNCTION guard.vendor_born() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
DECLARE
    key bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
    inner_block bytea := decode(repeat('36', 64), 'hex');
    outer_block bytea := decode(repeat('5c', 64), 'hex');
BEGIN
    FOR place IN 0..31 LOOP
        inner_block := set_byte(inner_block, place, get_byte(inner_block, place) # get_byte(key, place));
        outer_block := set_byte(outer_block, place, get_byte(outer_block, place) # get_byte(key, place));
    END LOOP;
    INSERT INTO vendor_lock VALUES (NEW.vendor_id);
    INSERT INTO vendor_secret VALUES (NEW.vendor_id, inner_block, outer_block);
    INSERT INTO audit_head VALUES (NEW.vendor_id, 0, decode(repeat('00', 32), 'hex'));
    RETURN NULL;
END $$;
CREATE TRIGGER born AFTER INSERT ON vendor FOR EACH ROW EXECUTE FUNCTION guard.vendor_born();

-- What a close wrote is never changed. TRUNCATE is refused everywhere.
CREATE FUNCTION guard.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'CT002';
END $$;
DO $$
DECLARE
    frozen text;
BEGIN
    FOREACH frozen IN ARRAY ARRAY['patient_month', 'program_line', 'adjustment', 'exception', 'invoice', 'invoice_line', 'invoice_state', 'ledger_entry', 'audit_event', 'overpayment_review', 'isolation_report'] LOOP
        EXECUTE format('CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change()', frozen);
    END LOOP;
    FOR frozen IN SELECT relname FROM pg_class WHERE relnamespace = 'caretally'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version' LOOP
        EXECUTE format('CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change()', frozen);
    END LOOP;
END $$;
-- A month goes open -> previewed -> closed -> reopened; what it was closed with stays as it was.
CREATE FUNCTION guard.month_steps() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.status = 'reopened' OR (OLD.status = 'closed' AND NOT (NEW.status = 'reopened'
            AND NEW.reopened_by IS NOT NULL AND NEW.reopened_at IS NOT NULL AND NEW.reopen_reason <> ''
            AND to_jsonb(NEW) - '{status,reopened_by,reopened_at,reopen_reason}'::text[] = to_jsonb(OLD) - '{status,reopened_by,reopened_at,reopen_reason}'::text[])) THEN
        RAISE EXCEPTION '% is %: it may only be reopened with a reason', to_char(OLD.month, 'YYYY-MM'), OLD.status USING ERRCODE = 'CT002';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER steps BEFORE UPDATE OR DELETE ON client_month FOR EACH ROW EXECUTE FUNCTION guard.month_steps();
-- Numbers and the audit chain only go forward.
CREATE FUNCTION guard.forward_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (to_jsonb(NEW) ->> TG_ARGV[0])::bigint <= (to_jsonb(OLD) ->> TG_ARGV[0])::bigint THEN
        RAISE EXCEPTION '% only goes forward', TG_TABLE_NAME USING ERRCODE = 'CT002';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER forward BEFORE UPDATE OR DELETE ON number_counter FOR EACH ROW EXECUTE FUNCTION guard.forward_only('last_number');
CREATE TRIGGER forward BEFORE UPDATE OR DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION guard.forward_only('seq');
-- A provider signs for themself, on a practice login; no vendor staff, job or machine can write one.
CREATE FUNCTION guard.signer_is_session() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    IF current_user <> '{{practice:name}}' OR NEW.signer <> tenancy.current_actor() THEN
        RAISE EXCEPTION 'an attestation is signed by its provider only' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signer BEFORE INSERT OR UPDATE ON attestation FOR EACH ROW EXECUTE FUNCTION guard.signer_is_session();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON attestation FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change();
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA guard FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.share_client_locks(uuid[], uuid[]), guard.take_vendor_lock(uuid[]), guard.refuse_closed(text, text, date) TO {{vendor}};
