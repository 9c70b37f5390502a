-- A call of the usual length: the mean of the client's entries of the program, in whole seconds.
SELECT program, (sum(seconds) / sum(entries))::int AS seconds FROM forecast_logged GROUP BY program
