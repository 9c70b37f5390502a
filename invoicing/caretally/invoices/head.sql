-- An invoice at one look: what stands above and beside its lines, added up from them.
WITH subject AS (
    SELECT i.*, m.agreement, m.summary, m.enrolled, m.starts_at, m.ends_at, m.closed_at FROM invoice i
    JOIN client_month m ON m.vendor_id = i.vendor_id AND m.client_id = i.client_id AND m.id = i.client_month_id
    WHERE i.vendor_id = :vendor_id AND i.id = :invoice_id AND i.kind = 'invoice'
      AND (NOT (SELECT tenancy.of_practice()) OR EXISTS (SELECT FROM invoice_state o
          WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id AND o.state = 'open'))
),
line AS MATERIALIZED (
    SELECT l.id, l.kind, l.code, l.units, l.unit_price_cents, l.amount_cents, l.line_number, l.patient_month_id FROM subject i JOIN invoice_line l ON l.vendor_id = i.vendor_id AND l.client_id = i.client_id AND l.invoice_id = i.id
),
question AS (
    SELECT q.id, l.patient_month_id, newest.state FROM subject i
    JOIN line_question q ON q.vendor_id = i.vendor_id AND q.client_id = i.client_id AND q.invoice_id = i.id
    JOIN line l ON l.id = q.invoice_line_id
    CROSS JOIN LATERAL (
        SELECT m.state FROM line_message m WHERE m.vendor_id = q.vendor_id AND m.client_id = q.client_id AND m.question_id = q.id ORDER BY m.seq DESC LIMIT 1
    ) newest
)
SELECT i.*, (SELECT code || ' ' || loaded_at FROM rule_set ORDER BY effective_from DESC, loaded_at DESC LIMIT 1) AS rule_tables_now,
    (SELECT s.state FROM invoice_state s WHERE s.vendor_id = i.vendor_id AND s.client_id = i.client_id AND s.invoice_id = i.id ORDER BY s.seq DESC LIMIT 1) AS state,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('code', code, 'patients', patients, 'units', units, 'unit_price_cents', price, 'amount_cents', cents) ORDER BY first_line), '[]')
     FROM (SELECT code, count(DISTINCT patient_month_id) AS patients, sum(units) AS units, sum(amount_cents) AS cents, min(line_number) AS first_line,
                  CASE WHEN min(unit_price_cents) = max(unit_price_cents) THEN min(unit_price_cents) END AS price
           FROM line WHERE kind IN ('code', 'patient_month') GROUP BY code) service) AS services,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'amount_cents', amount_cents) ORDER BY line_number), '[]') FROM line
     WHERE kind IN ('minimum', 'adjustment')) AS extras,
    (SELECT count(DISTINCT patient_month_id) FROM line)::int AS patients,
    (SELECT coalesce(sum(amount_cents), 0) FROM line)::bigint AS lines_cents,
    (SELECT count(*) FROM (SELECT patient_month_id FROM line WHERE patient_month_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1 OR max(units) > 1) x)::int AS with_addons,
    (SELECT count(DISTINCT patient_month_id) FROM question)::int AS questioned,
    (SELECT count(*) FROM question WHERE state IN ('open', 'answered'))::int AS open_questions,
    -- what the close kept at one look; months closed before it kept the longest are asked
    coalesce((i.summary ->> 'longest_seconds')::int,
             (SELECT max(p.clinical_seconds + p.qhp_seconds) FROM patient_month p
              WHERE p.vendor_id = i.vendor_id AND p.client_id = i.client_id AND p.month = i.month AND p.revision = i.revision AND p.outcome = 'billable')) AS longest,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('code', code, 'patients', patients)), '[]')
     FROM (SELECT one ->> 'code' AS code, sum((one ->> 'patients')::int) AS patients FROM jsonb_array_elements(i.summary -> 'reasons') AS one GROUP BY 1) reason) AS not_billed
FROM subject i
