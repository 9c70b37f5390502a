-- Step 1. Who is in the month, and every fact about them that does not depend on minutes: one row a patient
-- in one program, one scan a source. Where some patients alone are asked about (`only`), the rows of the others are not read.
INSERT INTO eval_scope
WITH enrolment_row AS (
    SELECT patient_id, status, valid_from, valid_to, count(*) OVER (PARTITION BY patient_id) AS versions
    FROM enrolment
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND program = :enrolled_as AND valid_from <= :month_last
      AND (CAST(:only AS uuid[]) IS NULL OR patient_id = ANY (CAST(:only AS uuid[])))
),
-- Most patients have one row. Where there are more, the latest row that covers a day decides it: a pause takes days from the
-- enrolment before it, never from one after it.
versioned AS (
    SELECT e.patient_id, e.valid_from,
           datemultirange(daterange(e.valid_from, e.valid_to, '[]')) - coalesce(range_agg(daterange(stop.valid_from, stop.valid_to, '[]'))
               FILTER (WHERE stop.patient_id IS NOT NULL), '{}') AS days
    FROM enrolment_row e
    LEFT JOIN enrolment_row stop ON stop.patient_id = e.patient_id AND stop.status <> 'enrolled' AND stop.valid_from > e.valid_from AND stop.versions > 1
    WHERE e.status = 'enrolled' AND e.versions > 1
    GROUP BY e.patient_id, e.valid_from, e.valid_to
),
-- `days` is null when every day of the month is enrolled.
enrolled AS (
    SELECT patient_id, CASE WHEN valid_from > :month_first OR valid_to < :month_last
                            THEN datemultirange(daterange(greatest(valid_from, :month_first), least(valid_to, :month_last), '[]')) END AS days,
           least(valid_to, :month_last) AS last_day, valid_from AS start_on
    FROM enrolment_row
    WHERE versions = 1 AND status = 'enrolled' AND (valid_to IS NULL OR valid_to >= :month_first)
    UNION ALL
    SELECT patient_id, nullif(days, datemultirange(daterange(:month_first, :month_last, '[]'))), upper(days) - 1, start_on
    FROM (SELECT patient_id, range_agg(days * datemultirange(daterange(:month_first, :month_last, '[]'))) AS days,
                 (array_agg(valid_from ORDER BY upper(days * datemultirange(daterange(:month_first, :month_last, '[]'))) DESC, valid_from DESC))[1] AS start_on
          FROM versioned WHERE days && daterange(:month_first, :month_last, '[]') GROUP BY patient_id) several
),
-- Time of somebody who was not enrolled is not lost: such patients are decided too, outside the enrolled.
stranger AS (
    SELECT DISTINCT t.patient_id
    FROM time_entry t
    WHERE :timed AND t.vendor_id = :vendor_id AND t.client_id = :client_id AND t.program = :program
      AND t.started_at < :ends_at AND t.started_at > :looks_back_to AND t.ended_at > :starts_at
      AND (CAST(:only AS uuid[]) IS NULL OR t.patient_id = ANY (CAST(:only AS uuid[])))
      AND t.patient_id NOT IN (SELECT patient_id FROM enrolled)
),
present AS (
    SELECT p.id, p.mrn, p.state, p.died_on, p.person_key, p.part_b_from <= :month_last AND p.qmb IS NOT NULL AS coverage_verified, p.qmb,
           e.patient_id IS NOT NULL AS enrolled, e.days AS enrolled_days, coalesce(e.last_day, :month_last) AS last_day,
           coalesce(e.start_on, :month_first) AS start_on
    FROM patient p LEFT JOIN enrolled e ON e.patient_id = p.id
    WHERE p.vendor_id = :vendor_id AND p.client_id = :client_id AND (CAST(:only AS uuid[]) IS NULL OR p.id = ANY (CAST(:only AS uuid[])))
      AND (e.patient_id IS NOT NULL OR p.id IN (SELECT patient_id FROM stranger)
           OR :every_patient AND p.id NOT IN (SELECT patient_id FROM eval_decision))
),
assigned AS (
    SELECT DISTINCT ON (a.patient_id) a.patient_id, a.provider_id, pr.npi, c.may_bill, pr.credential <> '' AS credential_known
    FROM assignment a
    JOIN present p ON p.id = a.patient_id
    JOIN provider pr ON pr.vendor_id = a.vendor_id AND pr.client_id = a.client_id AND pr.id = a.provider_id
    LEFT JOIN credential_type c ON c.credential = pr.credential
    WHERE a.vendor_id = :vendor_id AND a.client_id = :client_id AND a.program = :enrolled_as
      AND a.valid_from <= p.last_day AND (a.valid_to IS NULL OR a.valid_to >= p.last_day)
    ORDER BY a.patient_id, a.valid_from DESC
),
-- The date and the completeness of a consent travel as one number (days x 2 + complete), so one aggregate picks the row in use.
consented AS (
    SELECT k.patient_id, bool_or(own) AS own, bool_or(own AND live) AS live,
           min(obtained_on) FILTER (WHERE own AND live) AS first_on,
           coalesce(max(packed) FILTER (WHERE own AND live AND obtained_on <= :month_last), min(packed) FILTER (WHERE own AND live)) AS packed
    FROM (
        SELECT k.patient_id, k.obtained_on, coalesce(k.provider_id = a.provider_id, true) AS own,
               k.revoked_on IS NULL OR k.revoked_on >= :month_first AS live,
               (k.obtained_on - date '2000-01-01') * 2 + (k.scope AND k.cost_sharing AND k.one_practitioner AND k.stop)::int AS packed
        FROM consent k LEFT JOIN assigned a USING (patient_id)
        WHERE k.vendor_id = :vendor_id AND k.client_id = :client_id AND k.program = :enrolled_as AND (CAST(:only AS uuid[]) IS NULL OR k.patient_id = ANY (CAST(:only AS uuid[])))
    ) k
    GROUP BY k.patient_id
),
visited AS (
    SELECT v.patient_id, min(v.visited_on) AS first_on, min(v.visited_on) FILTER (WHERE v.kind <> 'EM' OR bad.code IS NULL) AS first_qualifying_on,
           max(v.visited_on) FILTER (WHERE v.kind <> 'EM' OR bad.code IS NULL) AS last_qualifying_on
    FROM visit v
    JOIN present p ON p.id = v.patient_id
    LEFT JOIN visit_code_not_qualifying bad ON bad.code = v.code
    WHERE v.vendor_id = :vendor_id AND v.client_id = :client_id AND v.visited_on <= :month_last
      AND (CAST(:visit_lookback_months AS int) IS NULL OR v.visited_on >= (p.start_on - make_interval(months => CAST(:visit_lookback_months AS int)))::date)
    GROUP BY v.patient_id
),
-- Only what the record denies is denied: where nobody said how long a condition lasts or what risk it brings, it stands.
conditioned AS (
    SELECT c.patient_id, count(*) AS conditions, bool_or(i.chronic IS FALSE) AS not_chronic,
           bool_or(x.denied) AND count(*) FILTER (WHERE NOT x.denied) < CAST(:conditions_needed AS int) AS risk_not_documented
    FROM condition c
    CROSS JOIN LATERAL (SELECT c.risk_documented IS FALSE
        OR coalesce(c.expected_months < CAST(:condition_lasts_months AS int) AND c.until_death IS NOT TRUE, false) AS denied) x
    JOIN present p ON p.id = c.patient_id -- here and below: a program of few patients adds up the rows of those few
    LEFT JOIN icd10_code i ON i.code = c.icd10
    WHERE c.vendor_id = :vendor_id AND c.client_id = :client_id
      AND (c.onset_on IS NULL OR c.onset_on <= :month_last) AND (c.resolved_on IS NULL OR c.resolved_on >= :month_first)
    GROUP BY c.patient_id
),
planned AS (
    SELECT DISTINCT ON (patient_id) patient_id, version, effective_on, copy_given_on <= :month_last AS copy_given,
           elements @> (SELECT array_agg(element) FROM plan_element) AS complete, signed_on <= :month_last AS signed
    FROM care_plan
    JOIN present p ON p.id = patient_id
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND effective_on <= :month_last
    ORDER BY patient_id, version DESC
),
reviewed AS (
    SELECT patient_id, max(reviewed_on) AS reviewed_on
    FROM review
    JOIN present p ON p.id = patient_id
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND reviewed_on <= :month_last
    GROUP BY patient_id
),
stayed AS (
    SELECT patient_id, bool_or(kind = 'hospice') AS hospice,
           range_agg(daterange(valid_from, valid_to, '[]')) FILTER (WHERE :part_a_counts AND kind IN ('part_a_inpatient', 'part_a_snf')) AS part_a
    FROM stay
    WHERE vendor_id = :vendor_id AND client_id = :client_id AND valid_from <= :month_last AND (valid_to IS NULL OR valid_to >= :month_first)
      AND (CAST(:only AS uuid[]) IS NULL OR patient_id = ANY (CAST(:only AS uuid[])))
    GROUP BY patient_id
),
-- The same person under another record, here or at another client, enrolled there in this month in a program that bars this one across
-- practitioners, with time or device days there (unless the program needs neither): found by the keyed hash first, few rows, and only then looked at closer.
same_person AS MATERIALIZED (
    SELECT p.id AS patient_id, other.vendor_id, other.client_id, other.id
    FROM present p
    JOIN patient other ON other.vendor_id = :vendor_id AND other.person_key = p.person_key AND (other.client_id, other.id) <> (:client_id, p.id)
    WHERE p.enrolled AND cardinality(CAST(:barred_programs AS text[])) > 0
),
duplicated AS (
    SELECT DISTINCT other.patient_id
    FROM same_person other
    JOIN client oc ON oc.vendor_id = other.vendor_id AND oc.client_id = other.client_id
    CROSS JOIN unnest(CAST(:barred_programs AS text[])) AS barring (program)
    WHERE (:duplicate_without_time OR EXISTS (SELECT FROM device_period v WHERE v.vendor_id = other.vendor_id AND v.client_id = other.client_id
                  AND v.patient_id = other.id AND split_part(v.program, '_', 1) = barring.program
                  AND v.period_from BETWEEN :month_first - CAST(:device_period_days AS int) + 1 AND :month_last)
          OR EXISTS (SELECT FROM time_entry t WHERE t.vendor_id = other.vendor_id AND t.client_id = other.client_id AND t.patient_id = other.id
                  AND t.program = barring.program AND t.started_at < (:month_last + 1)::timestamp AT TIME ZONE oc.timezone
                  AND t.started_at > (:month_first + 0)::timestamp AT TIME ZONE oc.timezone - interval '24 hours'
                  AND t.ended_at > (:month_first + 0)::timestamp AT TIME ZONE oc.timezone))
      AND EXISTS (SELECT FROM generate_series(0, :month_last - :month_first) AS i,
                  LATERAL (SELECT e.status FROM enrolment e
                           WHERE e.vendor_id = other.vendor_id AND e.client_id = other.client_id AND e.patient_id = other.id AND e.program = barring.program
                             AND e.valid_from <= :month_first + i AND (e.valid_to IS NULL OR e.valid_to >= :month_first + i)
                           ORDER BY e.valid_from DESC LIMIT 1) latest
                  WHERE latest.status = 'enrolled')
)
SELECT :program, :counted_before + row_number() OVER (), p.id, p.mrn, p.state, p.enrolled,
       a.provider_id, a.npi, CASE WHEN a.credential_known THEN coalesce(a.may_bill, false) END,
       k.patient_id IS NOT NULL, coalesce(k.own, false), coalesce(k.live, false), date '2000-01-01' + k.packed / 2, k.packed % 2 = 1,
       v.first_on, v.first_qualifying_on, v.last_qualifying_on, coalesce(c.conditions, 0), coalesce(c.not_chronic, false), coalesce(c.risk_not_documented, false),
       pl.version, pl.effective_on, coalesce(pl.copy_given, false), coalesce(pl.complete, false), coalesce(pl.signed, false), r.reviewed_on,
       m.level, at.patient_id IS NOT NULL, coalesce(s.hospice, false),
       coalesce(p.coverage_verified, false), d.patient_id IS NOT NULL, p.died_on,
       coalesce(p.qmb, false), p.last_day, p.start_on >= :month_first, p.enrolled_days, k.first_on, s.part_a, NULL
FROM present p
LEFT JOIN assigned a ON a.patient_id = p.id
LEFT JOIN consented k ON k.patient_id = p.id
LEFT JOIN visited v ON v.patient_id = p.id
LEFT JOIN conditioned c ON c.patient_id = p.id
LEFT JOIN planned pl ON pl.patient_id = p.id
LEFT JOIN reviewed r ON r.patient_id = p.id
LEFT JOIN mdm m ON m.vendor_id = :vendor_id AND m.client_id = :client_id AND m.patient_id = p.id AND m.month = :month_first
LEFT JOIN attestation at ON at.vendor_id = :vendor_id AND at.client_id = :client_id AND at.patient_id = p.id AND at.month = :month_first
LEFT JOIN stayed s ON s.patient_id = p.id
LEFT JOIN duplicated d ON d.patient_id = p.id
