-- What was answered about misdeliveries is forgotten; the log of changes keeps that it was.
-- 誤送信について回答した内容を失います。回答したことは監査ログに残ります。
ALTER TABLE incident DROP COLUMN reminded;
ALTER TABLE incident DROP COLUMN assessed_by;
ALTER TABLE incident DROP COLUMN assessed_at;
ALTER TABLE incident DROP COLUMN answers;
ALTER TABLE incident DROP COLUMN learned_at;

-- The older version knows no such letter.
UPDATE notice SET ended = 1 WHERE ended = 0 AND kind = 'incident_due';
