-- The priced lines of one close, dropped with the transaction.
CREATE TEMP TABLE IF NOT EXISTS close_line (
    line_number int NOT NULL, decision_id uuid, kind text NOT NULL, code text NOT NULL, units int NOT NULL,
    unit_price_cents bigint NOT NULL, amount_cents bigint NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS close_amount (decision_id uuid NOT NULL, amount_cents bigint NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS close_held (decision_id uuid NOT NULL, held_cents bigint NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS close_rate (
    code text NOT NULL, valid_from date NOT NULL, valid_to date NOT NULL, qualifying_apm boolean NOT NULL, amount numeric, why text NOT NULL
) ON COMMIT DROP;
-- What Medicare is expected to pay, by what distinguishes claims; `infinity` and the zero id stand for a day and a practitioner that are not known.
CREATE TEMP TABLE IF NOT EXISTS close_expected (
    codes text[] NOT NULL, units smallint[] NOT NULL, pending_claim text NOT NULL, served_on date NOT NULL, provider_id uuid NOT NULL,
    line_cents bigint[] NOT NULL, cents bigint, note text NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS close_expected_of_lines (decision_id uuid NOT NULL, line_cents bigint[] NOT NULL, cents bigint, note text NOT NULL) ON COMMIT DROP;
CREATE OR REPLACE TEMP VIEW decision_expected AS
SELECT decision_id, line_cents, cents, note FROM close_expected_of_lines
UNION ALL
SELECT d.id, x.line_cents, x.cents, x.note
FROM eval_decision d
JOIN close_expected x ON x.codes = d.codes AND x.units = d.units AND x.pending_claim = coalesce(d.pending_claim, '')
    AND x.served_on = coalesce(d.date_of_service, 'infinity') AND x.provider_id = coalesce(d.provider_id, '00000000-0000-0000-0000-000000000000')
WHERE NOT EXISTS (SELECT FROM close_expected_of_lines y WHERE y.decision_id = d.id);
TRUNCATE pg_temp.close_line, pg_temp.close_amount, pg_temp.close_held, pg_temp.close_rate, pg_temp.close_expected, pg_temp.close_expected_of_lines;
