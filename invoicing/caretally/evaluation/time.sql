-- Step 3. Seconds. Each entry is clipped to the local month and split at local midnights, gets the first reason that applies, and what is
-- left counts once. `bounds` holds the start of each local day and of the day after the last, so a DST day is 23 or 25 hours by itself.
INSERT INTO eval_time
WITH person AS (
    SELECT s.id, s.code, s.role, s.npi, s.country, s.licensed_states, s.license_expires_on, s.role = 'administrative' AS administrative,
           c.credential IS NULL AS unqualified, coalesce(c.needs_state_license, true) AS needs_license
    FROM staff s LEFT JOIN credential_type c ON c.credential = s.credential
    WHERE s.vendor_id = :vendor_id
),
entry AS (
    SELECT s.n, t.id, greatest(t.started_at, :starts_at) AS started_at, least(t.ended_at, :ends_at) AS ended_at, t.content_hash, p.code AS staff_code,
           width_bucket(greatest(t.started_at, :starts_at), CAST(:bounds AS timestamptz[])) AS first_day,
           width_bucket(least(t.ended_at, :ends_at) - interval '1 second', CAST(:bounds AS timestamptz[])) AS last_day,
           s.day_reason, p.role = 'qhp' AND coalesce(p.npi = s.provider_npi, false) AS billing_qhp,
           p.role = 'qhp' AND p.npi IS DISTINCT FROM s.provider_npi AS other_qhp,
           least(
               CASE WHEN coalesce(t.country, p.country) <> 'US' THEN CAST(:outside_us AS smallint) END,
               CASE WHEN p.administrative THEN CAST(:non_clinical_staff AS smallint) END,
               CASE WHEN t.activity = 'idle' THEN CAST(:idle AS smallint) END,
               CASE WHEN t.within_em THEN CAST(:within_em AS smallint) END,
               CASE WHEN p.unqualified OR (p.needs_license AND NOT coalesce(s.state = ANY (p.licensed_states), cardinality(p.licensed_states) > 0))
                    THEN CAST(:staff_not_licensed AS smallint) END,
               CASE WHEN t.description = '' OR t.description !~ '[^[:space:]]' THEN CAST(:time_no_description AS smallint) END,
               CASE WHEN t.source = 'manual' AND t.approved_by = '' THEN CAST(:time_unapproved AS smallint) END) AS entry_reason,
           CASE WHEN p.needs_license THEN p.license_expires_on END AS license_until,
           x.contested
    FROM time_entry t
    JOIN eval_scope s ON s.patient_id = t.patient_id
    JOIN person p ON p.id = t.staff_id
    LEFT JOIN eval_conflict x ON x.entry_id = t.id
    WHERE t.vendor_id = :vendor_id AND t.client_id = :client_id AND t.program = :program
      AND t.started_at < :ends_at AND t.started_at > :starts_at - interval '24 hours' AND t.ended_at > :starts_at
),
daily AS (
    SELECT *, generate_series(first_day, last_day) AS day FROM entry
),
piece AS (
    SELECT n, day, content_hash, staff_code, billing_qhp, other_qhp, contested, day = first_day AS whole_entry,
           CASE WHEN day = first_day THEN started_at ELSE (CAST(:bounds AS timestamptz[]))[day] END AS started_at,
           CASE WHEN day = last_day THEN ended_at ELSE (CAST(:bounds AS timestamptz[]))[day + 1] END AS ended_at,
           least(day_reason[day], entry_reason, CASE WHEN license_until < :month_first + day - 1 THEN CAST(:staff_not_licensed AS smallint) END) AS reason
    FROM daily
),
-- A contested entry falls apart into its contested and its free ranges; few do, so the common row passes once.
cut AS (
    SELECT n, day, content_hash, staff_code, billing_qhp, other_qhp, whole_entry, started_at, ended_at, reason, false AS contested
    FROM piece WHERE contested IS NULL
    UNION ALL
    SELECT n, day, content_hash, staff_code, billing_qhp, other_qhp, whole_entry AND lower(part) = started_at, lower(part), upper(part),
           CASE WHEN is_contested THEN least(reason, CAST(:time_overlap_staff AS smallint)) ELSE reason END, is_contested
    FROM piece,
         LATERAL (SELECT part, true AS is_contested FROM unnest(tstzmultirange(tstzrange(started_at, ended_at)) * contested) AS part
                  UNION ALL
                  SELECT part, false FROM unnest(tstzmultirange(tstzrange(started_at, ended_at)) - contested) AS part) AS parts
    WHERE contested IS NOT NULL
),
-- One sort by patient and start serves everything below. `*_until` is the running maximum of what earlier pieces already claim.
running AS (
    SELECT *, reason IS NULL AS good, reason IS NULL OR reason >= :first_curable AS curable, billing_qhp = :qhp_first AS preferred,
           max(ended_at) FILTER (WHERE reason IS NULL) OVER before AS good_until,
           max(ended_at) FILTER (WHERE reason IS NULL AND billing_qhp = :qhp_first) OVER before AS preferred_until,
           max(ended_at) FILTER (WHERE reason IS NULL OR reason >= :first_curable) OVER before AS cured_until,
           max(ended_at) FILTER (WHERE (reason IS NULL OR reason >= :first_curable) AND billing_qhp = :qhp_first) OVER before AS cured_preferred_until
    FROM cut
    WINDOW before AS (PARTITION BY n ORDER BY started_at, ended_at, content_hash ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
added AS (
    SELECT n, day, started_at, ended_at, content_hash, staff_code, whole_entry, reason, good, other_qhp, ended_at - started_at AS length,
           CASE WHEN good THEN greatest(ended_at - greatest(started_at, good_until), interval '0') END AS good_added,
           CASE WHEN good AND preferred THEN greatest(ended_at - greatest(started_at, preferred_until), interval '0') END AS preferred_added,
           CASE WHEN curable THEN greatest(ended_at - greatest(started_at, cured_until), interval '0') END AS cured_added,
           CASE WHEN curable AND preferred THEN greatest(ended_at - greatest(started_at, cured_preferred_until), interval '0') END AS cured_preferred_added
    FROM running
),
-- Cumulative sums are read at the last piece of a local day, where a day's overlaps are settled: they find the day a threshold is reached.
reached AS (
    SELECT *, sum(good_added) OVER so_far AS total_so_far, sum(preferred_added) OVER so_far AS preferred_so_far,
           lead(day) OVER (PARTITION BY n ORDER BY started_at, ended_at, content_hash) IS DISTINCT FROM day AS day_done
    FROM added
    WINDOW so_far AS (PARTITION BY n ORDER BY started_at, ended_at, content_hash ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
summed AS (
    SELECT n, sum(length) AS raw, coalesce(sum(good_added), '0') AS total, coalesce(sum(preferred_added), '0') AS preferred,
           coalesce(sum(cured_added), '0') AS cured_total, coalesce(sum(cured_preferred_added), '0') AS cured_preferred,
           coalesce(sum(length) FILTER (WHERE good), '0') AS good_length,
           min(day) FILTER (WHERE good) AS first_counted_day, coalesce(bool_or(other_qhp AND good), false) AS other_qhp,
           -- seconds that decide each path: with `pool` and `personal` all of them, with `never_pool` those of staff alone
           min(day) FILTER (WHERE day_done AND CASE WHEN :never_pool THEN preferred_so_far ELSE total_so_far END >= CAST(:staff_threshold AS interval)) AS staff_day,
           min(day) FILTER (WHERE day_done AND CASE WHEN :never_pool THEN preferred_so_far ELSE total_so_far END >= CAST(:complex_threshold AS interval)) AS complex_day,
           min(day) FILTER (WHERE day_done AND CASE WHEN :qhp_first THEN preferred_so_far ELSE total_so_far - coalesce(preferred_so_far, '0') END
                            >= CAST(:personal_threshold AS interval)) AS personal_day,
           array_agg(reason) FILTER (WHERE reason IS NOT NULL) AS reasons, array_agg(length) FILTER (WHERE reason IS NOT NULL) AS lengths,
           sha256(string_agg(content_hash || convert_to(staff_code, 'UTF8'), '' ORDER BY started_at, ended_at, content_hash) FILTER (WHERE whole_entry)) AS entries_hash
    FROM reached
    GROUP BY n
)
SELECT n, extract(epoch FROM raw)::int,
       extract(epoch FROM CASE WHEN :qhp_first THEN total - preferred ELSE preferred END)::int,
       extract(epoch FROM CASE WHEN :qhp_first THEN preferred ELSE total - preferred END)::int,
       extract(epoch FROM CASE WHEN :qhp_first THEN cured_total - cured_preferred ELSE cured_preferred END)::int,
       extract(epoch FROM CASE WHEN :qhp_first THEN cured_preferred ELSE cured_total - cured_preferred END)::int,
       first_counted_day, staff_day, complex_day, personal_day, other_qhp,
       -- one element a reason of the dated table, in its order; the last is what another entry already claims
       CASE WHEN reasons IS NULL AND good_length = total THEN '{}'
            ELSE (SELECT array_agg(coalesce(seconds, 0) ORDER BY o)
                  FROM generate_series(1, :last_reason) AS o
                  LEFT JOIN (SELECT reason, extract(epoch FROM sum(length))::int AS seconds
                             FROM (SELECT unnest(reasons) AS reason, unnest(lengths) AS length
                                   UNION ALL SELECT CAST(:time_overlap_patient AS smallint), good_length - total) lost
                             GROUP BY reason) by_reason ON by_reason.reason = o) END,
       entries_hash
FROM summed
