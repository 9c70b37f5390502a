-- The other programs for the patients of `generate.sql`: instead of chronic care for some, beside it for others, most of them clean. The
-- remainders of n choose who: 5 % principal care and 5 % advanced primary care instead; beside it, 10 % monitoring at home with time and
-- device, 5 % behavioural integration, 2 % therapeutic monitoring, 1 % collaborative care, 1 % a discharge, 2 % a service billed elsewhere.
CREATE TEMP TABLE bench_instead ON COMMIT DROP AS
SELECT id AS patient_id, CASE n % 20 WHEN 11 THEN 'PCM' ELSE 'APCM' END AS program FROM bench_patient WHERE n % 20 IN (11, 12);

CREATE TEMP TABLE bench_beside ON COMMIT DROP AS
SELECT b.n, b.id AS patient_id, b.client_id, b.provider_id, w.program, w.hour, w.seconds
FROM bench_patient b
JOIN (VALUES ('RPM', 10, 4, 13, 1320), ('BHI', 20, 15, 15, 1260), ('RTM', 50, 33, 17, 1290), ('COCM', 100, 57, 19, 1900), ('TCM', 100, 71, 0, 0), ('APCM_BHI', 40, 12, 0, 0))
     AS w (program, out_of, rest, hour, seconds) ON b.n % w.out_of = w.rest;

UPDATE enrolment SET program = i.program FROM bench_instead i WHERE enrolment.patient_id = i.patient_id;

UPDATE assignment SET program = i.program FROM bench_instead i WHERE assignment.patient_id = i.patient_id;

UPDATE consent SET program = i.program FROM bench_instead i WHERE consent.patient_id = i.patient_id;

UPDATE time_entry SET program = i.program FROM bench_instead i WHERE time_entry.patient_id = i.patient_id;

INSERT INTO enrolment (vendor_id, client_id, patient_id, program, status, valid_from)
SELECT :vendor_id, client_id, patient_id, program, 'enrolled', '2026-01-05' FROM bench_beside ORDER BY n;

INSERT INTO assignment (vendor_id, client_id, patient_id, program, provider_id, valid_from)
SELECT :vendor_id, client_id, patient_id, program, provider_id, '2026-01-05' FROM bench_beside ORDER BY n;

INSERT INTO consent (vendor_id, client_id, patient_id, program, provider_id, method, obtained_on, scope, cost_sharing, one_practitioner, stop)
SELECT :vendor_id, client_id, patient_id, program, provider_id, 'verbal', '2026-01-05', true, true, true, true FROM bench_beside ORDER BY n;

-- In the afternoon, when the nurse of the patient's hundred has no other work, so that nobody is in two places.
INSERT INTO time_entry (vendor_id, client_id, patient_id, staff_id, started_at, ended_at, program, source, external_id, activity, description, contact)
SELECT :vendor_id, w.client_id, w.patient_id, s.id, at, at + make_interval(secs => w.seconds), w.program, 'ehr', w.n || '-' || w.program, 'call', 'Reviewed readings and symptoms', 'live'
FROM bench_beside w
JOIN staff s ON s.code = 'S' || w.n / 100
CROSS JOIN LATERAL (SELECT (date '2026-10-01' + w.n % 28 + make_interval(hours => w.hour, mins => w.n % 100 / 28 * CASE w.program WHEN 'COCM' THEN 40 ELSE 25 END))::timestamp
                           AT TIME ZONE 'America/New_York' AS at) AS moment
WHERE w.seconds > 0
ORDER BY w.n;

INSERT INTO device_period (vendor_id, client_id, patient_id, program, period_from, days, setup_on)
SELECT :vendor_id, client_id, patient_id, CASE program WHEN 'RTM' THEN 'RTM_MUSCULOSKELETAL' ELSE program END, '2026-10-01', n % 29 + 1, NULL
FROM bench_beside WHERE program IN ('RPM', 'RTM') ORDER BY n;

INSERT INTO discharge (vendor_id, client_id, patient_id, discharged_on, contacted_on, visited_on, mdm)
SELECT :vendor_id, client_id, patient_id, '2026-10-05', '2026-10-06', '2026-10-12', 'moderate' FROM bench_beside WHERE program = 'TCM' ORDER BY n;

INSERT INTO billed_service (vendor_id, client_id, patient_id, code, served_on, npi)
SELECT :vendor_id, client_id, id, CASE n % 100 WHEN 77 THEN 'G0181' ELSE '99214' END, '2026-10-14', '9000000000' FROM bench_patient WHERE n % 50 = 27 ORDER BY n;

INSERT INTO agreement_price (vendor_id, client_id, agreement_id, code, price_cents)
SELECT a.vendor_id, a.client_id, a.id, c.code, 2500 FROM agreement a CROSS JOIN billing_code c
WHERE NOT EXISTS (SELECT FROM agreement_price p WHERE p.client_id = a.client_id AND p.agreement_id = a.id AND p.code = c.code);
