-- Money held is the list price (first tier) of what a held month supports or would support.
INSERT INTO close_held
WITH list_price AS MATERIALIZED (
    SELECT code, price_cents FROM agreement_price
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND agreement_id = :agreement_id AND tier_from = 1
)
SELECT d.id, sum(p.price_cents * part.units)::bigint
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
