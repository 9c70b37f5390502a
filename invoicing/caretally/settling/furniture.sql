-- What the page offers to choose from, in one row; the months, clients and reasons only where they may be others than at the stamp that is known.
WITH stamp AS MATERIALIZED (
    SELECT (SELECT coalesce(string_agg(CAST(id AS text), ' ' ORDER BY id), '') FROM queue_stamp WHERE vendor_id = :vendor_id)
           -- the reasons come with a release: how many there are, and the transaction that changed one last
        || ' ' || (SELECT count(*) || ' ' || max(CAST(CAST(xmin AS text) AS bigint)) FROM gate)
        || ' ' || (SELECT count(*) || ' ' || coalesce(max(CAST(CAST(xmin AS text) AS bigint)), 0) FROM waivable_gate) AS said
), asks AS MATERIALIZED (SELECT tenancy.current_actor() AS actor)
SELECT stamp.said AS stamp,
       CASE WHEN stamp.said <> :known THEN json_build_object(
           'months', (SELECT coalesce(json_agg(month ORDER BY month DESC), '[]') FROM (
               SELECT DISTINCT month FROM client_month WHERE vendor_id = :vendor_id AND status IN ('closed', 'previewed')) m),
           'clients', (SELECT coalesce(json_agg(json_build_array(client_id, code, name) ORDER BY lower(name)), '[]') FROM client WHERE vendor_id = :vendor_id),
           'gates', (SELECT json_agg(json_build_array(g.code, g.label, g.owner_role, v.gate_code IS NOT NULL) ORDER BY g.label)
                     FROM gate g LEFT JOIN waivable_gate v ON v.gate_code = g.code WHERE g.kind <> 'parks' AND g.code <> ALL (CAST(:about_client AS text[])))) END AS lists,
       (SELECT coalesce(json_agg(json_build_array(id, name, role) ORDER BY lower(name), role), '[]') FROM membership
        WHERE vendor_id = :vendor_id AND ended_at IS NULL AND role = ANY (CAST(:roles AS text[]))) AS people,
       -- whose work is mine, as matched.sql has it
       (SELECT coalesce(string_agg(CAST(id AS text), ' ' ORDER BY id), '') FROM membership
        WHERE vendor_id = :vendor_id AND ended_at IS NULL AND 'person:' || account_id = (SELECT actor FROM asks)) AS mine,
       (SELECT coalesce(json_agg(json_build_array(id, name, filters, shared, owner = (SELECT actor FROM asks)) ORDER BY lower(name)), '[]') FROM saved_view
        WHERE vendor_id = :vendor_id AND page = 'exceptions' AND (shared OR owner = (SELECT actor FROM asks))) AS views,
       (SELECT json_build_array(id, kind, exceptions, held_cents, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')) FROM exception_act
        WHERE vendor_id = :vendor_id AND actor = (SELECT actor FROM asks) AND undone_at IS NULL ORDER BY at DESC, id DESC LIMIT 1) AS last_act
FROM stamp
