-- Mail that waits for one of the upstreams: goes by the one under upstream:, the only one that the older version knows.
-- 特定の中継先を待つメールは、古いバージョンが知っている唯一の upstream: を経由します。
DROP INDEX recipient_way;
DROP INDEX recipient_due;
CREATE INDEX recipient_due ON recipient (state, due_at) WHERE due_at IS NOT NULL;
ALTER TABLE recipient DROP COLUMN way;
