-- The reasons of the decisions as the queue of exceptions lists them: the money stands at the one that decides.
SELECT coalesce(jsonb_agg(jsonb_build_object('patient_id', patient_id, 'code', code, 'outcome', outcome, 'held_cents', held_cents)), '[]')::text
FROM (
    SELECT d.patient_id, e.code, d.outcome, CASE WHEN e.code = d.primary_reason THEN coalesce(h.held_cents, 0) ELSE 0 END AS held_cents
    FROM eval_decision d CROSS JOIN LATERAL unnest(d.exceptions) AS e (code) LEFT JOIN close_held h ON h.decision_id = d.id
    WHERE d.outcome <> 'billable'
    UNION ALL
    SELECT d.patient_id, w.code, 'warning', 0 FROM eval_decision d CROSS JOIN LATERAL unnest(d.warnings) AS w (code) WHERE w.code <> ALL (d.exceptions)
) found
