-- The lines of the patients whose lines have to be put together, and what bars one from another; dropped with the transaction.
CREATE TEMP TABLE IF NOT EXISTS eval_line ON COMMIT DROP AS
SELECT d.*, NULL::smallint AS ordinal, NULL::smallint AS met, NULL::text AS excluded_by, NULL::boolean AS stands, NULL::boolean AS undecided, NULL::text[] AS barred_by, NULL::text[] AS asked FROM eval_decision d WITH NO DATA;
-- A patient's lines are looked up again and again: without the index each look reads those of everybody.
CREATE INDEX IF NOT EXISTS eval_line_of_patient ON pg_temp.eval_line (patient_id);
CREATE TEMP TABLE IF NOT EXISTS eval_bar (
    patient_id uuid NOT NULL, program text NOT NULL, other text NOT NULL, other_wins boolean NOT NULL, by_rule boolean NOT NULL, decided boolean NOT NULL
) ON COMMIT DROP;
TRUNCATE pg_temp.eval_line, pg_temp.eval_bar;
