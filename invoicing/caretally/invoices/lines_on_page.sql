-- One page of an invoice's patients, a line each, in the order of the print unless sorted otherwise; `number` is always that of the print. Patients are
-- joined before the page is cut only where they are looked for or sorted by.
WITH line AS MATERIALIZED (
    SELECT l.patient_month_id, min(l.line_number) AS first_line, max(l.line_number) AS last_line, sum(l.amount_cents)::bigint AS cents,
           count(*) > 1 OR max(l.units) > 1 AS addons
    FROM invoice_line l
    WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.invoice_id = :invoice_id AND l.patient_month_id IS NOT NULL
    GROUP BY l.patient_month_id
),
asked AS MATERIALIZED (
    SELECT l.patient_month_id, count(*)::int AS threads, bool_or(newest.state IN ('open', 'answered')) AS going_on
    FROM line_question q JOIN invoice_line l ON l.vendor_id = q.vendor_id AND l.client_id = q.client_id AND l.id = q.invoice_line_id
    CROSS JOIN LATERAL (
        SELECT m.state FROM line_message m WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id ORDER BY m.seq DESC LIMIT 1
    ) newest
    WHERE q.vendor_id = :vendor_id AND q.client_id = :client_id AND q.invoice_id = :invoice_id GROUP BY 1
),
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
