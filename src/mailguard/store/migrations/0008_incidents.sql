-- The register of misdeliveries. facts: JSON, the mail as it stood when it was opened; it outlives the mail.
CREATE TABLE incident (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 18),
    message_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at INTEGER NOT NULL,
    opened_by TEXT NOT NULL,
    note TEXT NOT NULL,
    facts TEXT NOT NULL,
    closed_at INTEGER,
    closed_by TEXT NOT NULL,
    outcome TEXT NOT NULL
) STRICT;

-- A mail has one open incident at a time.
CREATE UNIQUE INDEX incident_open ON incident (message_id) WHERE state = 'open';
