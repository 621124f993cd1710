-- What is needed to judge a recorded mail again, the mails that were refused at the door, and since when each rule
-- is as it is. No octets, no texts, no values of personal data.

-- What the judge knew besides envelope and facts (policy.case_json); '' for mail from before, and once forgotten.
ALTER TABLE message ADD COLUMN circumstances TEXT NOT NULL DEFAULT '';

-- A mail that policy refused at the door. It stayed the client's, so there is nothing else of it.
CREATE TABLE refused (
    id TEXT PRIMARY KEY CHECK (length(id) = 18),
    received_at INTEGER NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    login TEXT,
    client_ip TEXT NOT NULL,
    size INTEGER NOT NULL,
    subject TEXT,
    facts TEXT NOT NULL,
    verdict TEXT NOT NULL,
    circumstances TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Since when a rule has its mode, and asks what it asks (digest).
CREATE TABLE rule_since (
    rule TEXT PRIMARY KEY,
    mode TEXT NOT NULL,
    digest TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
