-- What came in after closed months, dropped with the transaction: late time that no close has reported, and what closed months would be with everything since.
CREATE TEMP TABLE IF NOT EXISTS close_late (
    late_entry_id uuid NOT NULL, patient_id uuid NOT NULL, month date NOT NULL, started_at timestamptz NOT NULL, ended_at timestamptz NOT NULL, printed jsonb NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS close_supported (patient_id uuid NOT NULL, codes text[] NOT NULL, units smallint[] NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS close_found (
    decision_id uuid, month date NOT NULL, patient_id uuid NOT NULL, patient_month_id uuid, mrn text COLLATE "C" NOT NULL, patient_name text NOT NULL,
    closed_outcome text, closed_codes text[], closed_units smallint[], primary_reason text, cured text[] NOT NULL,
    codes text[] NOT NULL, units smallint[] NOT NULL, added_codes text[] NOT NULL, added_units smallint[] NOT NULL, replaced_cents bigint NOT NULL,
    date_of_service date, counted_seconds int NOT NULL, evidence_hash bytea, is_proposed boolean NOT NULL, review_code text, amount_cents bigint
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS close_proposed (
    id uuid NOT NULL, month date NOT NULL, patient_id uuid NOT NULL, patient_month_id uuid, mrn text COLLATE "C" NOT NULL, codes text[] NOT NULL, units smallint[] NOT NULL,
    added_codes text[] NOT NULL, added_units smallint[] NOT NULL, date_of_service date
) ON COMMIT DROP;
TRUNCATE pg_temp.close_late, pg_temp.close_found, pg_temp.close_proposed;
