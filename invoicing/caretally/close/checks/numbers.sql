-- Numbers have no gap and none was used for two months.
SELECT n.series || ': ' || CASE WHEN i.sequence IS NULL THEN 'number ' || expected || ' is missing' ELSE 'number ' || i.sequence || ' stands at ' || i.months || ' client-months' END AS breach
FROM number_counter n
CROSS JOIN LATERAL generate_series(1, n.last_number) AS expected
FULL JOIN (SELECT vendor_id, series, sequence, count(DISTINCT (client_id, month)) AS months FROM invoice GROUP BY 1, 2, 3) i
    ON i.vendor_id = n.vendor_id AND i.series = n.series AND i.sequence = expected
WHERE i.sequence IS NULL OR expected IS NULL OR i.months > 1
ORDER BY 1 LIMIT 20
