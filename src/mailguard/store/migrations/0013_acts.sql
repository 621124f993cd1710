-- Clocks that go on after a pause, and recipients about whom nobody is asked again.

ALTER TABLE recipient ADD COLUMN paused TEXT NOT NULL DEFAULT '';

INSERT INTO transition (state, event, next) VALUES ('held', 'resume', 'held');

CREATE TABLE trust (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    whose TEXT NOT NULL,
    recipient TEXT NOT NULL,
    rules TEXT NOT NULL,
    said_by TEXT NOT NULL,
    said_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    UNIQUE (whose, recipient)
) STRICT;
