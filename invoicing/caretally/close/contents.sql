-- Digests of what a close wrote beyond the decisions' own fingerprints, for the audit log: figures and words of each patient-month and of its program
-- lines, reasons with their money, the invoice with its lines. No generated id and no clock is in them.
-- Each patient-month is digested by itself and then the digests are, in the order of the record numbers: the words of a million of them would not fit
-- into one value. What a fingerprint holds (record number, programs, codes) is not said again, nor what the lines add up to (checks/money.sql).
-- `leaves` are the fingerprints themselves, 32 bytes each, read by the same scan: the root in the audit log is over them.
SELECT m.id AS client_month_id, figures.leaves,
       encode(sha256(convert_to(ROW('figures-2', m.rule_set, m.agreement, figures.said, lines.said)::text, 'UTF8')), 'hex') AS figures_sha256,
       encode(sha256(convert_to(ROW('exceptions-2', reasons.said, others.said)::text, 'UTF8')), 'hex') AS exceptions_sha256,
       encode(sha256(convert_to(coalesce(invoiced.said, ''), 'UTF8')), 'hex') AS invoice_sha256
FROM client_month m
CROSS JOIN LATERAL (
    SELECT string_agg(evidence_hash, ''::bytea ORDER BY mrn) AS leaves,
           encode(sha256(string_agg(sha256(convert_to(ROW(patient_name, provider_name, enrolled, primary_reason, path, pending_clinical_seconds, pending_qhp_seconds, excluded_reasons, excluded_seconds,
                          unbilled_seconds, warnings, missing_seconds, missing_code, alternatives, pending_claim, qhp_time, held_cents, entry_seconds,
                          expected_line_cents, expected_cents, expected_note)::text, 'UTF8')), ''::bytea ORDER BY mrn)), 'hex') AS said
    FROM patient_month p
    WHERE p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.month = m.month AND p.revision = m.revision
) figures
CROSS JOIN LATERAL (
    SELECT encode(sha256(string_agg(sha256(convert_to(ROW(p.mrn, l.program, l.outcome, l.primary_reason, l.path, l.codes, l.units, l.date_of_service - date '2000-01-01', l.enrolled, l.raw_seconds, l.clinical_seconds,
                          l.qhp_seconds, l.pending_clinical_seconds, l.pending_qhp_seconds, l.excluded_reasons, l.excluded_seconds, l.unbilled_seconds, l.exceptions, l.warnings,
                          l.missing_seconds, l.missing_code, l.alternatives, l.pending_claim, l.mdm_level, l.excluded_by, l.entry_seconds, l.evidence_hash)::text, 'UTF8')), ''::bytea
                                    ORDER BY p.mrn, l.program COLLATE "C")), 'hex') AS said
    FROM patient_month p
    JOIN program_line l ON l.vendor_id = p.vendor_id AND l.client_id = p.client_id AND l.patient_month_id = p.id
    WHERE p.vendor_id = m.vendor_id AND p.client_id = m.client_id AND p.month = m.month AND p.revision = m.revision AND cardinality(p.programs) > 1
) lines
-- Which patient has which reason, and with what money, stands in the patient-months (checks/reasons.sql compares them row by row): of these the days
-- they are due and their number are left to say.
CROSS JOIN LATERAL (
    SELECT string_agg(ROW(code, due_on - date '2000-01-01', number, cents)::text, E'\n' ORDER BY code COLLATE "C", due_on) AS said
    FROM (SELECT e.code, e.due_on, count(*) AS number, sum(e.held_cents) AS cents
          FROM exception e
          WHERE e.vendor_id = m.vendor_id AND e.client_id = m.client_id AND e.client_month_id = m.id AND e.patient_month_id IS NOT NULL AND e.waiver_id IS NULL
          GROUP BY e.code, e.due_on) each_day
) reasons
CROSS JOIN LATERAL (
    SELECT string_agg(ROW(p.mrn, e.code, e.held_cents, e.due_on - date '2000-01-01', e.printed, a.month - date '2000-01-01', a.mrn, a.patient_name, a.cured, a.codes, a.units,
                          a.added_codes, a.added_units, a.date_of_service - date '2000-01-01', a.counted_seconds, a.amount_cents, a.evidence_hash)::text, E'\n'
                      ORDER BY p.mrn, e.code, e.printed::text COLLATE "C", a.month, a.mrn) AS said
    FROM exception e
    -- fenced: few exceptions are of this kind, and the month's other rows are not read for them
    LEFT JOIN LATERAL (SELECT mrn FROM patient_month x WHERE x.vendor_id = e.vendor_id AND x.client_id = e.client_id AND x.id = e.patient_month_id OFFSET 0) p ON true
    LEFT JOIN adjustment a ON a.vendor_id = e.vendor_id AND a.client_id = e.client_id AND a.id = e.adjustment_id
    WHERE e.vendor_id = m.vendor_id AND e.client_id = m.client_id AND e.client_month_id = m.id AND (e.patient_month_id IS NULL OR e.waiver_id IS NOT NULL)
) others
CROSS JOIN LATERAL (
    SELECT ROW(i.number, i.issued_on - date '2000-01-01', i.due_on - date '2000-01-01', i.total_cents, i.patient_month_count, i.bill)::text || E'\n' || coalesce((
               SELECT string_agg(ROW(x.kind, x.code, x.units, x.unit_price_cents)::text, E'\n' ORDER BY x.line_number)
               FROM invoice_line x WHERE x.vendor_id = i.vendor_id AND x.client_id = i.client_id AND x.invoice_id = i.id), '') AS said
    FROM (SELECT 1) always
    LEFT JOIN invoice i ON i.vendor_id = m.vendor_id AND i.client_id = m.client_id AND i.month = m.month AND i.revision = m.revision AND i.kind = 'invoice'
) invoiced
WHERE m.status IN ('closed', 'reopened') AND (CAST(:client_month_id AS uuid) IS NULL OR m.id = :client_month_id)
  AND (CAST(:month AS date) IS NULL OR m.month = :month)
