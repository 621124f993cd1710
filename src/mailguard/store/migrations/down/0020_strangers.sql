-- The older version asks nobody else about an address.
-- 古いバージョンは、アドレスについてほかの人に尋ねません。
DROP INDEX correspondent_key;
