-- The same for patient-months put together from several programs: each line has its own practitioner and date of service.
INSERT INTO close_expected_of_lines
WITH part AS (
    SELECT l.patient_id, l.ordinal, t.o, false AS waits, t.code, t.units::int AS units, coalesce(l.date_of_service, CAST(:month_last AS date)) AS paid_as_of, l.provider_id
    FROM eval_line l CROSS JOIN LATERAL unnest(l.codes, l.units) WITH ORDINALITY AS t (code, units, o)
    WHERE l.stands AND l.outcome <> 'not_billable'
    UNION ALL
    SELECT l.patient_id, l.ordinal, t.o, true, split_part(t.piece, 'x', 1), split_part(t.piece, 'x', 2)::int, CAST(:month_last AS date), l.provider_id
    FROM eval_line l CROSS JOIN LATERAL string_to_table(l.pending_claim, '+') WITH ORDINALITY AS t (piece, o)
),
priced AS (
    SELECT p.patient_id, p.ordinal, p.o, p.waits, (round(r.amount * p.units, 2) * 100)::bigint AS cents,
           coalesce(r.why, p.code || ' is not in the table of billing codes') AS why
    FROM part p
    LEFT JOIN provider d ON d.vendor_id = :vendor_id AND d.client_id = :client_id AND d.id = p.provider_id
    LEFT JOIN close_rate r ON r.code = p.code AND p.paid_as_of BETWEEN r.valid_from AND r.valid_to
        AND r.qualifying_apm = coalesce(extract(year FROM p.paid_as_of)::int = ANY (d.qp_years), false)
),
found AS (
    SELECT patient_id, coalesce(array_agg(cents ORDER BY ordinal, o) FILTER (WHERE NOT waits), '{}') AS line_cents,
           CASE WHEN bool_and(cents IS NOT NULL) THEN sum(cents)::bigint END AS cents,
           coalesce(string_agg(DISTINCT why, '; ') FILTER (WHERE cents IS NULL), string_agg(DISTINCT why, '; ')) AS note
    FROM priced GROUP BY patient_id
)
SELECT d.id, f.line_cents, f.cents, f.note
FROM eval_decision d JOIN found f ON f.patient_id = d.patient_id
WHERE cardinality(d.codes) > 0 OR d.pending_claim IS NOT NULL
