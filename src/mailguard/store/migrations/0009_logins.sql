-- Sessions that can be listed and ended one by one, and second factors.

ALTER TABLE session ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN how TEXT NOT NULL DEFAULT 'link';
ALTER TABLE session ADD COLUMN browser TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN factor_at INTEGER;
UPDATE session SET id = lower(hex(randomblob(8))), seen_at = created_at;

CREATE TABLE factor (
    person TEXT PRIMARY KEY,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_code (
    hash BLOB PRIMARY KEY,
    person TEXT NOT NULL REFERENCES factor (person) ON DELETE CASCADE,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
