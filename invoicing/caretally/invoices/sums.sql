-- What an invoice says for ever, added up from its lines, and where each of its pages begins: none of these rows can change.
WITH subject AS (
    SELECT i.*, m.agreement, m.summary, m.enrolled, m.starts_at, m.ends_at, m.closed_at FROM invoice i
    JOIN client_month m ON m.vendor_id = i.vendor_id AND m.client_id = i.client_id AND m.id = i.client_month_id
    WHERE i.vendor_id = :vendor_id AND i.client_id = :client_id AND i.id = :invoice_id
),
line AS MATERIALIZED (
    SELECT l.kind, l.code, l.units, l.unit_price_cents, l.amount_cents, l.line_number, l.patient_month_id FROM subject i JOIN invoice_line l ON l.vendor_id = i.vendor_id AND l.client_id = i.client_id AND l.invoice_id = i.id
),
patient AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY min(line_number)) AS number, min(line_number) AS first_line, max(line_number) AS last_line, count(*) AS lines,
           max(units) AS units, sum(amount_cents) AS cents
    FROM line WHERE patient_month_id IS NOT NULL GROUP BY patient_month_id
)
SELECT i.bill, i.agreement, i.enrolled, i.starts_at, i.ends_at, i.closed_at,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('code', code, 'patients', patients, 'units', units, 'unit_price_cents', price, 'amount_cents', cents) ORDER BY first_line), '[]')
     FROM (SELECT code, count(DISTINCT patient_month_id) AS patients, sum(units) AS units, sum(amount_cents) AS cents, min(line_number) AS first_line,
                  CASE WHEN min(unit_price_cents) = max(unit_price_cents) THEN min(unit_price_cents) END AS price
           FROM line WHERE kind IN ('code', 'patient_month') GROUP BY code) service) AS services,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'amount_cents', amount_cents) ORDER BY line_number), '[]') FROM line
     WHERE kind IN ('minimum', 'adjustment')) AS extras,
    (SELECT count(*) FROM patient)::int AS patients,
    (SELECT coalesce(sum(cents), 0) FROM patient)::bigint AS patients_cents,
    (SELECT coalesce(sum(amount_cents), 0) FROM line)::bigint AS lines_cents,
    (SELECT count(*) FROM patient WHERE lines > 1 OR units > 1)::int AS with_addons,
    -- what the close kept at one look; months closed before it kept the longest are asked
    coalesce((i.summary ->> 'longest_seconds')::int,
             (SELECT max(p.clinical_seconds + p.qhp_seconds) FROM patient_month p
              WHERE p.vendor_id = i.vendor_id AND p.client_id = i.client_id AND p.month = i.month AND p.revision = i.revision AND p.outcome = 'billable')) AS longest,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('code', code, 'patients', patients)), '[]')
     FROM (SELECT one ->> 'code' AS code, sum((one ->> 'patients')::int) AS patients FROM jsonb_array_elements(i.summary -> 'reasons') AS one GROUP BY 1) reason) AS not_billed,
    -- the line at which each page of patients begins; none where lines of one patient stand apart, so that no page is cut by them
    (SELECT CASE WHEN bool_and(last_line - first_line + 1 = lines) THEN array_agg(first_line ORDER BY number) FILTER (WHERE number % :size = 1) END FROM patient) AS page_starts
FROM subject i
