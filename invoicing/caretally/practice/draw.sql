-- Draws from the billed patient-months of a closed month those whose record numbers come first by the SHA-256 of "seed|record number": the same seed
-- and size draw the same ones again, and whoever has the list of numbers can draw them without us. Sent twice it is one sample.
WITH closed AS (
    SELECT m.* FROM client_month m WHERE m.vendor_id = :vendor_id AND m.client_id = :client_id AND m.month = :month AND m.status = 'closed'
),
population AS (
    SELECT p.id, row_number() OVER (ORDER BY sha256(convert_to(:seed || '|' || p.mrn, 'UTF8')), p.mrn) AS ordinal, count(*) OVER ()::int AS size
    FROM closed m JOIN patient_month p ON p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.client_month_id = m.id WHERE p.outcome = 'billable'
),
drawn AS (
    INSERT INTO practice_sample (vendor_id, client_id, id, client_month_id, month, seed, size, population, drawn_name)
    SELECT m.vendor_id, m.client_id, :id, m.id, m.month, :seed, :size, (SELECT max(size) FROM population), :name FROM closed m
    ON CONFLICT DO NOTHING
    RETURNING vendor_id, client_id, id
)
INSERT INTO practice_sample_item (vendor_id, client_id, sample_id, ordinal, patient_month_id)
SELECT d.vendor_id, d.client_id, d.id, p.ordinal, p.id FROM drawn d JOIN population p ON p.ordinal <= :size
