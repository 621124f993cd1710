-- What the secret in the address of an answer to a letter is bound to; the hash only.
CREATE TABLE reply_ticket (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    person TEXT NOT NULL,
    message_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX reply_ticket_expires ON reply_ticket (expires_at);
