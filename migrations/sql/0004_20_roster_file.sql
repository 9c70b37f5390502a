-- What the file of a compared roster was called by who sent it: two comparisons of one month are told apart by it. Rows of before have none.
ALTER TABLE practice_roster ADD COLUMN IF NOT EXISTS file_name text NOT NULL DEFAULT '';
GRANT INSERT (file_name) ON practice_roster TO {{practice}};
