-- The seconds at which the staff's path of a program reaches its base code and each further unit, from the tables in force on a day.
SELECT b.first_threshold_seconds + coalesce(a.increment_seconds, 0) * further.n AS seconds, CASE WHEN further.n = 0 THEN b.code ELSE a.code END AS code
FROM time_ladder l
JOIN billing_code b ON b.code = l.base_code AND b.first_valid <= :day AND coalesce(b.last_valid >= :day, true)
LEFT JOIN billing_code a ON a.code = l.addon_code AND a.first_valid <= :day AND coalesce(a.last_valid >= :day, true)
CROSS JOIN LATERAL generate_series(0, coalesce(a.max_units_month, 0)) AS further (n)
WHERE l.program = :program AND l.path = 'staff' AND b.first_threshold_seconds IS NOT NULL
ORDER BY 1
