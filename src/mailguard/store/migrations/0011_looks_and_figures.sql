-- Who opened what, what was counted of each day, the letter of a month, and how far the audit log was checked.

-- When a person first opened the page of a held mail on which that person may decide.
CREATE TABLE opened (
    message INTEGER NOT NULL REFERENCES message (number) ON DELETE CASCADE,
    person TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (message, person)
) STRICT, WITHOUT ROWID;

-- What was counted of a day (store.day_figures): kind all, rule or group; tally: policy.tally as JSON. No address stands
-- here: it outlives the mails.
CREATE TABLE day_figures (
    day TEXT NOT NULL,             -- 2026-11-26, in the organisation's time zone
    kind TEXT NOT NULL CHECK (kind IN ('all', 'rule', 'group')),
    name TEXT NOT NULL,            -- of the rule or group; '' for all
    tally TEXT NOT NULL,
    PRIMARY KEY (day, kind, name)
) STRICT, WITHOUT ROWID;

-- Which days were counted, and whether that stands: no mail of the day can come to another end.
CREATE TABLE day_counted (
    day TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    settled INTEGER NOT NULL CHECK (settled IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Months (2026-10) whose letter to the management was owed: each once.
CREATE TABLE monthly_letter (
    month TEXT PRIMARY KEY,
    owed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the audit log was checked last: up to which line (its hash), when, from which line on; broken: the first line
-- that did not fit, NULL if all did.
CREATE TABLE audit_check (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    upto INTEGER NOT NULL,
    hash BLOB NOT NULL,
    at INTEGER NOT NULL,
    whole_at INTEGER,              -- when the whole chain was last walked from its start
    broken INTEGER
) STRICT;
