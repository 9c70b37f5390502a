-- Who works on an exception until when. A piece of work is named by patient, month and code, so that it outlives a reopened month; the exception itself is
-- what a close wrote (0001_40) and never changes.
CREATE TABLE exception_work (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    patient_id uuid NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    code text NOT NULL REFERENCES gate,
    -- a membership at the vendor; null for nobody
    assignee_id uuid,
    -- null: the day that the gate's own days gave
    due_on date,
    note text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'fixed', 'settled', 'waived')),
    -- counts the changes, undoing among them, and only grows, so that two people do not write over each other and an undo leaves alone what was changed since
    version int NOT NULL DEFAULT 1,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, month, patient_id, code),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient,
    FOREIGN KEY (vendor_id, assignee_id) REFERENCES membership
);
-- One act on many exceptions at once, as it was told to the person beforehand.
CREATE TABLE exception_act (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    kind text NOT NULL CHECK (kind IN ('assign', 'due', 'note', 'settle', 'open', 'waive')),
    actor text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    exceptions int NOT NULL,
    patients int NOT NULL,
    held_cents bigint NOT NULL,
    undone_at timestamptz,
    undone_by text,
    PRIMARY KEY (vendor_id, id),
    CHECK ((undone_at IS NULL) = (undone_by IS NULL))
);
-- What each piece of work was before the act and the version that the act left, or an undo of the act after it, so that it can be undone.
CREATE TABLE exception_act_row (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    act_id uuid NOT NULL,
    work_id uuid NOT NULL,
    version int NOT NULL,
    assignee_id uuid,
    due_on date,
    note text NOT NULL,
    state text NOT NULL,
    -- the waiver that the act made
    waiver_id uuid,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, act_id, work_id),
    FOREIGN KEY (vendor_id, act_id) REFERENCES exception_act,
    FOREIGN KEY (vendor_id, client_id, work_id) REFERENCES exception_work,
    FOREIGN KEY (vendor_id, assignee_id) REFERENCES membership,
    FOREIGN KEY (vendor_id, client_id, waiver_id) REFERENCES waiver
);
-- The reasons that a preview found in a month that is still open, as it showed them: thrown away by the next preview, unread once the month is closed.
CREATE TABLE previewed_exception (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    client_month_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    code text NOT NULL REFERENCES gate,
    outcome text NOT NULL CHECK (outcome IN ('held', 'not_billable', 'warning')),
    held_cents bigint NOT NULL,
    PRIMARY KEY (vendor_id, client_id, id),
    UNIQUE (vendor_id, client_id, client_month_id, patient_id, code),
    FOREIGN KEY (vendor_id, client_id, client_month_id) REFERENCES client_month,
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient
);
-- A list as somebody wants to see it again: the filters of a page's address without any words looked for, which may be a name.
CREATE TABLE saved_view (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    page text NOT NULL,
    owner text NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    filters text NOT NULL,
    shared boolean NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vendor_id, id),
    UNIQUE (vendor_id, page, owner, name)
);
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['exception_work', 'exception_act', 'exception_act_row', 'previewed_exception', 'saved_view'] LOOP
        EXECUTE format('CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse_change()', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE (assignee_id, due_on, note, state, version, changed_by, changed_at) ON exception_work TO {{vendor}};
GRANT SELECT, INSERT, UPDATE (undone_at, undone_by) ON exception_act TO {{vendor}};
GRANT SELECT, INSERT, UPDATE (version) ON exception_act_row TO {{vendor}};
GRANT SELECT, INSERT, DELETE ON previewed_exception, saved_view TO {{vendor}};
