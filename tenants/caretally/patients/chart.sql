-- One patient with everything on record, each part as JSON in the order of a page; dates are ISO text. An auditor reads what touches
-- the period of their membership, of patients that have a month in it.
SELECT p.id, p.client_id, c.name AS client, p.mrn, p.family_name, p.given_name, p.birth_date, p.state, p.payer, p.qmb, p.part_b_from, p.died_on,
       right(p.mbi, 4) AS mbi_end,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.valid_from DESC, x.program), '[]') FROM (
           SELECT id, program, status, valid_from, valid_to, reason FROM enrolment
           WHERE vendor_id = p.vendor_id AND client_id = p.client_id AND patient_id = p.id
           AND valid_from <= (SELECT tenancy.period_last()) AND coalesce(valid_to, 'infinity') >= (SELECT tenancy.period_first())) x) AS enrolments,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.valid_from DESC, x.program), '[]') FROM (
           SELECT a.id, a.program, a.valid_from, a.valid_to, d.given_name || ' ' || d.family_name AS provider, d.credential FROM assignment a
           JOIN provider d ON d.vendor_id = a.vendor_id AND d.client_id = a.client_id AND d.id = a.provider_id
           WHERE a.vendor_id = p.vendor_id AND a.client_id = p.client_id AND a.patient_id = p.id
           AND a.valid_from <= (SELECT tenancy.period_last()) AND coalesce(a.valid_to, 'infinity') >= (SELECT tenancy.period_first())) x) AS assignments,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.resolved_on IS NOT NULL, x.icd10), '[]') FROM (
           SELECT k.id, k.icd10, k.onset_on, k.resolved_on, k.risk_documented, k.expected_months, k.until_death, i.chronic FROM condition k LEFT JOIN icd10_code i ON i.code = k.icd10
           WHERE k.vendor_id = p.vendor_id AND k.client_id = p.client_id AND k.patient_id = p.id
           AND coalesce(k.onset_on, '-infinity') <= (SELECT tenancy.period_last()) AND coalesce(k.resolved_on, 'infinity') >= (SELECT tenancy.period_first())) x) AS conditions,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.obtained_on DESC), '[]') FROM (
           SELECT k.id, k.program, k.method, k.obtained_on,
                  coalesce((SELECT n.name FROM tenancy.named_on_record(k.patient_id, ARRAY[k.obtained_by]) n), k.obtained_by) AS obtained_by, k.scope AND k.cost_sharing AND k.one_practitioner AND k.stop AS complete, k.script_version,
                  k.document_ref, k.revoked_on, d.given_name || ' ' || d.family_name || coalesce(', ' || nullif(d.credential, ''), '') AS provider
           FROM consent k JOIN provider d ON d.vendor_id = k.vendor_id AND d.client_id = k.client_id AND d.id = k.provider_id
           WHERE k.vendor_id = p.vendor_id AND k.client_id = p.client_id AND k.patient_id = p.id
           AND k.obtained_on <= (SELECT tenancy.period_last()) AND coalesce(k.revoked_on, 'infinity') >= (SELECT tenancy.period_first())) x) AS consents,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.version DESC), '[]') FROM (
           SELECT id, version, effective_on, author, signed_on, copy_given_on, copy_method, elements @> (SELECT array_agg(element) FROM plan_element) AS complete
           FROM care_plan k WHERE vendor_id = p.vendor_id AND client_id = p.client_id AND patient_id = p.id AND effective_on <= (SELECT tenancy.period_last())
           -- a plan lasts until the next one
           AND NOT EXISTS (SELECT FROM care_plan n WHERE n.vendor_id = k.vendor_id AND n.client_id = k.client_id AND n.patient_id = k.patient_id
               AND n.version > k.version AND n.effective_on <= (SELECT tenancy.period_first()))) x) AS plans,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.reviewed_on DESC), '[]') FROM (
           SELECT id, plan_version, reviewed_on, reviewer, outcome FROM review
           WHERE vendor_id = p.vendor_id AND client_id = p.client_id AND patient_id = p.id
           AND reviewed_on BETWEEN (SELECT tenancy.period_first()) AND (SELECT tenancy.period_last())) x) AS reviews,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.visited_on DESC), '[]') FROM (
           SELECT id, visited_on, kind, code FROM visit WHERE vendor_id = p.vendor_id AND client_id = p.client_id AND patient_id = p.id
           AND visited_on BETWEEN (SELECT tenancy.period_first()) AND (SELECT tenancy.period_last())) x) AS visits,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.valid_from DESC), '[]') FROM (
           SELECT id, kind, valid_from, valid_to FROM stay WHERE vendor_id = p.vendor_id AND client_id = p.client_id AND patient_id = p.id
           AND valid_from <= (SELECT tenancy.period_last()) AND coalesce(valid_to, 'infinity') >= (SELECT tenancy.period_first())) x) AS stays,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.served_on DESC, x.code), '[]') FROM (
           SELECT id, code, served_on, same_practitioner FROM billed_service WHERE vendor_id = p.vendor_id AND client_id = p.client_id AND patient_id = p.id
           AND served_on BETWEEN (SELECT tenancy.period_first()) AND (SELECT tenancy.period_last())) x) AS services,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.discharged_on DESC), '[]') FROM (
           SELECT id, discharged_on, contacted_on, visited_on FROM discharge WHERE vendor_id = p.vendor_id AND client_id = p.client_id AND patient_id = p.id
           AND discharged_on BETWEEN (SELECT tenancy.period_first()) AND (SELECT tenancy.period_last())) x) AS discharges,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.month DESC), '[]') FROM (
           SELECT id, month, level, documented_on FROM mdm WHERE vendor_id = p.vendor_id AND client_id = p.client_id AND patient_id = p.id
           AND month BETWEEN (SELECT tenancy.period_first()) AND (SELECT tenancy.period_last())) x) AS decisions,
       (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.month DESC), '[]') FROM (
           SELECT DISTINCT ON (month) month, outcome, primary_reason, codes, (clinical_seconds + qhp_seconds) AS seconds, amount_cents FROM patient_month
           WHERE vendor_id = p.vendor_id AND client_id = p.client_id AND patient_id = p.id ORDER BY month DESC, revision DESC LIMIT 12) x) AS months,
       -- Months that are not over or not closed yet, in which the patient is enrolled on some day or has time: as whoever evaluates one finds it.
       (SELECT coalesce(jsonb_agg(to_jsonb(u) ORDER BY u.month DESC), '[]') FROM (
           SELECT (date_trunc('month', clock_timestamp() AT TIME ZONE c.timezone) - back * interval '1 month')::date AS month, back = 0 AS under_way FROM generate_series(0, 1) back) u
        WHERE NOT EXISTS (SELECT FROM client_month m WHERE m.vendor_id = p.vendor_id AND m.client_id = p.client_id AND m.month = u.month AND m.status IN ('closed', 'reopened'))
          AND (EXISTS (
              SELECT FROM enrolment e WHERE e.vendor_id = p.vendor_id AND e.client_id = p.client_id AND e.patient_id = p.id AND e.status = 'enrolled'
              AND e.valid_from < u.month + interval '1 month' AND coalesce(e.valid_to, 'infinity') >= u.month
              AND NOT EXISTS (SELECT FROM enrolment s WHERE s.vendor_id = e.vendor_id AND s.client_id = e.client_id AND s.patient_id = e.patient_id AND s.program = e.program
                  AND s.status <> 'enrolled' AND s.valid_from > e.valid_from AND s.valid_from <= u.month
                  AND coalesce(s.valid_to, 'infinity') >= u.month + interval '1 month' - interval '1 day'))
           OR EXISTS (
              SELECT FROM time_entry t WHERE t.vendor_id = p.vendor_id AND t.client_id = p.client_id AND t.patient_id = p.id
              AND t.started_at < (u.month + interval '1 month') AT TIME ZONE c.timezone AND t.ended_at > u.month::timestamp AT TIME ZONE c.timezone))) AS open_months
FROM patient p
JOIN client c ON c.vendor_id = p.vendor_id AND c.client_id = p.client_id
WHERE p.vendor_id = :vendor_id AND p.id = :patient_id
  AND ((SELECT tenancy.period_first()) = '-infinity' OR EXISTS (
      SELECT FROM patient_month m WHERE m.vendor_id = p.vendor_id AND m.client_id = p.client_id AND m.patient_id = p.id))
