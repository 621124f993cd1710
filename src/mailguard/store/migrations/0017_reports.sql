-- What senders asked to be told (RFC 3461), what reports say of each try, and mail that is handed in once more.

ALTER TABLE message ADD COLUMN ret TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN envid TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN warned INTEGER NOT NULL DEFAULT 0;

ALTER TABLE recipient ADD COLUMN notify TEXT NOT NULL DEFAULT '';
ALTER TABLE recipient ADD COLUMN orcpt TEXT NOT NULL DEFAULT '';
ALTER TABLE recipient ADD COLUMN tried_at INTEGER;
ALTER TABLE recipient ADD COLUMN mta TEXT NOT NULL DEFAULT '';

CREATE TABLE handed_in (
    digest BLOB PRIMARY KEY,
    message_id TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX handed_in_at ON handed_in (at);
