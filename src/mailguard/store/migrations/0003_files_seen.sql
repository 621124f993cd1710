-- Which organisations got a file before, by the SHA-256 of its content.
CREATE TABLE file_seen (
    digest TEXT NOT NULL,
    key TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (digest, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX file_seen_last ON file_seen (last_at);
