-- Absences that people set for themselves. delegates: JSON, in the order in which they are asked.
-- begun: what waited was passed on; passed: the last message that it was looked for in, while it is under way.
CREATE TABLE absence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    delegates TEXT NOT NULL,
    set_by TEXT NOT NULL,
    begun INTEGER NOT NULL DEFAULT 0 CHECK (begun IN (0, 1)),
    passed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX absence_person ON absence (person, until_at);
