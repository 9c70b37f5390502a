-- The priced lines of one close, dropped with the transaction.
CREATE TEMP TABLE IF NOT EXISTS close_line (
    line_number int NOT NULL, decision_id uuid, kind text NOT NULL, code text NOT NULL, units int NOT NULL,
    unit_price_cents bigint NOT NULL, amount_cents bigint NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS close_amount (decision_id uuid NOT NULL, amount_cents bigint NOT NULL) ON COMMIT DROP;
-- What Medicare is expected to pay, by what distinguishes claims; `infinity` and the zero id stand for a day and a practitioner that are not known.
CREATE TEMP TABLE IF NOT EXISTS close_expected (
    codes text[] NOT NULL, units smallint[] NOT NULL, pending_claim text NOT NULL, served_on date NOT NULL, provider_id uuid NOT NULL,
    line_cents bigint[] NOT NULL, cents bigint, note text NOT NULL
) ON COMMIT DROP;
TRUNCATE pg_temp.close_line, pg_temp.close_amount, pg_temp.close_expected;
