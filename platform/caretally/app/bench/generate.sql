-- One vendor with :patients patients at :clients clients and six entries each in October 2026, as sets; the same on every machine.
-- Most months are clean; the remainders of n choose who has a gate, an overlap, a practitioner's entry, a stay or a death.
CREATE TEMP TABLE bench_patient ON COMMIT DROP AS
SELECT n::int AS n, n * CAST(:clients AS bigint) / CAST(:patients AS bigint) + 1 AS client_number, tenancy.new_id() AS id, CAST(NULL AS uuid) AS client_id, CAST(NULL AS uuid) AS provider_id
FROM generate_series(0, CAST(:patients AS bigint) - 1) AS n;

INSERT INTO client (vendor_id, code, name, timezone, contact_name, access_24_7_from, ehr_certified_from, supervision_from, baa_on)
SELECT :vendor_id, 'B' || lpad(c::text, 3, '0'), 'Bench client ' || c, 'America/New_York', 'Front desk', '2025-01-01', '2025-01-01', '2025-01-01', '2025-01-01'
FROM generate_series(1, CAST(:clients AS int)) AS c;

INSERT INTO provider (vendor_id, client_id, npi, family_name, given_name, credential)
SELECT :vendor_id, c.client_id, '9' || lpad((right(c.code, 3)::int * 1000 + p)::text, 9, '0'), 'Provider ' || p, 'Bench', 'MD'
FROM client c CROSS JOIN generate_series(0, 19) AS p;

UPDATE bench_patient b SET client_id = c.client_id, provider_id = p.id
FROM client c JOIN provider p USING (vendor_id, client_id)
WHERE c.code = 'B' || lpad(b.client_number::text, 3, '0') AND p.npi = '9' || lpad((b.client_number * 1000 + b.n % 20)::text, 9, '0');

ANALYZE bench_patient;

INSERT INTO staff (vendor_id, code, family_name, given_name, role, credential, licensed_states)
SELECT :vendor_id, 'S' || s, 'Nurse ' || s, 'Bench', 'clinical', 'RN', '{TX,NY}' FROM generate_series(0, CAST(:patients AS int) / 100) AS s;

INSERT INTO staff (vendor_id, code, family_name, given_name, role, credential, licensed_states, npi)
SELECT :vendor_id, 'Q' || npi, family_name, given_name, 'qhp', 'MD', '{TX,NY}', npi FROM provider;

INSERT INTO patient (vendor_id, client_id, id, mrn, family_name, given_name, birth_date, state, payer, qmb, part_b_from, died_on, person_key)
SELECT :vendor_id, client_id, id, 'M' || lpad(n::text, 7, '0'), 'Family' || n % 977, 'Given' || n % 89, date '1935-01-01' + n % 9000, 'TX', 'Medicare', false, '2010-01-01',
       CASE WHEN n % 300 = 5 THEN date '2026-10-20' END, sha256(convert_to(CAST(:vendor_id AS text) || n, 'UTF8'))
FROM bench_patient ORDER BY n;

INSERT INTO enrolment (vendor_id, client_id, patient_id, program, status, valid_from)
SELECT :vendor_id, client_id, id, 'CCM', 'enrolled', CASE WHEN n % 60 = 4 THEN date '2026-10-06' ELSE '2026-01-05' END FROM bench_patient ORDER BY n;

INSERT INTO assignment (vendor_id, client_id, patient_id, program, provider_id, valid_from)
SELECT :vendor_id, client_id, id, 'CCM', provider_id, '2026-01-05' FROM bench_patient ORDER BY n;

INSERT INTO condition (vendor_id, client_id, patient_id, icd10)
SELECT :vendor_id, client_id, id, icd10 FROM bench_patient CROSS JOIN unnest('{E119,I10}'::text[]) AS icd10 ORDER BY n;

INSERT INTO consent (vendor_id, client_id, patient_id, program, provider_id, method, obtained_on, scope, cost_sharing, one_practitioner, stop)
SELECT :vendor_id, client_id, id, 'CCM', provider_id, 'verbal', '2026-01-05', true, true, true, n % 50 <> 0 FROM bench_patient ORDER BY n;

INSERT INTO visit (vendor_id, client_id, patient_id, visited_on, kind)
SELECT :vendor_id, client_id, id, '2026-01-05', 'AWV' FROM bench_patient ORDER BY n;

INSERT INTO care_plan (vendor_id, client_id, patient_id, version, effective_on, copy_given_on, signed_on, elements)
SELECT :vendor_id, client_id, id, 1, '2026-01-06', '2026-01-06', '2026-01-06', (SELECT array_agg(element) FROM plan_element)
FROM bench_patient WHERE n % 100 <> 1 ORDER BY n;

INSERT INTO review (vendor_id, client_id, patient_id, plan_version, reviewed_on, reviewer, outcome)
SELECT :vendor_id, client_id, id, 1, '2026-07-01', 'Nurse', 'no_change' FROM bench_patient WHERE n % 100 <> 1 AND n % 2 = 0 ORDER BY n;

INSERT INTO mdm (vendor_id, client_id, patient_id, month, level, npi, documented_on)
SELECT :vendor_id, client_id, id, '2026-10-01', 'moderate', '9000000000', '2026-10-02' FROM bench_patient WHERE n % 10 = 0 ORDER BY n;

INSERT INTO stay (vendor_id, client_id, patient_id, kind, valid_from, valid_to)
SELECT :vendor_id, client_id, id, 'part_a_inpatient', '2026-10-10', '2026-10-13' FROM bench_patient WHERE n % 250 = 6 ORDER BY n;

-- A nurse serves a hundred patients in slots of ten minutes. n % 100 = 7 runs into the next patient's slot; n % 100 = 13 has two calls at
-- once; n % 200 = 9 is called across midnight; every twentieth patient's last entry is the practitioner's own.
INSERT INTO time_entry (vendor_id, client_id, patient_id, staff_id, started_at, ended_at, program, source, external_id, activity, description, approved_by)
SELECT :vendor_id, b.client_id, b.id, CASE WHEN own THEN q.id ELSE s.id END, at, at + make_interval(secs => CASE WHEN n % 100 = 7 AND e = 0 THEN 900 ELSE 120 + (n * 7 + e * 13) % 400 END),
       'CCM', CASE WHEN (n * 7 + e) % 50 = 0 THEN 'manual' ELSE 'dialer' END, n || '-' || e, CASE WHEN (n * 3 + e) % 100 = 0 THEN 'idle' ELSE 'call' END,
       'Reviewed medication list and blood pressure log', CASE WHEN (n * 7 + e) % 100 = 0 THEN 'supervisor' ELSE '' END
FROM bench_patient b
CROSS JOIN generate_series(0, 5) AS e
CROSS JOIN LATERAL (SELECT n % 20 = 3 AND e = 5 AS own,
    (date '2026-10-01' + CASE WHEN n % 20 = 3 AND e = 5 THEN 3 + n / 500 % 25 WHEN n % 100 = 13 AND e = 1 THEN n % 5 ELSE (e * 5 + n % 5) % 31 END
     + CASE WHEN n % 200 = 9 AND e = 2 THEN time '23:58' WHEN n % 20 = 3 AND e = 5 THEN time '07:00' + make_interval(mins => n % 500 / 20 * 10)
            ELSE time '09:00' + make_interval(mins => n % 100 / 5 * 10 + CASE WHEN n % 100 = 13 AND e = 1 THEN 0 ELSE e END) END)::timestamp AT TIME ZONE 'America/New_York' AS at) AS moment
JOIN staff s ON s.code = 'S' || n / 100
JOIN provider p ON p.client_id = b.client_id AND p.id = b.provider_id
JOIN staff q ON q.code = 'Q' || p.npi
ORDER BY n, e;

INSERT INTO agreement (vendor_id, client_id, valid_from, basis) SELECT :vendor_id, client_id, '2026-01-01', 'per_code' FROM client;

INSERT INTO agreement_price (vendor_id, client_id, agreement_id, code, price_cents)
SELECT a.vendor_id, a.client_id, a.id, code, cents
FROM agreement a CROSS JOIN (VALUES ('99490', 3800), ('99439', 1600), ('99487', 9000), ('99489', 4000), ('99491', 5000), ('99437', 3000)) AS price (code, cents);
