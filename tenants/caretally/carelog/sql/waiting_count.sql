-- How many entries wait, by the rule of the list.
WITH waiting_time AS (
    {waiting_time}
)
SELECT count(*)::int FROM waiting_time
