-- Step 4b. The tangled patients, by the general rule: each entry is split at local midnights and where contested and doubled ranges begin and end,
-- each piece gets the first reason that applies, and what is left counts once. Their rows of step 4 give the entries and are replaced.
WITH tangled AS (
    DELETE FROM eval_time WHERE tangled RETURNING n, entry_ids, backdated, alike
),
person AS MATERIALIZED (
    SELECT s.id, convert_to(s.code, 'UTF8') AS staff_code, s.role = 'qhp' AS qhp, s.npi, s.country, s.licensed_states,
           least(CASE WHEN s.role = 'administrative' THEN CAST(:non_clinical_staff AS smallint) END,
                 CASE WHEN c.credential IS NULL THEN CAST(:staff_not_licensed AS smallint) END) AS own_reason,
           coalesce(c.needs_state_license, true) AS needs_license,
           CASE WHEN c.needs_state_license THEN s.license_expires_on END AS license_until,
           CASE WHEN s.excluded_from IS NOT NULL THEN daterange(s.excluded_from, s.excluded_to, '[]') END AS excluded
    FROM staff s LEFT JOIN credential_type c ON c.credential = s.credential
    WHERE s.vendor_id = :vendor_id
),
entry AS MATERIALIZED (
    SELECT s.n, t.id, greatest(t.started_second, CAST(:starts_second AS bigint)) AS started, least(t.ended_second, CAST(:ends_second AS bigint)) AS ended,
           width_bucket(greatest(t.started_second, CAST(:starts_second AS bigint)), CAST(:bounds AS bigint[])) AS first_day,
           width_bucket(least(t.ended_second, CAST(:ends_second AS bigint)) - 1, CAST(:bounds AS bigint[])) AS last_day,
           t.content_hash, p.staff_code, s.day_reason, p.license_until, p.excluded,
           p.qhp AND coalesce(p.npi = s.provider_npi, false) AS billing_qhp, p.qhp AND NOT coalesce(p.npi = s.provider_npi, false) AS other_qhp,
           least(
               CASE WHEN coalesce(t.country, p.country) <> 'US' THEN CAST(:outside_us AS smallint) END,
               p.own_reason,
               CASE WHEN t.activity = 'idle' THEN CAST(:idle AS smallint) END,
               CASE WHEN t.within_em THEN CAST(:within_em AS smallint) END,
               CASE WHEN p.needs_license AND NOT coalesce(s.state = ANY (p.licensed_states), cardinality(p.licensed_states) > 0)
                    THEN CAST(:staff_not_licensed AS smallint) END,
               CASE WHEN t.description = '' THEN CAST(:time_no_description AS smallint) END,
               CASE WHEN t.source = 'manual' AND t.approved_by = '' THEN CAST(:time_unapproved AS smallint) END) AS entry_reason,
           x.contested, d.doubled, t.contact = 'live' AS live
    FROM (SELECT n, unnest(entry_ids) AS id FROM tangled) own
    -- fenced, so that the few entries are looked up by their key and the client's others are not read again
    CROSS JOIN LATERAL (SELECT * FROM time_entry WHERE vendor_id = :vendor_id AND client_id = :client_id AND id = own.id OFFSET 0) t
    JOIN eval_scope s ON s.n = own.n
    JOIN person p ON p.id = t.staff_id
    LEFT JOIN eval_conflict x ON x.entry_id = t.id
    LEFT JOIN eval_double d ON d.entry_id = t.id
),
-- An entry of one day that nobody contests is one piece; the few others fall apart at midnight and where contested ranges begin and end.
piece AS (
    SELECT n, id, first_day AS day, started, ended, content_hash, staff_code, billing_qhp, other_qhp, live, true AS first_piece,
           least(day_reason[first_day], entry_reason,
                 CASE WHEN license_until < :month_first + (first_day - 1) THEN CAST(:staff_not_licensed AS smallint) END,
                 CASE WHEN excluded @> :month_first + (first_day - 1) THEN CAST(:staff_excluded AS smallint) END) AS reason
    FROM entry
    WHERE first_day = last_day AND contested IS NULL AND doubled IS NULL
    UNION ALL
    SELECT n, id, d.day, lower(part), upper(part), content_hash, staff_code, billing_qhp, other_qhp, live, lower(part) = started,
           least(day_reason[d.day], entry_reason,
                 CASE WHEN license_until < :month_first + (d.day - 1) THEN CAST(:staff_not_licensed AS smallint) END,
                 CASE WHEN excluded @> :month_first + (d.day - 1) THEN CAST(:staff_excluded AS smallint) END,
                 CASE WHEN is_contested THEN CAST(:time_overlap_staff AS smallint) END,
                 CASE WHEN is_doubled THEN CAST(:time_double_counted AS smallint) END)
    FROM entry
    CROSS JOIN LATERAL generate_series(first_day, last_day) AS d (day)
    CROSS JOIN LATERAL (SELECT int8multirange(int8range(greatest(started, (CAST(:bounds AS bigint[]))[d.day]),
                                                        least(ended, (CAST(:bounds AS bigint[]))[d.day + 1]))) AS span) AS s
    CROSS JOIN LATERAL (SELECT coalesce(entry.contested, '{}') AS staff_contested, coalesce(entry.doubled, '{}') AS program_doubled) AS shared
    CROSS JOIN LATERAL (SELECT part, true AS is_contested, false AS is_doubled FROM unnest(span * shared.staff_contested - shared.program_doubled) AS part
                        UNION ALL
                        SELECT part, true, true FROM unnest(span * shared.staff_contested * shared.program_doubled) AS part
                        UNION ALL
                        SELECT part, false, true FROM unnest(span * shared.program_doubled - shared.staff_contested) AS part
                        UNION ALL
                        SELECT part, false, false FROM unnest(span - shared.staff_contested - shared.program_doubled) AS part) AS parts
    WHERE first_day <> last_day OR contested IS NOT NULL OR doubled IS NOT NULL
),
-- One sort by patient and start serves everything below. `*_until` is the running maximum of what earlier pieces already claim:
-- `lag` would miss a piece inside an earlier, longer one.
running AS (
    SELECT *, ended - started AS length, reason IS NULL AS good, coalesce(reason >= :first_curable, true) AS curable, billing_qhp = :qhp_first AS preferred,
           max(ended) FILTER (WHERE reason IS NULL) OVER earlier AS good_until,
           max(ended) FILTER (WHERE reason IS NULL AND billing_qhp = :qhp_first) OVER earlier AS preferred_until,
           max(ended) FILTER (WHERE coalesce(reason >= :first_curable, true)) OVER earlier AS cured_until,
           max(ended) FILTER (WHERE coalesce(reason >= :first_curable, true) AND billing_qhp = :qhp_first) OVER earlier AS cured_preferred_until,
           lead(day) OVER earlier IS DISTINCT FROM day AS day_done
    FROM piece
    WINDOW earlier AS (PARTITION BY n ORDER BY started, content_hash ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
added AS (
    SELECT n, id, day, day_done, started, ended, content_hash, staff_code, first_piece, reason, good, other_qhp, live, length::int AS length,
           CASE WHEN good THEN greatest(ended - greatest(started, good_until), 0)::int END AS good_added,
           CASE WHEN good AND preferred THEN greatest(ended - greatest(started, preferred_until), 0)::int END AS preferred_added,
           CASE WHEN curable THEN greatest(ended - greatest(started, cured_until), 0)::int END AS cured_added,
           CASE WHEN curable AND preferred THEN greatest(ended - greatest(started, cured_preferred_until), 0)::int END AS cured_preferred_added
    FROM running
),
-- Cumulative sums are read at the last piece of a local day, where a day's overlaps are settled: they find the day a threshold is reached.
reached AS (
    SELECT *, sum(good_added) OVER so_far AS total_so_far, sum(preferred_added) OVER so_far AS preferred_so_far
    FROM added
    WINDOW so_far AS (PARTITION BY n ORDER BY started, content_hash ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
summed AS (
    SELECT n, sum(length)::int AS raw, coalesce(sum(good_added), 0)::int AS total, coalesce(sum(preferred_added), 0)::int AS preferred,
           coalesce(sum(cured_added), 0)::int AS cured_total, coalesce(sum(cured_preferred_added), 0)::int AS cured_preferred,
           coalesce(sum(length) FILTER (WHERE good), 0)::int AS good_length,
           min(day) FILTER (WHERE good) AS first_counted_day, coalesce(bool_or(other_qhp AND good), false) AS other_qhp,
           -- the seconds that decide each path: with `pool` and `personal` all of them, with `never_pool` those of staff alone
           min(day) FILTER (WHERE day_done AND CASE WHEN :never_pool THEN preferred_so_far ELSE total_so_far END >= CAST(:staff_threshold AS int)) AS staff_day,
           min(day) FILTER (WHERE day_done AND CASE WHEN :never_pool THEN preferred_so_far ELSE total_so_far END >= CAST(:complex_threshold AS int)) AS complex_day,
           min(day) FILTER (WHERE day_done AND CASE WHEN :qhp_first THEN preferred_so_far ELSE total_so_far - coalesce(preferred_so_far, 0) END
                            >= CAST(:personal_threshold AS int)) AS personal_day,
           min(day) FILTER (WHERE day_done AND total_so_far >= CAST(:first_threshold AS int)) AS first_day,
           min(day) FILTER (WHERE day_done AND total_so_far >= CAST(:brief_threshold AS int)) AS brief_day,
           coalesce(bool_or(live AND good), false) AS live_contact,
           array_agg(reason) FILTER (WHERE reason IS NOT NULL) AS reasons, array_agg(length) FILTER (WHERE reason IS NOT NULL) AS lengths,
           array_agg(id ORDER BY started, content_hash) AS entry_ids, array_agg(coalesce(good_added, 0) ORDER BY started, content_hash) AS entry_seconds,
           sha256(string_agg(content_hash || staff_code, '' ORDER BY started, content_hash) FILTER (WHERE first_piece)) AS entries_hash
    FROM reached
    GROUP BY n
)
INSERT INTO eval_time
SELECT n, raw,
       CASE WHEN :qhp_first THEN total - preferred ELSE preferred END, CASE WHEN :qhp_first THEN preferred ELSE total - preferred END,
       CASE WHEN :qhp_first THEN cured_total - cured_preferred ELSE cured_preferred END,
       CASE WHEN :qhp_first THEN cured_preferred ELSE cured_total - cured_preferred END,
       first_counted_day, staff_day, complex_day, personal_day, first_day, brief_day, other_qhp, live_contact,
       CASE WHEN good_length <> total THEN array_append(reasons, CAST(:time_overlap_patient AS smallint)) ELSE coalesce(reasons, '{}') END,
       CASE WHEN good_length <> total THEN array_append(lengths, good_length - total) ELSE coalesce(lengths, '{}') END,
       summed.entry_ids, entry_seconds, entries_hash, false, backdated, alike
FROM summed
JOIN tangled USING (n)
