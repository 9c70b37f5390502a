-- One page of an invoice's patients, a line each, in the order of the print unless sorted otherwise; `number` is always that of the print.
WITH line AS MATERIALIZED (
    SELECT l.patient_month_id, row_number() OVER (ORDER BY min(l.line_number)) AS number, sum(l.amount_cents)::bigint AS cents,
           count(*) > 1 OR max(l.units) > 1 AS addons,
           jsonb_agg(jsonb_build_object('id', l.id, 'code', l.code, 'units', l.units, 'cents', l.amount_cents) ORDER BY l.line_number) AS charges
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
found AS (
    SELECT line.*, p.mrn, p.patient_name, p.provider_name, p.clinical_seconds + p.qhp_seconds AS counted_seconds, asked.threads, asked.going_on
    FROM line JOIN patient_month p ON p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = line.patient_month_id
    LEFT JOIN asked USING (patient_month_id)
    WHERE (p.patient_name ILIKE :pattern OR p.mrn ILIKE :pattern)
      AND CASE CAST(:only AS text) WHEN 'addons' THEN line.addons WHEN 'questioned' THEN asked.threads > 0 ELSE true END
),
shown AS (
    SELECT found.*, count(*) OVER ()::int AS found, sum(cents) OVER ()::bigint AS found_cents, row_number() OVER (ORDER BY {order}) AS place
    FROM found ORDER BY place LIMIT :size OFFSET :start
)
SELECT p.*, shown.number, shown.cents, shown.charges, shown.found, shown.found_cents, coalesce(shown.threads, 0) AS threads, coalesce(shown.going_on, false) AS going_on,
       (SELECT a.signed_at AT TIME ZONE :timezone FROM attestation a
        WHERE a.vendor_id = p.vendor_id AND a.client_id = p.client_id AND a.patient_id = p.patient_id AND a.month = p.month) AS signed_at
FROM shown JOIN patient_month p ON p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = shown.patient_month_id
ORDER BY shown.place
