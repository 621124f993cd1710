-- Several questions a copy, each with its own people and times; the urgent lane; mails that were challenged.

ALTER TABLE recipient ADD COLUMN asks TEXT NOT NULL DEFAULT '[]';
ALTER TABLE recipient ADD COLUMN nudge_at INTEGER;
ALTER TABLE recipient ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1));
ALTER TABLE recipient ADD COLUMN urgent_at INTEGER;

UPDATE recipient
SET asks = json_array(json_object('approvers', json(approvers), 'quorum', quorum))
WHERE disposition = 3;

ALTER TABLE recipient DROP COLUMN approvers;
ALTER TABLE recipient DROP COLUMN quorum;

CREATE INDEX recipient_nudge ON recipient (nudge_at) WHERE nudge_at IS NOT NULL;
CREATE INDEX recipient_urgent ON recipient (urgent_at) WHERE urgent_at IS NOT NULL;

CREATE TABLE challenge (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    whose BLOB NOT NULL,
    rules TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX challenge_until ON challenge (until);
CREATE INDEX challenge_whose ON challenge (whose, told_at);
