-- Patient by patient: what stands and what would stand, where they differ.
SELECT coalesce(b.mrn, d.mrn) AS mrn, b.outcome AS outcome_before, coalesce(b.claim, '') AS claim_before, coalesce(b.primary_reason, '') AS reason_before,
       coalesce(b.amount_cents, 0) AS cents_before, d.outcome AS outcome_after, coalesce(d.claim, '') AS claim_after, coalesce(d.primary_reason, '') AS reason_after,
       coalesce(d.amount_cents, 0) AS cents_after
FROM whatif_before b
FULL JOIN (
    SELECT e.mrn, e.outcome, e.primary_reason, coalesce(a.amount_cents, 0) AS amount_cents,
           (SELECT string_agg(c.code || 'x' || c.units, '+' ORDER BY c.o) FROM unnest(e.codes, e.units) WITH ORDINALITY AS c (code, units, o)) AS claim
    FROM eval_decision e LEFT JOIN close_amount a ON a.decision_id = e.id
) d USING (mrn)
WHERE (b.outcome, coalesce(b.claim, ''), coalesce(b.primary_reason, ''), coalesce(b.amount_cents, 0))
      IS DISTINCT FROM (d.outcome, coalesce(d.claim, ''), coalesce(d.primary_reason, ''), coalesce(d.amount_cents, 0))
ORDER BY 1
