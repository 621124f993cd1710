-- Whom a person wrote to, one by one, and what the address was called there; bounded for each sender (store.memory).
CREATE TABLE correspondent (
    sender TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,            -- the display name last used; '' if none was
    name_key TEXT NOT NULL,        -- as names are compared (policy.names); '' if it names no single person
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (sender, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX correspondent_name ON correspondent (sender, name_key) WHERE name_key <> '';

-- Who was written to together: members is a sorted list of keys; bounded for each sender.
CREATE TABLE circle (
    sender TEXT NOT NULL,
    members TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    last_id TEXT NOT NULL,         -- Message-ID counted last: the parts of a split mail are one
    PRIMARY KEY (sender, members)
) STRICT, WITHOUT ROWID;

-- The mail that a reply goes on with.
CREATE INDEX message_thread ON message (message_id_header) WHERE teaches = 1 AND message_id_header <> '';

-- What went out before this version is remembered too, as far as the ledger still has it.
INSERT INTO correspondent (sender, key, name, name_key, count, last_at)
SELECT m.sender_key, r.key, '', '', count(*), max(m.received_at)
FROM recipient r JOIN message m ON m.number = r.message
WHERE r.state = 'relayed' AND m.teaches = 1
GROUP BY m.sender_key, r.key;
