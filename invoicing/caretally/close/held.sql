-- Money held, for each held decision: the list price (first tier), or the share, of what the month supports or would support.
INSERT INTO close_held
WITH list_price AS MATERIALIZED (
    SELECT code, price_cents FROM agreement_price
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND agreement_id = :agreement_id AND tier_from = 1
),
listed AS MATERIALIZED (
    SELECT d.id, sum(p.price_cents * part.units)::bigint AS cents
    FROM eval_decision d
    CROSS JOIN LATERAL (
        SELECT code, units::int FROM unnest(d.codes, d.units) AS claim (code, units) WHERE CAST(:basis AS text) = 'per_code'
        UNION ALL
        SELECT split_part(piece, 'x', 1), split_part(piece, 'x', 2)::int FROM string_to_table(d.pending_claim, '+') AS piece WHERE CAST(:basis AS text) = 'per_code'
        UNION ALL
        SELECT '', 1 WHERE CAST(:basis AS text) = 'per_patient_month'
    ) part
    JOIN list_price p USING (code)
    WHERE d.outcome = 'held'
    GROUP BY d.id
)
SELECT d.id, coalesce(h.cents, round(x.cents * CAST(:percent AS numeric) / 100)::bigint, 0)
FROM eval_decision d
LEFT JOIN listed h ON h.id = d.id
LEFT JOIN decision_expected x ON CAST(:basis AS text) = 'percentage' AND x.decision_id = d.id
WHERE d.outcome = 'held'
