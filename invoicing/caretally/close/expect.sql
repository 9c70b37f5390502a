-- What Medicare is expected to pay for each claim that stands or waits. Beside the vendor's price, never in it. Few claims differ, so each is found once.
INSERT INTO close_expected
WITH claim AS MATERIALIZED (
    SELECT row_number() OVER () AS n, c.*, least(served_on, CAST(:month_last AS date)) AS paid_as_of FROM (
        SELECT DISTINCT codes, units, coalesce(pending_claim, '') AS pending_claim, coalesce(date_of_service, 'infinity') AS served_on,
               coalesce(provider_id, '00000000-0000-0000-0000-000000000000') AS provider_id
        FROM eval_decision WHERE cardinality(codes) > 0 OR pending_claim IS NOT NULL
    ) c
),
part AS (
    SELECT n, o, false AS waits, code, t.units::int AS units FROM claim c CROSS JOIN LATERAL unnest(c.codes, c.units) WITH ORDINALITY AS t (code, units, o)
    UNION ALL
    SELECT n, o, true, split_part(piece, 'x', 1), split_part(piece, 'x', 2)::int
    FROM claim CROSS JOIN LATERAL string_to_table(pending_claim, '+') WITH ORDINALITY AS t (piece, o) WHERE pending_claim <> ''
),
-- One rounding point a line, half up.
priced AS (
    SELECT p.n, p.o, p.waits, (round(r.amount * p.units, 2) * 100)::bigint AS cents,
           coalesce(r.why, p.code || ' is not in the table of billing codes') AS why
    FROM part p
    JOIN claim c USING (n)
    LEFT JOIN provider d ON d.vendor_id = :vendor_id AND d.client_id = :client_id AND d.id = c.provider_id
    LEFT JOIN close_rate r ON r.code = p.code AND c.paid_as_of BETWEEN r.valid_from AND r.valid_to
        AND r.qualifying_apm = coalesce(extract(year FROM c.paid_as_of)::int = ANY (d.qp_years), false)
),
found AS (
    SELECT n, coalesce(array_agg(cents ORDER BY o) FILTER (WHERE NOT waits), '{}') AS line_cents,
           CASE WHEN bool_and(cents IS NOT NULL) THEN sum(cents)::bigint END AS cents,
           coalesce(string_agg(DISTINCT why, '; ') FILTER (WHERE cents IS NULL), string_agg(DISTINCT why, '; ')) AS note
    FROM priced GROUP BY n
)
SELECT codes, units, pending_claim, served_on, provider_id, line_cents, cents, note FROM claim JOIN found USING (n)
