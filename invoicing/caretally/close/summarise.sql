-- The figures of the month, from the same rows that are written: the month's digest is over the evidence of every row in record-number order.
SELECT count(*) FILTER (WHERE enrolled)::int AS enrolled, count(*) FILTER (WHERE enrolled AND outcome = 'billable')::int AS billable,
       count(*) FILTER (WHERE enrolled AND outcome = 'held')::int AS held, count(*) FILTER (WHERE enrolled AND outcome = 'not_billable')::int AS not_billable,
       coalesce(sum(raw_seconds), 0)::bigint AS raw_seconds, coalesce(sum(clinical_seconds + qhp_seconds), 0)::bigint AS counted_seconds,
       count(*) FILTER (WHERE outcome = 'billable')::int AS patient_months,
       sha256(coalesce(string_agg(evidence_hash, '' ORDER BY mrn), '')) AS rows_hash
FROM eval_decision
