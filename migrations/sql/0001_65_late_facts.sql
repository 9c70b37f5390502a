-- Dated facts that are recorded or changed after a month they bear on has closed are noted with their patient, so that the next close looks at
-- those months again and at no others. Each client's last closed day bounds it: facts of the month under way leave no note. Decision 0005.
-- Allow-listed SECURITY DEFINER: a writer notes without a right on the notes. RLS is forced, so only its own vendor's rows are met.
-- Arguments: the first day that a row `r` bears on, its last day, the columns that count, and the column of its end, whose change bears from the
-- earlier of both ends only.
CREATE FUNCTION guard.note_late() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
DECLARE
    key text := CASE TG_TABLE_NAME WHEN 'patient' THEN 'id' ELSE 'patient_id' END;
    span text := format('coalesce(%s, ''-infinity''::date) AS from_day, coalesce(%s, ''infinity''::date) AS to_day', TG_ARGV[0], TG_ARGV[1]);
    noted text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        noted := format(
            'SELECT n.vendor_id, n.client_id, n.patient_id, greatest(o.to_day, n.to_day) AS to_day,
                    CASE WHEN (o.counts) IS NOT DISTINCT FROM (n.counts) THEN least(o.ends, n.ends) ELSE least(o.from_day, n.from_day) END AS from_day
             FROM (SELECT r.id, r.%1$I AS patient_id, r.vendor_id, r.client_id, ROW(%2$s) AS counts, coalesce(%3$s, ''infinity''::date) AS ends, %4$s FROM new_rows r) n
             JOIN (SELECT r.id, ROW(%2$s) AS counts, coalesce(%3$s, ''infinity''::date) AS ends, %4$s FROM old_rows r) o USING (id)
             WHERE (o.counts, o.ends) IS DISTINCT FROM (n.counts, n.ends)', key, TG_ARGV[2], TG_ARGV[3], span);
    ELSE
        noted := format('SELECT r.vendor_id, r.client_id, r.%I AS patient_id, %s FROM %s r', key, span, CASE TG_OP WHEN 'INSERT' THEN 'new_rows' ELSE 'old_rows' END);
    END IF;
    EXECUTE format(
        'INSERT INTO late_fact (vendor_id, client_id, patient_id, source, from_day, to_day)
         SELECT vendor_id, client_id, patient_id, %L, min(from_day), max(to_day)
         FROM (%s) noted
         JOIN (SELECT vendor_id, client_id, (max(month) + interval ''1 month'')::date AS closed_before FROM client_month WHERE status = ''closed'' GROUP BY 1, 2) closed
             USING (vendor_id, client_id)
         WHERE from_day < closed_before
         GROUP BY 1, 2, 3', TG_TABLE_NAME, noted);
    RETURN NULL;
END $$;
-- A change of a client, a practitioner or a member of staff bears on nobody by itself: it can cure those whom such facts hold in closed months.
-- Arguments: the row's key, whose patients it concerns, the columns that count, and the exceptions that they can cure.
CREATE FUNCTION guard.note_held() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO late_fact (vendor_id, client_id, patient_id, source, from_day, to_day)
         SELECT DISTINCT p.vendor_id, p.client_id, p.patient_id, %1$L, p.month, (p.month + interval ''1 month'')::date - 1
         FROM (SELECT DISTINCT %3$s FROM (SELECT %2$s, ROW(%4$s) AS counts FROM new_rows) n JOIN (SELECT %2$s, ROW(%4$s) AS counts FROM old_rows) o USING (%2$s)
               WHERE o.counts IS DISTINCT FROM n.counts) changed
         JOIN exception e USING (%3$s)
         JOIN client_month m ON m.vendor_id = e.vendor_id AND m.client_id = e.client_id AND m.id = e.client_month_id AND m.status = ''closed''
         JOIN patient_month p ON p.vendor_id = e.vendor_id AND p.client_id = e.client_id AND p.id = e.patient_month_id
         WHERE e.code = ANY (%5$L::text[])', TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3]);
    RETURN NULL;
END $$;
-- An exclusion that becomes known later takes the person's minutes of closed months back; one that was recorded in error gives them back.
CREATE FUNCTION guard.note_excluded() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
BEGIN
    INSERT INTO late_fact (vendor_id, client_id, patient_id, source, from_day, to_day)
    SELECT DISTINCT t.vendor_id, t.client_id, t.patient_id, TG_TABLE_NAME, m.month, (m.month + interval '1 month')::date - 1
    FROM (SELECT n.vendor_id, n.id, CASE WHEN r.excluded_from IS NOT NULL THEN daterange(r.excluded_from, r.excluded_to, '[]') END AS excluded
          FROM new_rows n JOIN old_rows o USING (vendor_id, id), LATERAL (VALUES (n.excluded_from, n.excluded_to), (o.excluded_from, o.excluded_to)) AS r (excluded_from, excluded_to)
          WHERE (n.excluded_from, n.excluded_to) IS DISTINCT FROM (o.excluded_from, o.excluded_to)) changed
    JOIN time_entry t ON t.vendor_id = changed.vendor_id AND t.staff_id = changed.id
    JOIN client_month m ON m.vendor_id = t.vendor_id AND m.client_id = t.client_id AND m.status = 'closed' AND m.starts_at < t.ended_at AND m.ends_at > t.started_at
    WHERE changed.excluded && daterange(m.month, (m.month + interval '1 month')::date);
    RETURN NULL;
END $$;

DO $$
DECLARE
    source record;
BEGIN
    FOR source IN SELECT * FROM (VALUES
        ('enrolment', 'r.valid_from', 'r.valid_to', 'r.program, r.status, r.valid_from', 'r.valid_to'),
        ('assignment', 'r.valid_from', 'r.valid_to', 'r.program, r.provider_id, r.valid_from', 'r.valid_to'),
        ('condition', 'r.onset_on', 'r.resolved_on', 'r.icd10, r.onset_on, r.risk_documented, r.expected_months, r.until_death', 'r.resolved_on'),
        ('consent', 'r.obtained_on', 'NULL', 'r.program, r.provider_id, r.obtained_on, r.scope, r.cost_sharing, r.one_practitioner, r.stop', 'r.revoked_on'),
        ('visit', 'r.visited_on', 'NULL', 'r.visited_on, r.kind, r.code, r.ccm_discussed', 'NULL'),
        ('care_plan', 'r.effective_on', 'NULL', 'r.version, r.effective_on, r.signed_on, r.copy_given_on, r.elements', 'NULL'),
        ('review', 'r.reviewed_on', 'NULL', 'r.reviewed_on', 'NULL'),
        ('stay', 'r.valid_from', 'r.valid_to', 'r.kind, r.valid_from', 'r.valid_to'),
        ('device_period', 'r.period_from', 'NULL', 'r.program, r.period_from, r.days, r.setup_on', 'NULL'),
        ('discharge', 'r.discharged_on', 'NULL', 'r.discharged_on, r.contacted_on, r.visited_on, r.mdm', 'NULL'),
        ('mdm', 'r.month', '(r.month + interval ''1 month'')::date - 1', 'r.month, r.level', 'NULL'),
        ('attestation', 'r.month', '(r.month + interval ''1 month'')::date - 1', 'r.month', 'NULL'),
        ('exclusion_choice', 'r.month', '(r.month + interval ''1 month'')::date - 1', 'r.month, r.program', 'NULL')
    ) AS listed (name, from_day, to_day, counts, ends) LOOP
        EXECUTE format('CREATE TRIGGER note_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.note_late(%L, %L, %L, %L)',
            source.name, source.from_day, source.to_day, source.counts, source.ends);
        EXECUTE format('CREATE TRIGGER note_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.note_late(%L, %L, %L, %L)',
            source.name, source.from_day, source.to_day, source.counts, source.ends);
        EXECUTE format('CREATE TRIGGER note_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION guard.note_late(%L, %L, %L, %L)',
            source.name, source.from_day, source.to_day, source.counts, source.ends);
    END LOOP;
END $$;
CREATE TRIGGER note_update AFTER UPDATE ON patient REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION guard.note_late('NULL', 'NULL', 'r.part_b_from, r.qmb', 'r.died_on');
CREATE TRIGGER note_held AFTER UPDATE ON client REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION guard.note_held('vendor_id, client_id', 'vendor_id, client_id',
        'access_24_7_from, supervision_from, ehr_certified_from, baa_on, contact_name, contact_email',
        '{ACCESS_24_7_MISSING,SUPERVISION_MISSING,EHR_NOT_CERTIFIED,BAA_MISSING,CARE_TEAM_CONTACT_MISSING}');
CREATE TRIGGER note_held AFTER UPDATE ON provider REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION guard.note_held('vendor_id, client_id, id', 'vendor_id, client_id', 'credential', '{PROVIDER_NOT_ELIGIBLE}');
CREATE TRIGGER note_held AFTER UPDATE ON staff REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION guard.note_held('vendor_id, id', 'vendor_id',
        'role, credential, licensed_states, license_expires_on, country, npi', '{TIME_PENDING}');
CREATE TRIGGER note_excluded AFTER UPDATE ON staff REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION guard.note_excluded();
REVOKE ALL ON FUNCTION guard.note_late(), guard.note_held(), guard.note_excluded() FROM PUBLIC;
