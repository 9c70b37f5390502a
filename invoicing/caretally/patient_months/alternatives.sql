-- What each stored claim would cost by the agreement that the month was closed with, at the price of its first unit; null where a code has no price.
SELECT claim.o, CASE WHEN count(*) = count(p.price_cents) THEN sum(p.price_cents * piece.units)::bigint END AS cents
FROM unnest(CAST(:claims AS text[])) WITH ORDINALITY AS claim (said, o)
CROSS JOIN LATERAL (
    SELECT split_part(part, 'x', 1) AS code, split_part(part, 'x', 2)::int AS units FROM string_to_table(claim.said, '+') AS part
) piece
JOIN client_month m ON m.vendor_id = :vendor_id AND m.client_id = :client_id AND m.id = :client_month_id
LEFT JOIN agreement_price p ON p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.agreement_id = m.agreement_id AND p.code = piece.code AND p.tier_from = 1
WHERE m.agreement ->> 'basis' = 'per_code'
GROUP BY claim.o ORDER BY claim.o
