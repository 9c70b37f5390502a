-- The priced lines of one close, dropped with the transaction.
CREATE TEMP TABLE IF NOT EXISTS close_line (
    line_number int NOT NULL, decision_id uuid, kind text NOT NULL, code text NOT NULL, units int NOT NULL,
    unit_price_cents bigint NOT NULL, amount_cents bigint NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS close_amount (decision_id uuid NOT NULL, amount_cents bigint NOT NULL) ON COMMIT DROP;
TRUNCATE pg_temp.close_line, pg_temp.close_amount;
