-- A device line stands only where the month has a record of the device.
DELETE FROM eval_scope WHERE program = :program AND n NOT IN (SELECT n FROM eval_given)
