-- Keys of bodies that lie encrypted, each wrapped by a key of store.encryption_key_file; its row goes with the octets.
CREATE TABLE body_key (
    message INTEGER PRIMARY KEY REFERENCES message (number) ON DELETE CASCADE,
    wrapped_by TEXT NOT NULL,
    wrapped BLOB NOT NULL
) STRICT;

CREATE INDEX body_key_wrapped_by ON body_key (wrapped_by);

-- The text that is searched, sealed with the body's key; `text` is then empty.
ALTER TABLE mail_text ADD COLUMN sealed BLOB;
