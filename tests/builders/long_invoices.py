"""An invoice of thousands of lines, made of sets: a few statements however many patients there are."""

from sqlalchemy import text

from tests.builders.office import ELEMENTS, Office

FROM_PATIENTS = "FROM patient WHERE client_id = :client_id"
SOWN = f"""
INSERT INTO patient (vendor_id, client_id, mrn, family_name, given_name, birth_date)
SELECT :vendor_id, :client_id, 'L-' || lpad(n::text, 5, '0'), 'Family' || lpad(n::text, 5, '0'), 'Given', date '1940-01-01' + n
FROM generate_series(1, :patients) n;
INSERT INTO enrolment (vendor_id, client_id, patient_id, program, status, valid_from)
SELECT vendor_id, client_id, id, 'CCM', 'enrolled', '2026-01-05' {FROM_PATIENTS};
INSERT INTO assignment (vendor_id, client_id, patient_id, program, provider_id, valid_from)
SELECT vendor_id, client_id, id, 'CCM', :provider_id, '2026-01-05' {FROM_PATIENTS};
INSERT INTO consent (vendor_id, client_id, patient_id, program, provider_id, method, obtained_on, scope, cost_sharing, one_practitioner, stop)
SELECT vendor_id, client_id, id, 'CCM', :provider_id, 'verbal', '2026-01-05', true, true, true, true {FROM_PATIENTS};
INSERT INTO visit (vendor_id, client_id, patient_id, visited_on, kind) SELECT vendor_id, client_id, id, '2026-01-05', 'AWV' {FROM_PATIENTS};
INSERT INTO condition (vendor_id, client_id, patient_id, icd10)
SELECT vendor_id, client_id, id, unnest(ARRAY['E119', 'I10']) {FROM_PATIENTS};
INSERT INTO care_plan (vendor_id, client_id, patient_id, version, effective_on, copy_given_on, signed_on, elements)
SELECT vendor_id, client_id, id, 1, '2026-01-06', '2026-01-06', '2026-01-06', CAST(:elements AS text[]) {FROM_PATIENTS};
INSERT INTO staff (vendor_id, code, family_name, given_name, role, credential, licensed_states)
SELECT :vendor_id, 'many-' || n, 'Rivers', 'Tia', 'clinical', 'RN', ARRAY['NY'] FROM generate_series(1, 40) n;
-- Each of forty nurses has every fortieth patient, one after another, so that nobody is at two patients at once.
INSERT INTO time_entry (vendor_id, client_id, patient_id, staff_id, started_at, ended_at, program, source, external_id, activity, description)
SELECT p.vendor_id, p.client_id, p.id, s.id, starts, starts + make_interval(secs => 1200 + 25 * (p.n % 90)::int), 'CCM', 'dialer', 'many-' || p.n,
       'call', 'medication review'
FROM (SELECT *, row_number() OVER (ORDER BY mrn) - 1 AS n {FROM_PATIENTS}) p
JOIN staff s ON s.vendor_id = p.vendor_id AND s.code = 'many-' || 1 + p.n % 40
CROSS JOIN LATERAL (SELECT timestamptz '2026-10-01 12:00:00+00' + make_interval(days => (p.n / 40 / 8)::int, hours => (p.n / 40 % 8)::int) AS starts) t
"""


def add_many_patients(office: Office, client: str, *, patients: int) -> None:
    """Add patients with 20 to 57 minutes of October each, whose papers are in order."""
    key = {"vendor_id": office.vendor_id, "client_id": office.clients[client], "provider_id": office.providers[client]}
    with office.transaction() as connection:
        for statement in SOWN.split(";\n"):
            connection.execute(text(statement), key | {"patients": patients, "elements": ELEMENTS})
