-- The working tables of one forecast: one client, dropped with the transaction.
-- Time as logged: `month_number` 1.. are the closed months whose days are read, in their order; the month itself is the last.
CREATE TEMP TABLE forecast_logged (
    patient_id uuid NOT NULL, program text NOT NULL, staff_id uuid NOT NULL, month_number int NOT NULL,
    entries int NOT NULL, seconds int NOT NULL, seconds_before_cut int NOT NULL
) ON COMMIT DROP;
-- Patient-months of the closed months whose days are read, one row a program: counted seconds up to the cut, and of the whole month.
CREATE TEMP TABLE forecast_past (program text NOT NULL, so_far int NOT NULL, total int NOT NULL) ON COMMIT DROP;
-- Where each patient stands: what the next threshold is, what is missing, and what holds whatever the minutes.
CREATE TEMP TABLE forecast_standing (
    patient_id uuid NOT NULL, mrn text COLLATE "C" NOT NULL, program text NOT NULL, standing text NOT NULL,
    counted_seconds int NOT NULL, pending_seconds int NOT NULL, so_far int NOT NULL, missing_seconds int, missing_code text, days_left int NOT NULL,
    gates text[] NOT NULL, at_stake_cents bigint
) ON COMMIT DROP;
-- As the close has it: what Medicare pays this client for one unit of each code, for agreements on a share of it.
CREATE TEMP TABLE close_rate (
    code text NOT NULL, valid_from date NOT NULL, valid_to date NOT NULL, qualifying_apm boolean NOT NULL, amount numeric, why text NOT NULL
) ON COMMIT DROP;
