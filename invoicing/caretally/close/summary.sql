-- A month of one client at one look: counts, money, why patients are not billed, how far they came. No patient can be told from it.
WITH list_price AS MATERIALIZED (
    SELECT code, price_cents FROM agreement_price
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND agreement_id = :agreement_id AND tier_from = 1
),
enrolled AS MATERIALIZED (
    SELECT d.*, coalesce(h.held_cents, 0) AS held_cents,
           least((d.clinical_seconds + d.qhp_seconds) / CAST(:bin_seconds AS int), CAST(:bins AS int) - 1) AS bin
    FROM eval_decision d LEFT JOIN close_held h ON h.decision_id = d.id
    WHERE d.enrolled
),
reason AS (
    SELECT jsonb_agg(jsonb_build_object('code', code, 'outcome', outcome, 'patients', patients, 'cents', cents) ORDER BY cents DESC, patients DESC, code) AS found
    FROM (SELECT primary_reason AS code, outcome, count(*) AS patients, sum(held_cents)::bigint AS cents FROM enrolled WHERE outcome <> 'billable' GROUP BY 1, 2) r
),
minutes AS (
    SELECT jsonb_object_agg(outcome, patients) AS found FROM (
        SELECT o.outcome, jsonb_agg((SELECT count(*) FROM enrolled e WHERE e.outcome = o.outcome AND e.bin = b.bin) ORDER BY b.bin) AS patients
        FROM unnest(ARRAY['billable', 'held', 'not_billable']) AS o (outcome) CROSS JOIN generate_series(0, CAST(:bins AS int) - 1) AS b (bin)
        GROUP BY o.outcome
    ) m
),
-- Whoever would have reached the next code with a little more time.
near AS (
    SELECT count(*) AS patients, coalesce(sum(p.price_cents), 0)::bigint AS cents
    FROM enrolled e LEFT JOIN list_price p ON p.code = CASE WHEN CAST(:basis AS text) = 'per_patient_month' THEN '' ELSE e.missing_code END
    WHERE e.outcome = 'not_billable' AND e.missing_seconds <= CAST(:near_seconds AS int)
)
SELECT jsonb_build_object(
    'enrolled', (SELECT count(*) FROM enrolled), 'billable', (SELECT count(*) FROM enrolled WHERE outcome = 'billable'),
    'held', (SELECT count(*) FROM enrolled WHERE outcome = 'held'), 'not_billable', (SELECT count(*) FROM enrolled WHERE outcome = 'not_billable'),
    'raw_seconds', (SELECT coalesce(sum(raw_seconds), 0)::bigint FROM eval_decision),
    'counted_seconds', (SELECT coalesce(sum(clinical_seconds + qhp_seconds), 0)::bigint FROM eval_decision),
    'total_cents', CAST(:total_cents AS bigint), 'has_invoice', CAST(:line_count AS int) > 0,
    'longest_seconds', (SELECT max(clinical_seconds + qhp_seconds) FROM enrolled WHERE outcome = 'billable'),
    'held_cents', (SELECT coalesce(sum(held_cents), 0)::bigint FROM enrolled),
    'near', near.patients, 'near_cents', near.cents, 'reasons', coalesce(reason.found, '[]'::jsonb), 'minutes', minutes.found)::text
FROM reason, minutes, near
