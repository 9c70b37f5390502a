-- A page of an invoice's patients in the order of the print, from the line where it begins to the one where the next does (sums.sql, `page_starts`): what is
-- the same for ever.
WITH line AS MATERIALIZED (
    SELECT l.patient_month_id, min(l.line_number) AS first_line, sum(l.amount_cents)::bigint AS cents
    FROM invoice_line l
    WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.invoice_id = :invoice_id
      AND l.line_number >= :from_line AND l.line_number < :until_line AND l.patient_month_id IS NOT NULL
    GROUP BY l.patient_month_id
)
SELECT {columns}, CAST(:start AS int) + row_number() OVER (ORDER BY line.first_line) AS number, line.cents
FROM line JOIN patient_month p ON p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = line.patient_month_id
ORDER BY line.first_line
