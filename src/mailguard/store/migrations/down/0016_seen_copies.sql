-- Answers to letters that are out are no longer understood; their links still work.
DELETE FROM reply_ticket;
ALTER TABLE reply_ticket DROP COLUMN copies;
