SELECT x.reason, sum(x.seconds)::bigint
FROM eval_decision CROSS JOIN LATERAL unnest(excluded_reasons, excluded_seconds) AS x (reason, seconds)
WHERE excluded_reasons <> '{}'
GROUP BY 1 ORDER BY 1
