SELECT e.code, count(*)::int FROM eval_decision CROSS JOIN LATERAL unnest(exceptions) AS e (code) WHERE outcome <> 'billable' GROUP BY 1 ORDER BY 1
