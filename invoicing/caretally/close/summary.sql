-- A month of one client at one look: counts, money, why patients are not billed, how far they came. No patient can be told from it.
WITH list_price AS MATERIALIZED (
    SELECT code, price_cents FROM agreement_price
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND agreement_id = :agreement_id AND tier_from = 1
),
-- The patients are read once: those who agree in all that is told below are counted together, and the rest reads these few groups.
decided AS MATERIALIZED (
    SELECT d.enrolled, d.outcome, d.primary_reason, least((d.clinical_seconds + d.qhp_seconds) / CAST(:bin_seconds AS int), CAST(:bins AS int) - 1) AS bin,
           coalesce(d.outcome = 'not_billable' AND d.missing_seconds <= CAST(:near_seconds AS int), false) AS near,
           CASE WHEN d.outcome = 'not_billable' AND d.missing_seconds <= CAST(:near_seconds AS int) THEN d.missing_code END AS near_code,
           count(*) AS patients, sum(d.raw_seconds) AS raw_seconds, sum(d.clinical_seconds + d.qhp_seconds) AS counted_seconds,
           max(d.clinical_seconds + d.qhp_seconds) AS longest_seconds, coalesce(sum(h.held_cents), 0) AS held_cents
    FROM eval_decision d LEFT JOIN close_held h ON h.decision_id = d.id
    GROUP BY 1, 2, 3, 4, 5, 6
),
enrolled AS (SELECT * FROM decided WHERE enrolled),
counted AS (
    SELECT coalesce(sum(patients), 0)::bigint AS enrolled, coalesce(sum(patients) FILTER (WHERE outcome = 'billable'), 0)::bigint AS billable,
           coalesce(sum(patients) FILTER (WHERE outcome = 'held'), 0)::bigint AS held,
           coalesce(sum(patients) FILTER (WHERE outcome = 'not_billable'), 0)::bigint AS not_billable, coalesce(sum(held_cents), 0)::bigint AS held_cents,
           max(longest_seconds) FILTER (WHERE outcome = 'billable') AS longest_seconds
    FROM enrolled
),
reason AS (
    SELECT jsonb_agg(jsonb_build_object('code', code, 'outcome', outcome, 'patients', patients, 'cents', cents) ORDER BY cents DESC, patients DESC, code) AS found
    FROM (SELECT primary_reason AS code, outcome, sum(patients)::bigint AS patients, sum(held_cents)::bigint AS cents FROM enrolled WHERE outcome <> 'billable' GROUP BY 1, 2) r
),
minutes AS (
    SELECT jsonb_object_agg(outcome, patients) AS found FROM (
        SELECT o.outcome, jsonb_agg((SELECT coalesce(sum(e.patients), 0)::bigint FROM enrolled e WHERE e.outcome = o.outcome AND e.bin = b.bin) ORDER BY b.bin) AS patients
        FROM unnest(ARRAY['billable', 'held', 'not_billable']) AS o (outcome) CROSS JOIN generate_series(0, CAST(:bins AS int) - 1) AS b (bin)
        GROUP BY o.outcome
    ) m
),
-- Whoever would have reached the next code with a little more time.
near AS (
    SELECT coalesce(sum(e.patients), 0)::bigint AS patients, coalesce(sum(p.price_cents * e.patients), 0)::bigint AS cents
    FROM enrolled e LEFT JOIN list_price p ON p.code = CASE WHEN CAST(:basis AS text) = 'per_patient_month' THEN '' ELSE e.near_code END
    WHERE e.near
)
SELECT jsonb_build_object(
    'enrolled', counted.enrolled, 'billable', counted.billable, 'held', counted.held, 'not_billable', counted.not_billable,
    'raw_seconds', (SELECT coalesce(sum(raw_seconds), 0)::bigint FROM decided), 'counted_seconds', (SELECT coalesce(sum(counted_seconds), 0)::bigint FROM decided),
    'total_cents', CAST(:total_cents AS bigint), 'has_invoice', CAST(:line_count AS int) > 0, 'longest_seconds', counted.longest_seconds, 'held_cents', counted.held_cents,
    'near', near.patients, 'near_cents', near.cents, 'reasons', coalesce(reason.found, '[]'::jsonb), 'minutes', minutes.found)::text
FROM counted, reason, minutes, near
