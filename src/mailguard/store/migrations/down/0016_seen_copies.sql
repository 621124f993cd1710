-- Answers to letters that are out are no longer understood; their links still work.
-- 送信済みの通知メールへの返信を受け付けなくなります。リンクは引き続き使えます。
DELETE FROM reply_ticket;
ALTER TABLE reply_ticket DROP COLUMN copies;
