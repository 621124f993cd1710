-- One mail that came in several transactions, and people who want to hear of holds later.

-- A digest of what people see of a mail (mail.same), where it can be a part of one.
ALTER TABLE message ADD COLUMN content BLOB;

CREATE TABLE part (
    message INTEGER PRIMARY KEY REFERENCES message (number) ON DELETE CASCADE,
    first INTEGER NOT NULL
) STRICT;

CREATE INDEX part_first ON part (first);

CREATE TABLE mute (
    person TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
