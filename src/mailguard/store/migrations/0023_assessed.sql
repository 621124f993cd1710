-- What was answered about a misdelivery, and when the company learned of it (unset: when it was reported): JSON of
-- mail.breach.Answers. reminded: the last stage of the law's clocks of which people were told.
ALTER TABLE incident ADD COLUMN learned_at INTEGER;
ALTER TABLE incident ADD COLUMN answers TEXT;
ALTER TABLE incident ADD COLUMN assessed_at INTEGER;
ALTER TABLE incident ADD COLUMN assessed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN reminded TEXT NOT NULL DEFAULT '';
