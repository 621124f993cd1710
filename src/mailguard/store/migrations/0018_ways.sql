-- Which next server a copy goes to, by its name in the settings; '' is the one under upstream:. Written when the mail
-- is taken in. What waits for one of them is found without a look at what waits for another.
ALTER TABLE recipient ADD COLUMN way TEXT NOT NULL DEFAULT '';

DROP INDEX recipient_due;
CREATE INDEX recipient_due ON recipient (due_at) WHERE state = 'held' AND due_at IS NOT NULL;
CREATE INDEX recipient_way ON recipient (way, due_at) WHERE state = 'queued' AND due_at IS NOT NULL;
