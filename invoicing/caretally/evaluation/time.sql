-- Step 4. Seconds. Each entry is clipped to the local month, gets the first reason that applies, and what is left is added up: one sort, one
-- window. `bounds` holds the second at which each local day starts and the day after the last, so a DST day is 23 or 25 hours by itself.
-- Where a patient's entries meet, cross midnight, are contested, doubled or the practitioner's own, the patient is marked `tangled` and step 4b
-- counts again, piece by piece. Seconds are counted from the month's start.
INSERT INTO eval_time
WITH person AS MATERIALIZED (
    SELECT s.id, convert_to(s.code, 'UTF8') AS staff_code, s.role = 'qhp' AS qhp, s.npi, s.country, s.licensed_states,
           least(CASE WHEN s.role = 'administrative' THEN CAST(:non_clinical_staff AS smallint) END,
                 CASE WHEN c.credential IS NULL THEN CAST(:staff_not_licensed AS smallint) END) AS own_reason,
           coalesce(c.needs_state_license, true) AS needs_license,
           CASE WHEN c.needs_state_license THEN s.license_expires_on END AS license_until,
           CASE WHEN s.excluded_from IS NOT NULL THEN daterange(s.excluded_from, s.excluded_to, '[]') END AS excluded
    FROM staff s LEFT JOIN credential_type c ON c.credential = s.credential
    WHERE s.vendor_id = :vendor_id
),
entry AS (
    SELECT s.n, t.id, (greatest(t.started_second, CAST(:starts_second AS bigint)) - :starts_second)::int AS started,
           (least(t.ended_second, CAST(:ends_second AS bigint)) - :starts_second)::int AS ended,
           width_bucket(greatest(t.started_second, CAST(:starts_second AS bigint)), CAST(:bounds AS bigint[])) AS day,
           t.ended_second, t.content_hash, p.staff_code, s.day_reason, p.license_until, p.excluded,
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
           t.id IN (SELECT entry_id FROM eval_conflict UNION ALL SELECT entry_id FROM eval_double) AS shared, t.contact = 'live' AS live,
           t.entered_at > t.ended_at + CAST(:entered_within_days AS int) * interval '24 hours' AS backdated, hashtext(t.description) AS words
    FROM time_entry t
    JOIN eval_scope s ON s.patient_id = t.patient_id AND s.program = :program
    JOIN person p ON p.id = t.staff_id
    WHERE t.vendor_id = :vendor_id AND t.client_id = :client_id AND t.program = :program
      AND t.started_at < :ends_at AND t.started_at > :looks_back_to AND t.ended_at > :starts_at
    OFFSET 0 -- a fence: the day is found once
),
judged AS (
    SELECT n, id, started, ended, day, content_hash, staff_code, other_qhp, live, backdated, words,
           least(day_reason[day], entry_reason, CASE WHEN license_until < :month_first + (day - 1) THEN CAST(:staff_not_licensed AS smallint) END,
                 CASE WHEN excluded @> :month_first + (day - 1) THEN CAST(:staff_excluded AS smallint) END) AS reason,
           shared OR billing_qhp OR least(ended_second, :ends_second) > (CAST(:bounds AS bigint[]))[day + 1] AS tangled
    FROM entry
    OFFSET 0
),
-- `busy_until` is the running maximum, not `lag`: a piece inside an earlier, longer one is not hidden by a third that ended early.
running AS (
    SELECT *, ended - started AS length, max(ended) OVER earlier AS busy_until,
           coalesce(sum(ended - started) FILTER (WHERE reason IS NULL) OVER earlier, 0) + (ended - started) AS so_far
    FROM judged
    WINDOW earlier AS (PARTITION BY n ORDER BY started, content_hash ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
summed AS (
    SELECT n, sum(length)::int AS raw, coalesce(sum(length) FILTER (WHERE reason IS NULL), 0)::int AS total,
           coalesce(sum(length) FILTER (WHERE reason >= :first_curable), 0)::int AS curable, min(day) FILTER (WHERE reason IS NULL) AS first_counted_day,
           min(day) FILTER (WHERE reason IS NULL AND so_far >= CAST(:staff_threshold AS int)) AS staff_day,
           min(day) FILTER (WHERE reason IS NULL AND so_far >= CAST(:complex_threshold AS int)) AS complex_day,
           min(day) FILTER (WHERE reason IS NULL AND so_far >= CAST(:first_threshold AS int)) AS first_day,
           min(day) FILTER (WHERE reason IS NULL AND so_far >= CAST(:brief_threshold AS int)) AS brief_day,
           coalesce(bool_or(other_qhp AND reason IS NULL), false) AS other_qhp, coalesce(bool_or(live AND reason IS NULL), false) AS live_contact,
           coalesce(bool_or(tangled OR busy_until > started), false) AS tangled,
           -- what an auditor would ask about, whatever the entries' own reasons: put down late, or all of one length with the same words
           coalesce(bool_or(backdated), false) AS backdated,
           coalesce(count(*) >= CAST(:alike_entries AS int) AND min(length) = max(length) AND min(words) = max(words), false) AS alike,
           array_agg(reason) FILTER (WHERE reason IS NOT NULL) AS lost_reasons, array_agg(length) FILTER (WHERE reason IS NOT NULL) AS lost_seconds,
           array_agg(id ORDER BY started, content_hash) AS entry_ids,
           array_agg(CASE WHEN reason IS NULL THEN length ELSE 0 END ORDER BY started, content_hash) AS entry_seconds,
           sha256(string_agg(content_hash || staff_code, '' ORDER BY started, content_hash)) AS entries_hash
    FROM running
    GROUP BY n
)
SELECT n, raw, total, 0, total + curable, 0, first_counted_day, staff_day, complex_day, NULL, first_day, brief_day, other_qhp, live_contact,
       coalesce(lost_reasons, '{}'), coalesce(lost_seconds, '{}'), entry_ids, entry_seconds, entries_hash, tangled, backdated, alike
FROM summed
