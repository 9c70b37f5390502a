-- Break-glass: an operator reads one vendor's data for at most an hour, for a reason, after another person said yes. The vendor sees the
-- request at once and may refuse or end it. Whoever asks, decides or ends is who the signed context says (the trigger sees to it).
CREATE TABLE break_glass (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL DEFAULT tenancy.new_id(),
    requested_by text NOT NULL CHECK (requested_by <> ''),
    requester_name text NOT NULL CHECK (requester_name <> ''),
    requested_at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    minutes int NOT NULL CHECK (minutes BETWEEN 1 AND 60),
    approved boolean,
    decided_by text CHECK (decided_by <> ''),
    decider_name text CHECK (decider_name <> ''),
    decided_at timestamptz,
    ends_at timestamptz,
    ended_by text CHECK (ended_by <> ''),
    ended_at timestamptz,
    PRIMARY KEY (vendor_id, id),
    CHECK (decided_by <> requested_by),
    CHECK ((decided_at IS NULL) = (approved IS NULL) AND (decided_by IS NULL) = (approved IS NULL) AND (decider_name IS NULL) = (approved IS NULL)),
    CHECK ((ends_at IS NOT NULL) = (approved IS TRUE) AND ends_at <= decided_at + make_interval(mins => minutes)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL OR approved IS TRUE))
);
CREATE INDEX break_glass_newest ON break_glass (vendor_id, requested_at);
-- A request is decided once and an access ended once, by who the context names; nothing else of it ever changes.
CREATE FUNCTION guard.break_glass_steps() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, caretally, pg_temp AS $$
DECLARE
    actor text := tenancy.current_actor();
    decision text[] := '{approved,decided_by,decider_name,decided_at,ends_at}';
    ending text[] := '{ended_by,ended_at}';
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.requested_by <> actor OR NEW.approved IS NOT NULL OR NEW.requested_at > now() THEN
            RAISE EXCEPTION 'a break-glass request is made by whom the context names, and undecided' USING ERRCODE = 'CT002';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.approved IS NULL AND NEW.decided_by = actor AND NEW.ended_at IS NULL AND NEW.decided_at = now()
            AND to_jsonb(NEW) - decision = to_jsonb(OLD) - decision THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.approved AND OLD.ended_at IS NULL AND NEW.ended_by = actor
            AND to_jsonb(NEW) - ending = to_jsonb(OLD) - ending THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a break-glass request is decided once and ended once, by another person than asked' USING ERRCODE = 'CT002';
END $$;
CREATE TRIGGER steps BEFORE INSERT OR UPDATE OR DELETE ON break_glass FOR EACH ROW EXECUTE FUNCTION guard.break_glass_steps();
