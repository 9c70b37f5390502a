-- Two local times of one day, as typed, and what is wrong with each: not a time, does not exist, happens twice.
SELECT import.moment(:day || 'T' || :starts, z.zone) AS started_at, import.moment(:day || 'T' || :ends, z.zone) AS ended_at,
       import.clock_fault(:day || 'T' || :starts, z.zone) AS start_fault, import.clock_fault(:day || 'T' || :ends, z.zone) AS end_fault,
       date_trunc('second', clock_timestamp()) AS now
FROM (SELECT CAST(:zone AS text) AS zone) z
