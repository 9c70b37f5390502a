-- What the page offers to choose from, in one row.
SELECT (SELECT coalesce(json_agg(month ORDER BY month DESC), '[]') FROM (
            SELECT DISTINCT month FROM client_month WHERE vendor_id = :vendor_id AND status IN ('closed', 'previewed')) m) AS months,
       (SELECT coalesce(json_agg(json_build_array(client_id, code, name) ORDER BY lower(name)), '[]') FROM client WHERE vendor_id = :vendor_id) AS clients,
       (SELECT json_agg(json_build_array(g.code, g.label, g.owner_role, v.gate_code IS NOT NULL) ORDER BY g.label) FROM gate g LEFT JOIN waivable_gate v ON v.gate_code = g.code
        WHERE g.kind <> 'parks' AND g.code <> ALL (:about_client)) AS gates,
       (SELECT coalesce(json_agg(json_build_array(id, name, role) ORDER BY lower(name), role), '[]') FROM membership
        WHERE vendor_id = :vendor_id AND ended_at IS NULL AND role = ANY (:roles)) AS people,
       (SELECT coalesce(json_agg(json_build_array(id, name, filters, shared, owner = (SELECT tenancy.current_actor())) ORDER BY lower(name)), '[]') FROM saved_view
        WHERE vendor_id = :vendor_id AND page = 'exceptions' AND (shared OR owner = (SELECT tenancy.current_actor()))) AS views,
       (SELECT json_build_array(id, kind, exceptions, held_cents, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')) FROM exception_act
        WHERE vendor_id = :vendor_id AND actor = (SELECT tenancy.current_actor()) AND undone_at IS NULL ORDER BY at DESC, id DESC LIMIT 1) AS last_act
