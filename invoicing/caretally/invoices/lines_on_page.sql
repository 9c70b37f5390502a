-- One page of an invoice's patients, a line each, in the order of the print unless sorted otherwise; `number` is always that of the print. Patients are
-- joined before the page is cut only where they are looked for or sorted by.
WITH line AS MATERIALIZED (
    SELECT l.patient_month_id, min(l.line_number) AS first_line, max(l.line_number) AS last_line, sum(l.amount_cents)::bigint AS cents,
           count(*) > 1 OR max(l.units) > 1 AS addons
    FROM invoice_line l
    WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.invoice_id = :invoice_id AND l.patient_month_id IS NOT NULL
    GROUP BY l.patient_month_id
),
{asked},
numbered AS (SELECT *, row_number() OVER (ORDER BY first_line) AS number FROM line),
found AS (
    SELECT numbered.*, asked.threads, asked.going_on{looked_for}
    LEFT JOIN asked USING (patient_month_id)
    WHERE CASE CAST(:only AS text) WHEN 'addons' THEN addons WHEN 'questioned' THEN threads > 0 ELSE true END{matches}
),
shown AS (
    SELECT found.*, count(*) OVER ()::int AS found, sum(cents) OVER ()::bigint AS found_cents, row_number() OVER (ORDER BY {order}) AS place
    FROM found ORDER BY place LIMIT :size OFFSET :start
)
SELECT {columns}, shown.number, shown.cents, shown.found, shown.found_cents, coalesce(shown.threads, 0) AS threads, coalesce(shown.going_on, false) AS going_on,
       {charges}(SELECT a.signed_at AT TIME ZONE :timezone FROM attestation a
        WHERE a.vendor_id = p.vendor_id AND a.client_id = p.client_id AND a.patient_id = p.patient_id AND a.month = p.month) AS signed_at
FROM shown JOIN patient_month p ON p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = shown.patient_month_id
ORDER BY shown.place
