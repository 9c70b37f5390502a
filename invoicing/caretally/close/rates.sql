-- What Medicare pays this client for one unit of each code in the month.
INSERT INTO close_rate
WITH place AS MATERIALIZED (
    SELECT c.setting = 'physician' AS physician, c.setting = 'physician' AND coalesce(p.facility, false) AS facility,
           CASE WHEN c.setting = 'physician' THEN c.medicare_locality ELSE '' END AS locality
    FROM client c LEFT JOIN place_of_service p ON p.code = c.place_of_service
    WHERE c.vendor_id = :vendor_id AND c.client_id = :client_id
)
-- A rural health clinic or federally qualified health center is paid the national non-facility amount, whoever qualifies.
SELECT r.code, r.valid_from, r.valid_to, q.qualifying, r.amount, r.why
FROM place p
CROSS JOIN (VALUES (false), (true)) AS q (qualifying)
CROSS JOIN LATERAL medicare_rate(CAST(:month_first AS date), CAST(:month_last AS date), p.facility, p.locality) r
WHERE r.qualifying_apm = (q.qualifying AND p.physician)
