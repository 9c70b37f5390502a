-- Who is the same human in two records of a vendor. Nothing here is a practice's to see: a pair would tell it of another client. Decision 0010.
-- HMAC-SHA256 (RFC 2104) of each text under the current vendor's key, in their order; allow-listed SECURITY DEFINER, since no login reads the key.
-- It takes all texts of a statement at once, so that the key is looked up and the context verified once.
CREATE FUNCTION tenancy.person_hashes(texts text[]) RETURNS bytea[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, caretally, pg_temp AS $$
    SELECT array_agg(sha256(k.outer_block || sha256(k.inner_block || convert_to(t.content, 'UTF8'))) ORDER BY t.place)
    FROM vendor_secret k CROSS JOIN unnest(texts) WITH ORDINALITY AS t (content, place)
$$;
REVOKE ALL ON FUNCTION tenancy.person_hashes(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.person_hashes(text[]) TO {{vendor}};

-- The identifiers of a patient as they are compared: read from the patient's row, made again when `read_from`, a hash of what was read, differs.
CREATE TABLE person_record (
    vendor_id uuid NOT NULL,
    client_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    read_from bigint NOT NULL,
    family text NOT NULL,
    given text NOT NULL,
    -- all words of the name in alphabetic order: alike when family and given name stand in each other's place
    whole text NOT NULL,
    -- Sr 1, Jr and II 2, III 3 …
    generation smallint,
    birth_date date NOT NULL,
    mbi text,
    name_key bytea,
    mbi_key bytea,
    -- what two records must have one of before they are compared: beginnings and ends of the names, pieces of the Medicare number
    traits text[] NOT NULL,
    PRIMARY KEY (vendor_id, client_id, patient_id),
    FOREIGN KEY (vendor_id, client_id, patient_id) REFERENCES patient ON DELETE CASCADE
);
CREATE INDEX person_record_by_patient ON person_record (vendor_id, patient_id);
CREATE INDEX person_record_by_name ON person_record (vendor_id, name_key) WHERE name_key IS NOT NULL;
CREATE INDEX person_record_by_mbi ON person_record (vendor_id, mbi_key) WHERE mbi_key IS NOT NULL;
CREATE INDEX person_record_by_birth ON person_record (vendor_id, birth_date);
CREATE INDEX person_record_by_whole ON person_record (vendor_id, whole);

-- Two records that are, may be or were thought to be one person, the older first. `decided_by` null says that identifiers alone speak.
-- The id follows from the pair, so that a pair that is found again is called the same.
CREATE TABLE person_match (
    vendor_id uuid NOT NULL REFERENCES vendor,
    id uuid NOT NULL,
    first_client_id uuid NOT NULL,
    first_patient_id uuid NOT NULL,
    second_client_id uuid NOT NULL,
    second_patient_id uuid NOT NULL,
    found_by text NOT NULL CHECK (found_by IN ('mbi', 'name', 'mbi_conflict', 'name_conflict', 'near')),
    -- how likely they are one person, in percent, and what speaks for and against it
    score smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
    reasons text[] NOT NULL,
    status text NOT NULL CHECK (status IN ('same', 'different', 'proposed')),
    found_at timestamptz NOT NULL DEFAULT now(),
    decided_by text,
    decided_at timestamptz,
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (vendor_id, id),
    UNIQUE (vendor_id, first_patient_id, second_patient_id),
    FOREIGN KEY (vendor_id, first_client_id, first_patient_id) REFERENCES patient ON DELETE CASCADE,
    FOREIGN KEY (vendor_id, second_client_id, second_patient_id) REFERENCES patient ON DELETE CASCADE,
    -- one order, so that a pair is there once
    CHECK (first_patient_id <= second_patient_id),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (CASE WHEN decided_by IS NULL THEN status <> 'different' AND reason = '' ELSE status <> 'proposed' AND reason <> '' END)
);
CREATE INDEX person_match_by_second ON person_match (vendor_id, second_patient_id);
