-- Time as it is worked: who of the staff a person who signs in is, the timer, and what stands beside an entry that was logged here. The hours
-- themselves are rows of time_entry, or of late_entry for a closed month, like those of an import.
CREATE TABLE staff_account (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    account_id uuid NOT NULL REFERENCES account,
    staff_id uuid NOT NULL,
    tied_by text NOT NULL,
    tied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, id),
    UNIQUE (vendor_id, account_id),
    UNIQUE (vendor_id, staff_id),
    FOREIGN KEY (vendor_id, staff_id) REFERENCES staff ON DELETE CASCADE
);
-- Its id is chosen by the page that starts it, so that a form sent twice starts one. Without a patient it runs for other work. `running_since` is
-- null while it is paused; `seen_at` is until when its person is known to have worked.
CREATE TABLE timer (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    client_id uuid,
    patient_id uuid,
    program text NOT NULL DEFAULT '',
    activity text NOT NULL,
    started_at timestamptz(0) NOT NULL,
    running_since timestamptz(0),
    seen_at timestamptz(0) NOT NULL,
    ended_at timestamptz(0),
    PRIMARY KEY (vendor_id, id),
    FOREIGN KEY (vendor_id, staff_id) REFERENCES staff,
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient,
    CHECK ((client_id IS NULL) = (patient_id IS NULL))
);
CREATE UNIQUE INDEX timer_once ON timer (vendor_id, staff_id) WHERE ended_at IS NULL;
CREATE TABLE timer_piece (
    vendor_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    timer_id uuid NOT NULL,
    started_at timestamptz(0) NOT NULL,
    ended_at timestamptz(0) NOT NULL,
    PRIMARY KEY (vendor_id, id),
    UNIQUE (vendor_id, timer_id, started_at),
    FOREIGN KEY (vendor_id, timer_id) REFERENCES timer,
    CHECK (ended_at > started_at)
);
-- Work that is for no patient: never billed, never evaluated.
CREATE TABLE other_time (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    staff_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('administrative', 'meeting', 'training', 'travel')),
    started_at timestamptz(0) NOT NULL,
    ended_at timestamptz(0) NOT NULL,
    note text NOT NULL DEFAULT '',
    entered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, id),
    FOREIGN KEY (vendor_id, staff_id) REFERENCES staff,
    CHECK (ended_at > started_at),
    CHECK (ended_at <= started_at + interval '24 hours')
);
CREATE INDEX other_time_of_staff ON other_time (vendor_id, staff_id, started_at);
-- One piece of work on a patient: `external_id` is that of its one entry by hand, or begins those of the pieces that a timer ran.
CREATE TABLE logged_time (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    source text NOT NULL CHECK (source IN ('manual', 'timer')),
    external_id text NOT NULL,
    patient_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    reason text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('waiting', 'approved', 'returned', 'clocked')),
    decided_by text NOT NULL DEFAULT '',
    decided_at timestamptz,
    returned_because text NOT NULL DEFAULT '',
    checklist jsonb NOT NULL DEFAULT '{}',
    note_confirmed_at timestamptz,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, source, external_id),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient,
    FOREIGN KEY (vendor_id, staff_id) REFERENCES staff
);
-- what waits for its person: entries that were sent back, and notes of the timer that nobody confirmed
CREATE INDEX logged_time_to_do ON logged_time (vendor_id, staff_id) WHERE state = 'returned' OR (state = 'clocked' AND note_confirmed_at IS NULL);
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['staff_account', 'timer', 'timer_piece', 'other_time', 'logged_time'] LOOP
        EXECUTE format('CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change()', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_account, timer, timer_piece, other_time, logged_time TO {{vendor}};
