-- Numbers have no gap, none was used for two months, and each is printed as its series and place say.
SELECT coalesce(n.series, i.series) || ': ' || CASE WHEN i.sequence IS NULL THEN 'number ' || expected || ' is missing'
                                WHEN expected IS NULL THEN 'number ' || i.sequence || ' was never given out'
                                ELSE 'number ' || i.sequence || ' stands at ' || i.months || ' client-months' END AS breach
FROM number_counter n
CROSS JOIN LATERAL generate_series(1, n.last_number) AS expected
FULL JOIN (SELECT vendor_id, series, sequence, count(DISTINCT (client_id, month)) AS months FROM invoice GROUP BY 1, 2, 3) i
    ON i.vendor_id = n.vendor_id AND i.series = n.series AND i.sequence = expected
WHERE i.sequence IS NULL OR expected IS NULL OR i.months > 1
UNION ALL
SELECT series || ': ' || number || ' is not how number ' || sequence || ' of revision ' || revision || ' is written'
FROM (SELECT *, series || '-' || lpad(sequence::text, greatest(4, length(sequence::text)), '0') AS written FROM invoice) i
WHERE number NOT IN (written, written || '/' || revision)
ORDER BY 1 LIMIT 20
