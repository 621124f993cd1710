-- What senders asked to be told is forgotten: reports come as by default, and mail that is sent again is new.
-- 送信者が指定した配送通知の希望を失い、既定どおりになります。再投入されたメールは新しいメールとして扱われます。

DROP TABLE handed_in;

ALTER TABLE recipient DROP COLUMN mta;
ALTER TABLE recipient DROP COLUMN tried_at;
ALTER TABLE recipient DROP COLUMN orcpt;
ALTER TABLE recipient DROP COLUMN notify;

ALTER TABLE message DROP COLUMN warned;
ALTER TABLE message DROP COLUMN envid;
ALTER TABLE message DROP COLUMN ret;

-- The older version knows no such letter.
UPDATE notice SET ended = 1 WHERE ended = 0 AND kind IN ('delayed', 'relayed');
