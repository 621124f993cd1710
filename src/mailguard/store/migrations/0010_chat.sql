-- Chat channels: what is owed to them, how far the notices were looked through, and what fails at present.

CREATE TABLE chat (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    person TEXT NOT NULL,
    message_id TEXT,
    detail TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'sent', 'failed', 'dropped'))
) STRICT;

CREATE INDEX chat_due ON chat (channel, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE chat_seen (
    notice INTEGER NOT NULL
) STRICT;

CREATE TABLE trouble (
    name TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
