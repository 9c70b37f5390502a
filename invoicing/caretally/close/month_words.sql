-- What the pages of a month say of the rule tables: each gate's label and who cures it, and where the codes of the first timed program are reached.
SELECT (SELECT jsonb_object_agg(code, jsonb_build_array(label, replace(owner_role, '_', ' '))) FROM gate) AS gates,
       (SELECT array_agg(DISTINCT b.first_threshold_seconds + n * coalesce(a.increment_seconds, 0))
        FROM (SELECT l.* FROM program p JOIN time_ladder l USING (program) WHERE p.kind = 'timed' AND l.path = 'staff' ORDER BY p.ordinal LIMIT 1) l
        JOIN billing_code b ON b.code = l.base_code LEFT JOIN billing_code a ON a.code = l.addon_code
        CROSS JOIN generate_series(0, coalesce(a.max_units_month, 0)) AS n) AS thresholds
