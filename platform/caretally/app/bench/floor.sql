-- Read: one scan and one aggregate of the entries that the close read.
SELECT count(*), sum(seconds) FROM (
    SELECT patient_id, count(*) AS entries, sum(ended_second - started_second) AS seconds
    FROM time_entry
    WHERE vendor_id = :vendor_id AND started_at < :ends_at AND ended_at > :starts_at
    GROUP BY patient_id
) AS patient;

-- Write: the finished rows of the close, into tables with the same columns, checks, indexes, unique and foreign keys.
INSERT INTO floor_patient_month SELECT * FROM patient_month WHERE vendor_id = :vendor_id;

-- The close refreshes these statistics too: without them the key checks below would read whole clients.
SELECT import.refresh_statistics('floor_patient_month', 1000000000);

INSERT INTO floor_program_line SELECT * FROM program_line WHERE vendor_id = :vendor_id;

INSERT INTO floor_exception SELECT * FROM exception WHERE vendor_id = :vendor_id;

INSERT INTO floor_invoice_line SELECT * FROM invoice_line WHERE vendor_id = :vendor_id;
