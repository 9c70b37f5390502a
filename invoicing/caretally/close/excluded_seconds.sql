SELECT x.reason, sum(x.seconds)::bigint AS seconds
FROM patient_month p CROSS JOIN LATERAL unnest(p.excluded_reasons, p.excluded_seconds) AS x (reason, seconds)
WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.client_month_id = :id AND p.excluded_reasons <> '{}'
GROUP BY 1 ORDER BY 1
